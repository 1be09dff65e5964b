import { dirname } from 'node:path/posix'
import { UserError } from '../errors.js'
import { changedContents } from '../model/entry-changes.js'
import type { FileStat, FileTree } from '../model/file-tree.js'
import type { RootEntry } from '../model/plan.js'
import { type Problem, error } from '../model/problem.js'
import type { Step } from '../model/step.js'
import { makeFolder, owned, placeFolder, remove } from './place-folders.js'
import { join, newState, refuse, type State, statOf } from './placed-tree.js'

/**
 * The steps that write a plan's entries into a root partition, in order. Missing parent folders are created (0755,
 * root). Symbolic links in the middle of a path are followed inside the image only. A link as the last part is
 * replaced.
 * @throws {UserError} with every entry that cannot be written into the base image
 */
export function placeEntries(tree: FileTree, entries: readonly RootEntry[], name: string): Step[] {
  const last = lastPlaced.get(tree)
  const isSame = last !== undefined && changedContents(last.entries, entries) !== undefined
  const { steps, sources } = isSame ? last : placeAll(tree, entries, name)
  return steps.map((step, index) => {
    const entry = entries[sources.get(index) ?? -1]
    return step.do === 'write' && entry?.kind === 'file' ? { ...step, content: entry.content } : step
  })
}

interface Placed {
  readonly entries: readonly RootEntry[]
  readonly steps: readonly Step[]
  /** By the number of a step that writes a file, the number of its entry. */
  readonly sources: ReadonlyMap<number, number>
}

/** Most nodes of a base image have entries that differ in contents only. */
const lastPlaced = new WeakMap<FileTree, Placed>()

function placeAll(tree: FileTree, entries: readonly RootEntry[], name: string): Placed {
  const state = newState(tree)
  const sources = new Map<number, number>()
  const problems: Problem[] = []
  const numbered = entries.map((entry, index) => ({ entry, index }))
  const isMove = ({ entry }: { readonly entry: RootEntry }) => entry.kind === 'move'
  for (const { entry, index } of [...numbered.filter(isMove), ...numbered.filter((each) => !isMove(each))]) {
    try {
      placeEntry(state, entry)
      if (entry.kind === 'file') sources.set(state.steps.length - 1, index)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      problems.push(
        ...error.problems.map((problem) => ({ ...problem, where: { ...problem.where, file: name } })),
      )
    }
  }
  problems.push(...state.steps.flatMap((step) => unwritable(step, name)))
  if (problems.length > 0) throw new UserError(unique(problems))
  const placed = { entries, steps: state.steps, sources }
  lastPlaced.set(tree, placed)
  return placed
}

/** Two paths and a command must fit into a line of debugfs (1024 bytes on macOS). */
const longestPath = 450
const unfitCharacters = /[^\P{ASCII}\x20-\x7e]|\ufffd/u

function isUnfit(path: string): boolean {
  return unfitCharacters.test(path) || Buffer.byteLength(path) > longestPath
}

/** Names in the base image can contain any character; a line end in one would start a command of debugfs. */
function unwritable(step: Step, file: string): Problem[] {
  const paths = step.do === 'rename' ? [step.path, step.to] : [step.path]
  return paths.filter(isUnfit).map((path) => {
    const key = `root${JSON.stringify(path).slice(1, -1)}`
    const hint = `names must be UTF-8 without control characters, paths not longer than ${longestPath} bytes`
    return error({ file, key }, `${key} cannot be written with debugfs`, hint)
  })
}

function placeEntry(state: State, entry: RootEntry): void {
  const folder = placeFolder(state, dirname(entry.path), entry.path, entry.kind !== 'removal')
  if (folder === undefined) return
  const path = join(folder, entry.path.slice(entry.path.lastIndexOf('/') + 1))
  const present = statOf(state, path)
  if (state.written.has(path))
    refuse(path, 'is written twice, under two names', `one of them is ${entry.path}`)
  if (state.made.has(path) && entry.kind !== 'directory')
    refuse(path, 'is a folder that another entry needs', `it cannot be what ${entry.path} is`)
  state.written.add(path)
  switch (entry.kind) {
    case 'move':
      if (statOf(state, entry.to) !== undefined) {
        refuse(entry.to, 'is in the base image already', `${entry.path} cannot be renamed to it`)
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
      state.leaves.add(path)
      break
    case 'file':
      remove(state, path, refuseFolder(present, path))
      state.steps.push({ do: 'write', path, mode: entry.mode, owner: entry.owner, content: entry.content })
      state.leaves.add(path)
  }
}

function refuseFolder(present: FileStat | undefined, path: string): FileStat | undefined {
  if (present?.kind === 'directory')
    refuse(path, 'is a folder in the base image', 'a file cannot replace a folder')
  return present
}

function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.what}\n${problem.hint ?? ''}`, problem])).values()]
}
