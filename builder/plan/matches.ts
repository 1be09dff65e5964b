import type { BaseFiles } from '../model/facts.js'
import type { PartitionName } from '../model/overlay.js'

/**
 * The paths of the base image that a path names: the path itself, or with one `*` in its last part all matching paths.
 */
export function matches(files: BaseFiles, partition: PartitionName, path: string): string[] {
  const key = `${partition}${path}`
  if (!hasStar(path)) return files.get(key) === undefined ? [] : [path]
  return [...files]
    .filter(([other, fact]) => fact !== undefined && fitsStar(other, key))
    .map(([other]) => other.slice(partition.length))
}

export function hasStar(path: string): boolean {
  return path.slice(path.lastIndexOf('/')).includes('*')
}

function fitsStar(path: string, pattern: string): boolean {
  const [before = '', after = ''] = pattern.split('*')
  const fits = path.startsWith(before) && path.endsWith(after) && path.length >= before.length + after.length
  return fits && !path.slice(before.length, path.length - after.length).includes('/')
}
