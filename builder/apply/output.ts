import { accessSync, constants, existsSync, mkdirSync, realpathSync, rmdirSync, statSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { commandLine, error, type Origin, type Problem } from '../model/problem.js'

/** The default output folder. */
export const standardFolder = 'out'

/** A path as it was typed, and where. */
interface GivenPath {
  readonly text: string
  readonly origin: Origin
}

/**
 * The path of each node's image.
 * @param folder what a relative path is relative to
 * @param option `-o`: a file (for one node) or an existing folder; default: `out/`, which is created
 */
export function outputPaths(
  folder: string,
  hostnames: readonly string[],
  option = `${standardFolder}/`,
): string[] {
  const path = resolve(folder, option)
  return isFolder(option, path) ? hostnames.map((name) => join(path, `${name}.img`)) : [path]
}

/** Problems of these paths: the base image itself, a device, a folder that does not exist or is not writable. */
export function outputProblems(
  hostnames: readonly string[],
  { folder: here, option: given }: { readonly folder: string; readonly option?: GivenPath | undefined },
  base: string | undefined,
): Problem[] {
  const option = given?.text
  // Of several paths each is named, unless a line of the cluster file is to be changed.
  const problem: Complain = (path, what, hint) => {
    const where = commandLine(`-o ${path ?? `${standardFolder}/`}`)
    return error(given?.origin.line === undefined ? where : given.origin, what, hint)
  }
  const wanted = resolve(here, option ?? standardFolder)
  const isFile = option !== undefined && !isFolder(option, wanted)
  const folder = isFile ? dirname(wanted) : wanted
  const kind = kindOf(folder)
  const parent = kind === undefined ? dirname(folder) : folder
  const problems = outputPaths(here, hostnames, option).flatMap(
    (path) => pathProblem(path, base, problem) ?? [],
  )
  if (isFile && hostnames.length > 1)
    problems.push(problem(option, `one file for ${hostnames.length} nodes`, 'give a folder'))
  if (kind === undefined && option !== undefined)
    problems.push(problem(option, `there is no folder ${folder}`, `make it first: mkdir -p ${folder}`))
  else if (kind !== undefined && kind !== 'folder')
    problems.push(problem(option, `${folder} is not a folder`, 'give another folder'))
  else if (!isWritable(parent))
    problems.push(problem(option, `no permission to write to ${parent}`, 'give another folder with -o'))
  return problems
}

/** Runs `work` with a folder for its output. If the folder was created here and `work` fails, it is removed again. */
export async function withOutputFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  // Another build may make the same folder at this moment: only one of them gets its name as the answer.
  const isNew = mkdirSync(folder, { recursive: true }) !== undefined
  try {
    return await work()
  } catch (error) {
    if (isNew) removeEmpty(folder)
    throw error
  }
}

/** @param path the same, absolute; of an empty option the folder where piimg was started, which nobody meant */
function isFolder(option: string, path: string): boolean {
  if (option === '') return false
  return option.endsWith('/') || option.endsWith(sep) || kindOf(path) === 'folder'
}

type Complain = (path: string | undefined, what: string, hint: string) => Problem

function pathProblem(path: string, base: string | undefined, problem: Complain): Problem | undefined {
  const kind = kindOf(path)
  if (kind === 'folder') return problem(path, `${path} is a folder`, 'give another name')
  if (kind === 'other')
    return problem(
      path,
      `${path} is a device or another special file`,
      'build a file, then write it with Raspberry Pi Imager',
    )
  if (!path.endsWith('.img'))
    return problem(
      path,
      `${path} does not end in .img`,
      'give a name that ends in .img, or an existing folder',
    )
  if (kind === undefined || base === undefined) return undefined
  const own = statSync(base)
  const other = statSync(path)
  if (realpathSync(path) !== realpathSync(base) && (own.dev !== other.dev || own.ino !== other.ino))
    return undefined
  return problem(path, `${path} is the base image itself`, 'give another name; a base image is never changed')
}

function kindOf(path: string): 'file' | 'folder' | 'other' | undefined {
  // statSync throws if a part of the path is a file.
  const stat = existsSync(path) ? statSync(path, { throwIfNoEntry: false }) : undefined
  if (stat === undefined) return undefined
  return stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'other'
}

export function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // Another build wrote something into it.
  }
}
