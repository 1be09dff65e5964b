import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../errors.js'
import { report } from '../host/report.js'
import { problemLines } from '../host/show.js'
import type { NodeOptions } from '../load/command-line.js'
import { findLibrary, type Library } from '../load/library.js'
import { clusterFile } from '../load/requests.js'
import type { Place } from '../model/place.js'
import type { Problem } from '../model/problem.js'
import { checkLibrary } from '../resolve/library-problems.js'
import { checkNodes } from '../resolve/node-plans.js'

export interface CheckOptions extends NodeOptions {
  readonly json?: boolean
}

/**
 * `piimg check`: every problem of every profile and overlay, of the nodes of `cluster.ini`, or with `--profile` and `--hostname` of those.
 * @returns 0 without errors, 2 with
 */
export async function check(place: Place, options: CheckOptions): Promise<number> {
  const library = findLibrary(place.folder)
  const ofNodes = asksForNodes(place, options) ? await nodeProblems(library, place, options) : []
  const all = [...checkLibrary(library, place), ...ofNodes]
  const unique = [...new Map(all.map((problem) => [JSON.stringify(problem), problem])).values()]
  const errors = unique.filter(({ severity }) => severity === 'error').length
  if (options.json === true) report.result(JSON.stringify(unique, undefined, 1))
  else {
    for (const line of problemLines(unique)) report.result(line)
    const count = errors === 0 ? 'no errors' : errors === 1 ? '1 error' : `${errors} errors`
    report.note(`${library.profiles.size} profiles and ${library.overlays.size} overlays: ${count}`)
  }
  return errors === 0 ? 0 : 2
}

function asksForNodes({ folder }: Place, options: CheckOptions): boolean {
  const asking = [options.profile, options.hostname, options.image, options.node]
  return asking.some((each) => each !== undefined) || existsSync(join(folder, clusterFile))
}

async function nodeProblems(
  library: Library,
  place: Place,
  options: CheckOptions,
): Promise<readonly Problem[]> {
  try {
    return await checkNodes({ place, options, library })
  } catch (error) {
    if (error instanceof UserError) return error.problems
    throw error
  }
}
