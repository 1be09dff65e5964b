import type { BaseFiles } from '../model/facts.js'
import { memo } from '../model/memo.js'
import type { PartitionName } from '../model/overlay.js'

/**
 * The paths of the base image that a path names: the path itself, or with one `*` in its last part all matching paths.
 */
export function matches(files: BaseFiles, partition: PartitionName, path: string): readonly string[] {
  const key = `${partition}${path}`
  const isAbsent = files.get(key) === undefined
  if (!hasStar(path)) return isAbsent ? [] : [path]
  // The reader has noted that no name matches.
  if (isAbsent && files.has(key)) return []
  const known = foundIn(files)
  const found = known.get(key) ?? search(files, key).map((other) => other.slice(partition.length))
  known.set(key, found)
  return found
}

/** All nodes of a base image have the same files. */
const foundIn = memo<BaseFiles, [], Map<string, readonly string[]>>(() => new Map())

function search(files: BaseFiles, pattern: string): string[] {
  const [before = '', after = ''] = pattern.split('*')
  const shortest = before.length + after.length
  const paths = [...files].flatMap(([path, fact]) => (fact === undefined ? [] : [path]))
  return paths.filter(
    (path) =>
      path.startsWith(before) &&
      path.endsWith(after) &&
      path.length >= shortest &&
      !path.slice(before.length).includes('/'),
  )
}

export function hasStar(path: string): boolean {
  return path.slice(path.lastIndexOf('/')).includes('*')
}
