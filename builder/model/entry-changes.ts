import { areSame } from './memo.js'
import type { BootEntry, Owner, RootEntry } from './plan.js'

type Entry = BootEntry | RootEntry

/** The files whose contents another plan's entries change; undefined where these differ in more than contents. */
export function changedContents<Kind extends Entry>(
  before: readonly Kind[],
  after: readonly Kind[],
): Kind[] | undefined {
  if (before.length !== after.length) return undefined
  const changed: Kind[] = []
  // Without an iterator, as this runs for each node and each kind of node.
  for (let index = 0; index < before.length; index++) {
    const one = before[index]
    const other = after[index]
    if (one === other) continue
    if (one === undefined || other === undefined || !isAlike(one, other)) return undefined
    if (!hasSameContent(one, other)) changed.push(one)
  }
  return changed
}

/** Whether two entries are the same apart from their contents. */
function isAlike(one: Entry, other: Entry): boolean {
  if (one.path !== other.path || one.kind !== other.kind || !areSame(one.origins, other.origins)) return false
  switch (one.kind) {
    case 'symlink':
      return other.kind === 'symlink' && one.target === other.target
    case 'move':
      return other.kind === 'move' && one.to === other.to
    case 'file':
    case 'directory':
      return other.kind === one.kind && one.mode === other.mode && isSameOwner(one.owner, other.owner)
    case 'removal':
      return true
  }
}

function isSameOwner(one: Owner | undefined, other: Owner | undefined): boolean {
  return one === other || (one?.uid === other?.uid && one?.gid === other?.gid)
}

/** Contents from somewhere else are not read for this. */
function hasSameContent(one: Entry, other: Entry): boolean {
  if (one.kind !== 'file' || other.kind !== 'file') return true
  const [before, after] = [one.content, other.content]
  return before === after || (Buffer.isBuffer(before) && Buffer.isBuffer(after) && before.equals(after))
}
