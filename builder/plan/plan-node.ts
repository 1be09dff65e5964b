import type { BaseFiles } from '../model/facts.js'
import type { BootEntry, Plan, RootEntry } from '../model/plan.js'
import type { Problem } from '../model/problem.js'
import { holds } from './context.js'
import { draftFiles } from './draft.js'
import type { Draft } from './draft-state.js'
import { fileRecord } from './plan-record.js'
import { dataOf, type PlanInput, type Prepared } from './prepare.js'
import { mask, maskFiles, maskValues } from './secrets.js'
import { render } from './template.js'

/**
 * The final files of one node. Pure: the same input gives the same bytes. Everything is worked out twice, once with
 * every secret masked, so that what is shown never held a secret.
 * @param files what the base image holds at the paths that `wantedPaths` named
 */
export function planNode(
  input: PlanInput,
  prepared: Prepared,
  files: BaseFiles,
): { plan: Plan; problems: Problem[] } {
  const { overlays, facts } = input
  const { drafts, problems } = draftFiles({ overlays, facts, files, data: prepared.data })
  const maskedValues = maskValues(input.variables, prepared.values)
  const maskedData = dataOf(input, maskedValues)
  const masked = { overlays, facts, files: maskFiles(files), data: maskedData, keepUnchanged: true }
  const shown = draftFiles(masked).drafts
  const sorted = [...drafts.entries()].sort(([a], [b]) => (a < b ? -1 : 1))
  const entries = sorted.map(([key, draft]) => finished(draft, shown.get(key)))
  const plan: Plan = {
    hostname: String(prepared.data['hostname']),
    profile: input.profile,
    builtAt: input.builtAt,
    values: prepared.values,
    shownValues: maskedValues,
    boot: entries.filter((entry) => entry.partition === 'boot').map(({ entry }) => entry as BootEntry),
    root: entries.filter((entry) => entry.partition === 'root').map(({ entry }) => entry as RootEntry),
  }
  const record = fileRecord(input, plan)
  return {
    plan: { ...plan, root: [...plan.root, record].sort((a, b) => (a.path < b.path ? -1 : 1)) },
    problems: [
      ...problems,
      ...fatNameProblems(plan),
      ...spaceProblems(input, plan),
      ...unmetRequirements(input, prepared, files),
    ],
  }
}

function finished(draft: Draft, shown: Draft | undefined) {
  const { partition, overlay: _, ...rest } = draft
  if (rest.kind !== 'file') return { partition, entry: rest }
  // What has no masked counterpart is shown as nothing at all, never as it is.
  const shownContent = shown?.kind === 'file' ? shown.content : Buffer.from(mask)
  const { mode, owner, ...file } = rest
  const placed = partition === 'boot' ? file : { ...file, mode, owner }
  return { partition, entry: { ...placed, shown: shownContent } }
}

/** FAT does not tell upper from lower case. */
function fatNameProblems({ boot }: Plan): Problem[] {
  const seen = new Map<string, string>()
  return boot.flatMap(({ path, origins }) => {
    const before = seen.get(path.toLowerCase())
    seen.set(path.toLowerCase(), path)
    if (before === undefined) return []
    const what = `boot${path} and boot${before} are one name to FAT`
    return [
      { severity: 'error' as const, where: origins[0] ?? { file: 'overlay' }, what, hint: 'rename one' },
    ]
  })
}

/** Whether both partitions have room, counting every file as new and in blocks of 4 KiB. */
function spaceProblems({ facts }: PlanInput, plan: Plan): Problem[] {
  return (['boot', 'root'] as const).flatMap((partition) => {
    const files = plan[partition].filter((entry) => entry.kind === 'file')
    const needed = files.reduce((sum, { content }) => sum + Math.ceil(content.length / 4096) * 4096, 0)
    if (needed <= facts.free[partition]) return []
    const what = `the ${partition} partition has ${facts.free[partition]} bytes free, and ${needed} are needed`
    const where = { file: facts.file, key: partition }
    return [{ severity: 'error' as const, where, what, hint: 'take a base image with more room' }]
  })
}

/** A value that the base image cannot serve is told where it was given. */
function unmetRequirements(input: PlanInput, { data, values }: Prepared, files: BaseFiles): Problem[] {
  return input.overlays
    .flatMap((overlay) => overlay.requirements)
    .filter(({ when, path }) => {
      return holds(when, data) && (path === undefined || files.get(render(path, data)) === undefined)
    })
    .map(({ severity, origin, when, what, hint }) => ({
      severity,
      where:
        when
          .flatMap(({ name }) => values.get(name)?.origin ?? [])
          .find(({ file, key }) => file !== 'default' && key !== 'default') ?? origin,
      what: render(what, data),
      ...(hint === undefined ? {} : { hint: render(hint, data) }),
    }))
}
