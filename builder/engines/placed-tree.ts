import { dirname } from 'node:path/posix'
import { UserError } from '../errors.js'
import type { FileStat, FileTree } from '../model/file-tree.js'
import type { Step } from '../model/step.js'
import { error } from '../model/problem.js'

/** The base image's tree, and what the steps so far make of it. */
export interface State {
  readonly tree: FileTree
  readonly steps: Step[]
  readonly moves: Map<string, string>
  readonly made: Set<string>
  /** Real paths of folders that were asked for. */
  readonly folders: Map<string, string>
  readonly gone: Set<string>
  readonly written: Set<string>
  /** Files and links among these: no folders. */
  readonly leaves: Set<string>
  /** Links of the base image that lead to something that is written. */
  readonly followed: Set<string>
}

export function newState(tree: FileTree): State {
  return {
    tree,
    steps: [],
    moves: new Map(),
    made: new Set(),
    folders: new Map(),
    gone: new Set(),
    written: new Set(),
    leaves: new Set(),
    followed: new Set(),
  }
}

/** Where a real path of the base image is after the moves. */
export function afterMoves(state: State, real: string): string {
  const moved = [...state.moves].find(([, from]) => real === from || real.startsWith(`${from}/`))
  return moved === undefined ? real : moved[0] + real.slice(moved[1].length)
}

export function isFolder(state: State, path: string): boolean {
  return path === '/' || state.made.has(path) || statOf(state, path)?.kind === 'directory'
}

/** The file at a real path, after the steps so far. */
export function statOf(state: State, path: string): FileStat | undefined {
  // What was made is new: the base image may have a link there, or what was removed, with something below.
  if (state.gone.has(path) || state.made.has(dirname(path))) return undefined
  const inBase = basePath(state, path)
  return inBase === undefined ? undefined : state.tree.stat(inBase)
}

/** The path in the base image of the file that is now at `path`; undefined if it was moved away. */
export function basePath({ moves }: State, path: string): string | undefined {
  for (const [to, from] of moves) {
    if (path === to || path.startsWith(`${to}/`)) return from + path.slice(to.length)
    if (path === from || path.startsWith(`${from}/`)) return undefined
  }
  return path
}

export function join(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`
}

export function refuse(path: string, what: string, hint: string): never {
  throw new UserError([error({ file: '', key: `root${path}` }, `root${path} ${what}`, hint)])
}
