import type { BaseFiles, Facts } from '../model/facts.js'
import type { Overlay, OwnerWord } from '../model/overlay.js'
import type { Owner } from '../model/plan.js'
import { changeable, error, type Origin, type Problem } from '../model/problem.js'
import type { Draft, Drafts, Ownership } from './drafts.js'
import { loginOf } from './login.js'
import { memo } from '../model/memo.js'
import { type Data, dataText } from './template.js'

/** The input of drafting. */
export interface Drafting {
  readonly overlays: readonly Overlay[]
  readonly data: Data
  readonly facts: Facts
  readonly files: BaseFiles
  /** Whether an edit that changes nothing is drafted too: the masked run must have the same entries as the real one. */
  readonly keepUnchanged?: boolean
}

/** The state of drafting. */
export interface DraftState extends Drafting {
  readonly drafts: Drafts
  readonly problems: Problem[]
}

/** @param places the first that its reader can change is named; without one, the path in the base image */
export function complain(
  state: DraftState,
  path: string,
  places: readonly Origin[],
  { what, hint }: { readonly what: string; readonly hint: string },
): void {
  state.problems.push(error(changeable(...places) ?? placeOnBase(state.facts, path), what, hint))
}

/** @param path with its partition */
export function placeOnBase({ file }: Facts, path: string | undefined): Origin {
  return path === undefined ? { file } : { file, key: path }
}

const root: Owner = { uid: 0, gid: 0 }

export function ownership({ facts, data }: DraftState, item: Owned): Ownership {
  return ownershipOf(item, facts, dataText(data, 'user'))
}

interface Owned {
  readonly mode: number
  readonly owner: OwnerWord
}

const ownershipOf = memo(({ mode, owner }: Owned, facts: Facts, user: string): Ownership => {
  if (owner === 'root') return { mode, owner: root }
  const login = loginOf(facts, user)
  if (owner === 'user') return { mode, owner: { uid: login.uid, gid: login.gid } }
  const [, uid, gid] = /^(\d+):(\d+)$/.exec(owner) ?? []
  return { mode, owner: { uid: Number(uid ?? 0), gid: Number(gid ?? 0) } }
})

/** Stores a draft. Two overlays cannot write the same path, unless the later one allows it. */
export function put(state: DraftState, draft: Draft, origin: Origin, replaces = false): void {
  const key = `${draft.partition}${draft.path}`
  const before = state.drafts.get(key)
  // An overlay can remove a file that one of its own edits with `*` matched.
  const isOwn = before?.overlay === draft.overlay && draft.kind === 'removal'
  if (before !== undefined && !replaces && !isOwn) {
    const what = `overlays ${before.overlay} and ${draft.overlay} both write ${key}`
    const hint = 'only one can, unless the later one has replaces = yes'
    complain(state, key, [origin, ...before.origins], { what, hint })
  }
  state.drafts.set(key, draft)
}
