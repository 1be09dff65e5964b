import type { BaseFiles, Facts } from '../model/facts.js'
import { areSame, isSame, memo } from '../model/memo.js'
import type { Overlay, OverlayItem } from '../model/overlay.js'
import type { Problem } from '../model/problem.js'
import { textsOf } from './check-overlay.js'
import type { DraftState } from './draft-state.js'
import type { Draft } from './drafts.js'
import { namesOf } from './template.js'

/**
 * Applies an overlay's statements. The nodes of a base image differ in few values: where all that an overlay or a statement
 * reads is the same as for the last node, so are the drafts that it makes.
 */
export function applyOverlay(
  state: DraftState,
  overlay: Overlay,
  items: readonly OverlayItem[],
  apply: (item: OverlayItem) => void,
): void {
  const applied = appliedOn(state.files, state.facts)
  // Watching takes time, and many a base image has one node.
  if (!applied.has(overlay)) {
    applied.set(overlay, undefined)
    for (const item of items) apply(item)
    return
  }
  unlessSame(state, overlay, readByAll(items), () => {
    for (const item of items) unlessSame(state, item, readBy(item), () => apply(item))
  })
}

/** What was drafted, and all that this followed from. */
interface Applied {
  readonly inputs: readonly unknown[]
  readonly seen: readonly (readonly [string, Draft | undefined])[]
  readonly moves: readonly Draft[] | undefined
  readonly made: readonly (readonly [string, Draft])[]
  readonly problems: readonly Problem[]
}

/** By base image, what the last node had. */
const appliedOn = memo<BaseFiles, [Facts], Map<Overlay | OverlayItem, Applied | undefined>>(() => new Map())

/** Repeats what was drafted for the last node, or runs. */
function unlessSame(
  state: DraftState,
  applied: Overlay | OverlayItem,
  names: readonly string[],
  run: () => void,
): void {
  const { drafts, problems, data } = state
  const all = appliedOn(state.files, state.facts)
  const last = all.get(applied)
  if (last !== undefined && isSameFor(last, state, names)) {
    for (const [key, draft] of last.made) drafts.set(key, draft)
    problems.push(...last.problems)
    return
  }
  const before = problems.length
  const { seen, made, moves } = drafts.watch(run)
  const inputs = names.map((name) => data[name])
  all.set(applied, { inputs, seen: [...seen], moves, made: [...made], problems: problems.slice(before) })
}

function isSameFor(
  { inputs, seen, moves }: Applied,
  { data, drafts }: DraftState,
  names: readonly string[],
): boolean {
  return (
    names.every((name, index) => isSame(data[name], inputs[index])) &&
    seen.every(([key, draft]) => drafts.get(key) === draft) &&
    (moves === undefined || areSame(moves, drafts.moves()))
  )
}

const readByAll = memo((items: readonly OverlayItem[]) => [...new Set(items.flatMap(readBy))])

/** The names of data from which a statement's drafts follow; `user`, as a file can be the user's. */
const readBy = memo((item: OverlayItem): readonly string[] => {
  const names = [
    ...item.when.flat().map(({ name }) => name),
    ...textsOf(item).flatMap(({ text }) => namesOf(text)),
  ]
  return [...new Set([...names, 'user'])]
})
