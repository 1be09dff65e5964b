import { accessSync, constants, existsSync, mkdirSync, realpathSync, rmdirSync, statSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { UserError } from '../errors.js'

/** Where builds go that say nothing else. */
const standardFolder = 'out'

/**
 * The path of each node's image.
 * @param option `-o`: a file, for one node, or a folder that is there; without it `out/`, which is made
 * @throws {UserError} if it is the base image itself, a device, or in a folder that is not there or not writable
 */
export function outputPaths(
  hostnames: readonly string[],
  option: string | undefined,
  base: string,
): string[] {
  const isFolder =
    option === undefined || option.endsWith('/') || option.endsWith(sep) || kindOf(option) === 'folder'
  const folder = resolve(option === undefined ? standardFolder : isFolder ? option : dirname(option))
  if (!isFolder && hostnames.length > 1)
    refuse(option, `one file for ${hostnames.length} nodes`, 'give a folder')
  const kind = kindOf(folder)
  if (kind === undefined && option !== undefined) {
    refuse(option, `there is no folder ${folder}`, `make it first: mkdir -p ${folder}`)
  }
  if (kind !== undefined && kind !== 'folder') refuse(option, `${folder} is no folder`, 'give another one')
  const paths = isFolder ? hostnames.map((name) => join(folder, `${name}.img`)) : [resolve(option)]
  for (const path of paths) checkOutput(path, base)
  const parent = kind === undefined ? dirname(folder) : folder
  if (!isWritable(parent)) refuse(option, `you may not write to ${parent}`, 'give another folder with -o')
  return paths
}

/** Runs `work` with a folder for its output, which is made if need be, and gone again if `work` fails. */
export async function withOutputFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const isNew = !existsSync(folder)
  if (isNew) mkdirSync(folder)
  try {
    return await work()
  } catch (error) {
    if (isNew) removeEmpty(folder)
    throw error
  }
}

function checkOutput(path: string, base: string): void {
  const kind = kindOf(path)
  if (kind === undefined) return
  if (kind === 'folder') refuse(path, `${path} is a folder`, 'give another name')
  if (kind !== 'file') refuse(path, `${path} is a device or the like`, 'build a file, then write it with Raspberry Pi Imager') // prettier-ignore
  const own = statSync(base)
  const other = statSync(path)
  if (realpathSync(path) === realpathSync(base) || (own.dev === other.dev && own.ino === other.ino)) {
    refuse(path, `${path} is the base image itself`, 'give another name; a base image is never changed')
  }
}

function kindOf(path: string): 'file' | 'folder' | 'other' | undefined {
  // A path through a file would throw.
  const stat = existsSync(path) ? statSync(path, { throwIfNoEntry: false }) : undefined
  if (stat === undefined) return undefined
  return stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'other'
}

function isWritable(folder: string): boolean {
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
    // Another build put something there meanwhile.
  }
}

function refuse(option: string | undefined, what: string, hint: string): never {
  throw new UserError([
    { severity: 'error', where: { file: 'command line', key: `-o ${option ?? ''}` }, what, hint },
  ])
}
