import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../errors.js'
import { report } from '../host/report.js'
import type { NodeOptions } from '../load/command-line.js'
import { coreVariables } from '../load/core-variables.js'
import { findLibrary, loadOverlays, loadProfile } from '../load/library.js'
import { loadOverlay } from '../load/overlays.js'
import { clusterFile } from '../load/requests.js'
import { declaredVariables, resolveValues } from '../load/values.js'
import type { Problem } from '../model/problem.js'
import { checkOverlay } from '../plan/check-overlay.js'
import { planNodes } from '../resolve/node-plans.js'
import { problemLines } from '../host/show.js'

export interface CheckOptions extends NodeOptions {
  readonly json?: boolean
}

/**
 * `piimg check`: every problem of every profile and overlay, of the nodes of `cluster.ini`, or with `--profile` and `--hostname` of those.
 * @returns 0 without errors, 2 with
 */
export async function check(options: CheckOptions): Promise<number> {
  const folder = process.cwd()
  const library = findLibrary(folder)
  const problems = [...checkOverlays(library), ...checkProfiles(library)]
  const isAsked = [options.profile, options.hostname, options.image, options.node].some(
    (each) => each !== undefined,
  )
  if (isAsked || existsSync(join(folder, clusterFile))) {
    problems.push(...(await checkNodes(folder, options)))
  }
  const unique = [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()]
  const errors = unique.filter(({ severity }) => severity === 'error')
  if (options.json === true) report.result(JSON.stringify(unique, undefined, 1))
  else {
    for (const line of problemLines(unique)) report.result(line)
    const counts = `${library.profiles.size} profiles and ${library.overlays.size} overlays`
    report.note(
      errors.length === 0
        ? `${counts}: no errors`
        : `${counts}: ${errors.length} ${errors.length === 1 ? 'error' : 'errors'}`,
    )
  }
  return errors.length === 0 ? 0 : 2
}

function checkOverlays(library: ReturnType<typeof findLibrary>): Problem[] {
  return [...library.overlays].flatMap(([name, folder]) => {
    const { overlay, problems } = loadOverlay(name, folder)
    return [...problems, ...checkOverlay(overlay, coreVariables)]
  })
}

function checkProfiles(library: ReturnType<typeof findLibrary>): Problem[] {
  return [...library.profiles].flatMap(([name, file]) => {
    const { chain, problems } = loadProfile(library, name, { file })
    const loaded = loadOverlays(library, chain)
    const declared = declaredVariables(loaded.overlays)
    const resolved = resolveValues(
      declared.variables,
      chain.flatMap(({ values }) => values),
      [],
    )
    return [...problems, ...loaded.problems, ...declared.problems, ...resolved.problems]
  })
}

async function checkNodes(folder: string, options: CheckOptions): Promise<readonly Problem[]> {
  try {
    const plans = await planNodes(folder, options, 'show')
    plans.close()
    return plans.warnings
  } catch (error) {
    if (error instanceof UserError) return error.problems
    throw error
  }
}
