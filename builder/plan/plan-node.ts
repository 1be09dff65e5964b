import type { BundledPackage } from '../model/bundle.js'
import { sizeOf } from '../model/content.js'
import type { BaseFiles, Facts } from '../model/facts.js'
import { memo } from '../model/memo.js'
import type { Overlay, PartitionName, Requirement } from '../model/overlay.js'
import type { BootEntry, Plan, RootEntry } from '../model/plan.js'
import { changeable, error, type Origin, type Problem } from '../model/problem.js'
import { bundleEntries } from './bundle-entries.js'
import { holds } from './conditions.js'
import { draftContents, draftFiles } from './draft.js'
import { placeOnBase } from './draft-state.js'
import type { Draft } from './drafts.js'
import { LazyContent } from './lazy-content.js'
import { once } from './once.js'
import { fileRecord } from './plan-record.js'
import { dataOf, type PlanInput, type Prepared } from './prepare.js'
import { mask, maskFiles, maskTrust, maskValues } from './secrets.js'
import { dataText, render } from './template.js'
import { isGiven, placeOf, type Values } from './values.js'

/**
 * The final files of one node. Pure: the same input gives the same bytes. All contents are made twice, once with
 * every secret masked, so that what is shown never held a secret. The masked ones are made when they are first read.
 * @param files the files of the base image at the paths of `wantedPaths`
 */
export function planNode(
  input: PlanInput,
  prepared: Prepared,
  files: BaseFiles,
): { plan: Plan; problems: Problem[] } {
  const { overlays, facts } = input
  const { drafts, problems } = draftFiles({ overlays, facts, files, data: prepared.data })
  const maskedValues = maskValues(input.variables, prepared.values)
  const shown = once(() => {
    const data = { ...dataOf(input, maskedValues), ...maskTrust(prepared.trust) }
    return draftContents({ overlays, facts, files: maskFiles(files), data })
  })
  // Nodes with the same draft have the same entry; what is shown of it is what the first of them shows.
  const last = lastFinished(facts)
  const entries = inOrder(overlays, drafts.keys()).flatMap((key) => {
    const draft = drafts.get(key)
    if (draft === undefined) return []
    const before = last.get(key)
    const entry = before?.draft === draft ? before : finish(draft, () => shown().get(key))
    last.set(key, entry)
    return entry
  })
  const boot = entries.filter((entry) => entry.partition === 'boot').map(({ entry }) => entry as BootEntry)
  const own = entries.filter((entry) => entry.partition === 'root').map(({ entry }) => entry as RootEntry)
  const root = [...own, ...bundleEntries(input.bundle ?? [])]
  const rootSize = grownRoot(input, root)
  const plan: Plan = {
    hostname: dataText(prepared.data, 'hostname'),
    profile: input.profile,
    builtAt: input.builtAt,
    values: prepared.values,
    shownValues: maskedValues,
    boot,
    root,
    ...(rootSize === undefined ? {} : { rootSize }),
  }
  const record = fileRecord(input, plan)
  return {
    plan: { ...plan, root: [...plan.root, record].sort((a, b) => (a.path < b.path ? -1 : 1)) },
    problems: [
      ...problems,
      ...fatNameProblems(input, plan),
      ...spaceProblems(input, plan),
      ...unmetRequirements(input, prepared, files),
    ],
  }
}

/** Most nodes of a cluster have entries at the same paths. */
const inOrder = memo((_: readonly Overlay[], keys: readonly string[]) => keys.toSorted())

interface Finished {
  readonly draft: Draft
  readonly partition: PartitionName
  readonly entry: BootEntry | RootEntry
}

/** By key, the entries of the last node of a base image. */
const lastFinished = memo<Facts, [], Map<string, Finished>>(() => new Map())

function finish(draft: Draft, findShown: () => Draft | undefined): Finished {
  if (draft.kind !== 'file') {
    const { partition, overlay: _, ...entry } = draft
    return { draft, partition, entry }
  }
  const { partition, kind, path, origins, mode, owner, content } = draft
  const shown = new LazyContent(() => {
    const masked = findShown()
    // An entry without a masked counterpart is shown as empty.
    return masked?.kind === 'file' ? masked.content : Buffer.from(mask)
  })
  const file = { kind, path, origins, content, shown }
  return { draft, partition, entry: partition === 'boot' ? file : Object.assign(file, { mode, owner }) }
}

/** FAT is case-insensitive. */
function fatNameProblems({ facts }: PlanInput, { boot }: Plan): Problem[] {
  const seen = new Map<string, BootEntry>()
  return boot.flatMap((entry) => {
    const { path, origins } = entry
    const before = seen.get(path.toLowerCase())
    seen.set(path.toLowerCase(), entry)
    if (before === undefined) return []
    const what = `boot${path} and boot${before.path} are the same name on FAT`
    const places = [...origins, ...before.origins]
    return [error(changeable(...places) ?? placeOnBase(facts, `boot${path}`), what, 'rename one')]
  })
}

/** Bytes that entries take, counting every file as new and in blocks of 4 KiB. */
function bytesOf(entries: readonly (BootEntry | RootEntry)[]): number {
  const files = entries.filter((entry) => entry.kind === 'file')
  return files.reduce((sum, { content }) => sum + Math.ceil(sizeOf(content) / 4096) * 4096, 0)
}

const MiB = 1024 * 1024
/** The size of a grown root partition is a multiple of this, the alignment of SD cards. */
const step = 4 * MiB

/** The free space that the first boot requires before it installs; the same number is in `overlays/first-boot`. */
const spare = 100 * MiB

/** Bytes of a package once it is installed; Installed-Size is in KiB, deb-control(5). */
function installedSize({ control, size }: BundledPackage): number {
  const [, kibibytes] = /^Installed-Size: *(\d+)/m.exec(control) ?? []
  return kibibytes === undefined ? 5 * size : 1024 * Number(kibibytes)
}

/**
 * The size that the root partition needs for a bundle of packages; undefined if they fit. A base image that does not
 * grow its root at the first boot also needs space for the installed packages.
 */
function grownRoot({ facts, bundle = [] }: PlanInput, root: readonly RootEntry[]): number | undefined {
  const unpacked =
    facts.firstBoot === 'none' ? bundle.reduce((sum, each) => sum + installedSize(each), spare) : 0
  const missing = bytesOf(root) + unpacked - facts.free.root
  if (bundle.length === 0 || missing <= 0 || !facts.rootIsLast) return undefined
  // A file system needs some of its space for itself.
  return Math.ceil((facts.root.size + missing * 1.1 + 16 * MiB) / step) * step
}

/** Whether both partitions have enough space. */
function spaceProblems({ facts }: PlanInput, plan: Plan): Problem[] {
  return (['boot', 'root'] as const).flatMap((partition) => {
    const needed = bytesOf(plan[partition])
    if (needed <= facts.free[partition] || (partition === 'root' && plan.rootSize !== undefined)) return []
    const what = `the ${partition} partition has ${facts.free[partition]} bytes free, but ${needed} are needed`
    return [error(placeOnBase(facts, partition), what, 'use a base image with more free space')]
  })
}

/** What an overlay requires of values and the base image, and does not get. */
function unmetRequirements(input: PlanInput, { data, values }: Prepared, files: BaseFiles): Problem[] {
  return input.overlays
    .flatMap((overlay) => overlay.requirements)
    .filter(({ when, path }) => {
      return holds(when, data) && (path === undefined || files.get(render(path, data)) === undefined)
    })
    .map((requirement) => {
      const { severity, what, hint } = requirement
      const where = placeOfRequirement(requirement, values, input.facts)
      return { ...error(where, render(what, data), hint && render(hint, data)), severity }
    })
}

/** The line that a person changes: of a value that was given, else the overlay's own, else of what a value follows from. */
function placeOfRequirement({ when, path, origin }: Requirement, values: Values, facts: Facts): Origin {
  const names = when
    .flat()
    .map(({ name }) => name)
    .filter((name) => values.has(name))
  const given = names.find((name) => isGiven(values, name))
  if (given !== undefined) return placeOf(values, given)
  const [any] = names
  const fallback = any === undefined ? placeOnBase(facts, path?.text) : placeOf(values, any)
  return changeable(origin) ?? fallback
}
