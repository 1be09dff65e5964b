import type { BaseFiles } from '../model/facts.js'
import type { PartitionName } from '../model/overlay.js'

/**
 * The paths of the base image that a path names: the path itself, or with one `*` in its last part all matching paths.
 */
export function matches(files: BaseFiles, partition: PartitionName, path: string): string[] {
  const key = `${partition}${path}`
  const isAbsent = files.get(key) === undefined
  if (!hasStar(path)) return isAbsent ? [] : [path]
  // The reader has noted that no name matches.
  if (isAbsent && files.has(key)) return []
  const [before = '', after = ''] = key.split('*')
  const shortest = before.length + after.length
  const found: string[] = []
  for (const [other, fact] of files) {
    if (!other.startsWith(before) || !other.endsWith(after) || other.length < shortest) continue
    if (fact === undefined || other.slice(before.length).includes('/')) continue
    found.push(other.slice(partition.length))
  }
  return found
}

export function hasStar(path: string): boolean {
  return path.slice(path.lastIndexOf('/')).includes('*')
}
