import type { FileTree } from '../model/file-tree.js'
import { memo } from '../model/memo.js'
import type { BootEntry, RootEntry } from '../model/plan.js'

/** Where the entries of a plan are, with the links of the base image followed. */
export interface EntryPlaces {
  /** The index of the entry at a path. */
  readonly indexes: ReadonlyMap<string, number>
  /** The names that entries add to a folder. */
  readonly added: ReadonlyMap<string, ReadonlySet<string>>
  /** Where a moved file was, by its new path. */
  readonly movedFrom: ReadonlyMap<string, string>
}

/** @param keyOf the path by which a file is found: FAT is case-insensitive */
export function entryPlaces(
  base: FileTree,
  entries: readonly (BootEntry | RootEntry)[],
  keyOf: (path: string) => string,
): EntryPlaces {
  const paths = entries.map(({ path }) => path)
  const changes = entries.map((entry) => (entry.kind === 'move' ? `move ${entry.to}` : entry.kind))
  return placesOf(base, paths, changes, keyOf)
}

/** Most nodes of a cluster have entries at the same paths. */
const placesOf = memo(
  (
    base: FileTree,
    paths: readonly string[],
    changes: readonly string[],
    keyOf: (path: string) => string,
  ): EntryPlaces => {
    const indexes = new Map<string, number>()
    const added = new Map<string, Set<string>>()
    const movedFrom = new Map<string, string>()
    for (const [index, given] of paths.entries()) {
      const slash = given.lastIndexOf('/')
      const path = `${realFolder(base, given.slice(0, slash))}${given.slice(slash)}`
      const change = changes[index] ?? ''
      const moved = change.startsWith('move ') ? change.slice(5) : undefined
      indexes.set(keyOf(path), index)
      if (moved !== undefined) movedFrom.set(keyOf(moved), path)
      if (change !== 'removal') addName(added, moved ?? path, keyOf)
    }
    return { indexes, added, movedFrom }
  },
)

/** The folder with links followed as far as it is there; the rest of the path stays as it is. */
function realFolder(base: FileTree, folder: string): string {
  if (folder === '/' || folder === '') return ''
  const real = base.realPath(folder)
  if (real !== undefined) return real === '/' ? '' : real
  const slash = folder.lastIndexOf('/')
  return `${realFolder(base, folder.slice(0, slash))}${folder.slice(slash)}`
}

function addName(added: Map<string, Set<string>>, path: string, keyOf: (path: string) => string): void {
  const slash = path.lastIndexOf('/')
  const folder = path.slice(0, slash)
  const key = folder === '' ? '/' : keyOf(folder)
  const names = added.get(key)
  added.set(key, (names ?? new Set()).add(path.slice(slash + 1)))
  if (names === undefined && folder !== '') addName(added, folder, keyOf)
}
