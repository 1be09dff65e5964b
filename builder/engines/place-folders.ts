import { dirname } from 'node:path/posix'
import type { FileStat } from '../model/file-tree.js'
import type { Owner } from '../model/plan.js'
import { afterMoves, basePath, isFolder, join, refuse, type State, statOf } from './placed-tree.js'

/**
 * The real path of a folder, which is created if it is missing and `make` is set; undefined if it is missing
 * otherwise.
 */
export function placeFolder(state: State, folder: string, wanted: string, make: boolean): string | undefined {
  if (folder === '/') return '/'
  const known = state.folders.get(folder)
  if (known !== undefined) return known
  const path = findFolder(state, folder, wanted, make)
  if (path !== undefined) state.folders.set(folder, path)
  return path
}

function findFolder(state: State, folder: string, wanted: string, make: boolean): string | undefined {
  const parent = placeFolder(state, dirname(folder), wanted, make)
  if (parent === undefined) return undefined
  const path = join(parent, folder.slice(folder.lastIndexOf('/') + 1))
  if (state.made.has(path)) return path
  if (state.leaves.has(path))
    refuse(path, 'is a file or a link that another entry writes', `${wanted} needs a folder there`)
  const present = statOf(state, path)
  if (present?.kind === 'directory') return path
  if (present?.kind === 'symlink') return followLink(state, path, wanted, present.target ?? '')
  if (present !== undefined)
    refuse(path, `is a ${present.kind} in the base image`, `${wanted} needs a folder there`)
  if (!make) return undefined
  makeFolder(state, path, undefined, { mode: 0o755, owner: { uid: 0, gid: 0 } })
  return path
}

function followLink(state: State, path: string, wanted: string, target: string): string {
  const real = state.tree.realPath(basePath(state, path) ?? path)
  const now = real === undefined ? undefined : afterMoves(state, real)
  if (now === undefined || !isFolder(state, now)) {
    refuse(
      path,
      `is a link to ${target} in the base image, which is not a folder`,
      `${wanted} needs a folder there`,
    )
  }
  state.followed.add(path)
  return now
}

export function makeFolder(
  state: State,
  path: string,
  present: FileStat | undefined,
  owner: { readonly mode: number; readonly owner: Owner },
): void {
  remove(state, path, present)
  state.steps.push({ ...owned(owner), do: 'mkdir', path })
  state.made.add(path)
}

export function owned({ mode, owner }: { readonly mode: number; readonly owner: Owner }) {
  return { mode, owner }
}

/** Removes a path of the base image with everything below it. */
export function remove(state: State, path: string, present: FileStat | undefined): void {
  if (present === undefined) return
  if (state.followed.has(path)) refuse(path, 'is a link by which another entry is reached', 'it has to stay')
  // A former folder, or a link to one, may be gone.
  if (present.kind !== 'file') state.folders.clear()
  if (present.kind === 'directory') {
    for (const name of state.tree.names(basePath(state, path) ?? path)) {
      const below = join(path, name)
      remove(state, below, statOf(state, below))
    }
  }
  state.steps.push({ do: present.kind === 'directory' ? 'rmdir' : 'unlink', path })
  state.gone.add(path)
}
