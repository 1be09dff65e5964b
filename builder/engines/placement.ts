import { dirname } from 'node:path/posix'
import { UserError } from '../errors.js'
import type { FileStat, FileTree } from '../model/file-tree.js'
import type { Owner, RootEntry } from '../model/plan.js'
import type { Problem } from '../model/problem.js'
import type { Step } from '../model/step.js'

interface State {
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

/**
 * The steps that write a plan's entries into a root partition, in order. Folders on the way are made (0755, root);
 * symbolic links of the base image on the way are followed inside the image only, and never as the last part: what is
 * written takes the place of a link.
 * @throws {UserError} with every entry that the base image has no place for
 */
export function placeEntries(tree: FileTree, entries: readonly RootEntry[], name: string): Step[] {
  const state: State = {
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
  const problems: Problem[] = []
  const moves = entries.filter((entry) => entry.kind === 'move')
  const others = entries.filter((entry) => entry.kind !== 'move')
  for (const entry of [...moves, ...others]) {
    try {
      placeEntry(state, entry)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      problems.push(
        ...error.problems.map((problem) => ({ ...problem, where: { ...problem.where, file: name } })),
      )
    }
  }
  problems.push(...state.steps.flatMap((step) => unwritable(step, name)))
  if (problems.length > 0) throw new UserError(unique(problems))
  return state.steps
}

/** Two paths and a word must fit into a line of debugfs, on macOS 1024 bytes. */
const longestPath = 450
const unfitCharacters = /[^\P{ASCII}\x20-\x7e]|\ufffd/u

/** Names of the base image may be anything; a line end in one would begin a command of debugfs. */
function unwritable(step: Step, file: string): Problem[] {
  const paths = step.do === 'rename' ? [step.path, step.to] : [step.path]
  const isUnfit = (path: string) => unfitCharacters.test(path) || Buffer.byteLength(path) > longestPath
  return paths.filter(isUnfit).map((path) => {
    const key = `root${JSON.stringify(path).slice(1, -1)}`
    const hint = `names must be UTF-8 without control characters, paths not longer than ${longestPath} bytes`
    return { severity: 'error', where: { file, key }, what: `${key} cannot be handed to debugfs`, hint }
  })
}

function placeEntry(state: State, entry: RootEntry): void {
  const folder = placeFolder(state, dirname(entry.path), entry.path, entry.kind !== 'removal')
  if (folder === undefined) return
  const path = join(folder, entry.path.slice(entry.path.lastIndexOf('/') + 1))
  const present = statOf(state, path)
  if (state.written.has(path)) refuse(path, 'is written twice, by two names', `one of them is ${entry.path}`)
  if (state.made.has(path) && entry.kind !== 'directory')
    refuse(path, 'is a folder that another entry needs', `it cannot be what ${entry.path} is`)
  state.written.add(path)
  if (entry.kind === 'file' || entry.kind === 'symlink') state.leaves.add(path)
  switch (entry.kind) {
    case 'move':
      if (statOf(state, entry.to) !== undefined) {
        refuse(entry.to, 'is in the base image already', `${entry.path} cannot take its name`)
      }
      state.steps.push({
        do: 'rename',
        path,
        to: join(folder, entry.to.slice(entry.to.lastIndexOf('/') + 1)),
      })
      state.moves.set(entry.to, path)
      state.folders.clear()
      break
    case 'removal':
      if ([...state.written, ...state.made].some((other) => other.startsWith(`${path}/`)))
        refuse(path, 'is removed, with what another entry writes in it', `one of them is ${entry.path}`)
      remove(state, path, present)
      break
    case 'directory':
      if (present?.kind === 'directory' || state.made.has(path))
        state.steps.push({ ...owned(entry), do: 'own', path })
      else makeFolder(state, path, present, entry)
      break
    case 'symlink':
      if (present?.target === entry.target) return
      remove(state, path, refuseFolder(present, path))
      state.steps.push({ do: 'symlink', path, target: entry.target })
      break
    case 'file':
      remove(state, path, refuseFolder(present, path))
      state.steps.push({ do: 'write', path, ...owned(entry), content: entry.content })
  }
}

/** The real path of a folder, made where it is not there; undefined if it is not and `make` is not wanted. */
function placeFolder(state: State, folder: string, wanted: string, make: boolean): string | undefined {
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
      `is a link to ${target} in the base image, where no folder is`,
      `${wanted} needs a folder there`,
    )
  }
  state.followed.add(path)
  return now
}

/** Where a real path of the base image is after the moves. */
function afterMoves(state: State, real: string): string {
  const moved = [...state.moves].find(([, from]) => real === from || real.startsWith(`${from}/`))
  return moved === undefined ? real : moved[0] + real.slice(moved[1].length)
}

function isFolder(state: State, path: string): boolean {
  return path === '/' || state.made.has(path) || statOf(state, path)?.kind === 'directory'
}

function makeFolder(
  state: State,
  path: string,
  present: FileStat | undefined,
  owner: { readonly mode: number; readonly owner: Owner },
): void {
  remove(state, path, present)
  state.steps.push({ ...owned(owner), do: 'mkdir', path })
  state.made.add(path)
}

function owned({ mode, owner }: { readonly mode: number; readonly owner: Owner }) {
  return { mode, owner }
}

/** Takes away what stands at a path of the base image, with everything below it. */
function remove(state: State, path: string, present: FileStat | undefined): void {
  if (present === undefined) return
  if (state.followed.has(path)) refuse(path, 'is a link by which another entry is reached', 'it has to stay')
  // What was a folder, or led to one, may be none any more.
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

function refuseFolder(present: FileStat | undefined, path: string): FileStat | undefined {
  if (present?.kind === 'directory')
    refuse(path, 'is a folder in the base image', 'a file cannot take its place')
  return present
}

/** What stands at a real path, after the steps so far. */
function statOf(state: State, path: string): FileStat | undefined {
  // What was made is new: the base image may have a link there, or what was removed, with something below.
  if (state.gone.has(path) || state.made.has(dirname(path))) return undefined
  const inBase = basePath(state, path)
  return inBase === undefined ? undefined : baseStat(state.tree, inBase)
}

const known = new WeakMap<FileTree, Map<string, FileStat | undefined>>()

/** Of a cluster's many nodes all ask for the same paths. */
function baseStat(tree: FileTree, path: string): FileStat | undefined {
  const stats = known.get(tree) ?? new Map<string, FileStat | undefined>()
  known.set(tree, stats)
  if (!stats.has(path)) stats.set(path, tree.stat(path))
  return stats.get(path)
}

/** Where the base image has what stands at `path` now; undefined for what was moved away. */
function basePath({ moves }: State, path: string): string | undefined {
  for (const [to, from] of moves) {
    if (path === to || path.startsWith(`${to}/`)) return from + path.slice(to.length)
    if (path === from || path.startsWith(`${from}/`)) return undefined
  }
  return path
}

function join(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`
}

function refuse(path: string, what: string, hint: string): never {
  throw new UserError([
    { severity: 'error', where: { file: '', key: `root${path}` }, what: `root${path} ${what}`, hint },
  ])
}

function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.what}\n${problem.hint ?? ''}`, problem])).values()]
}
