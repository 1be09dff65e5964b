import type { OpenImage } from '../image/open-image.js'
import type { FileStat, FileTree } from '../model/file-tree.js'
import type { Entry } from '../model/plan.js'
import type { EntryRecord } from '../model/plan-record.js'
import { sha256Of } from '../model/sha256.js'

/** What a card must hold at one path. */
export interface Expected {
  readonly partition: 'boot' | 'root'
  readonly path: string
  readonly kind: Entry['kind']
  readonly mode?: number
  readonly uid?: number | undefined
  readonly gid?: number | undefined
  readonly size?: number
  readonly target?: string
  readonly to?: string
  /** Whether a file's bytes are right; not given where nobody may know. */
  readonly hasBytes?: (content: Buffer) => boolean
}

export function expectedOf(entry: Entry): Expected {
  const { partition, path, kind } = entry
  if (entry.kind === 'symlink') return { partition, path, kind, target: entry.target }
  if (entry.kind === 'move') return { partition, path, kind, to: entry.to }
  if (entry.kind === 'removal') return { partition, path, kind }
  const owned = entry.mode === undefined ? {} : { mode: entry.mode, ...entry.owner }
  if (entry.kind === 'directory') return { partition, path, kind, ...owned }
  const { content } = entry
  return { partition, path, kind, ...owned, size: content.length, hasBytes: (found) => found.equals(content) }
}

export function expectedOfRecord(record: EntryRecord): Expected {
  const { mode, sha256, origins: _, ...rest } = record
  return {
    ...rest,
    ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }),
    ...(sha256 === undefined ? {} : { hasBytes: (content: Buffer) => sha256Of(content) === sha256 }),
  }
}

/** Every difference between what a card must hold and what it holds, a sentence each. */
export function readBack(image: Pick<OpenImage, 'boot' | 'root'>, all: readonly Expected[]): string[] {
  return all.flatMap((expected) => {
    const tree = expected.partition === 'boot' ? image.boot : image.root
    return differences(tree, expected).map((what) => `${expected.partition}${expected.path} ${what}`)
  })
}

function differences(tree: FileTree, expected: Expected): string[] {
  const stat = tree.stat(expected.path)
  if (expected.kind === 'removal') return stat === undefined ? [] : ['is still there']
  if (expected.kind === 'move') {
    const moved = expected.to !== undefined && tree.stat(expected.to) !== undefined
    return [...(stat === undefined ? [] : ['is still there']), ...(moved ? [] : [`is not at ${expected.to}`])]
  }
  if (stat === undefined) return ['is missing']
  if (stat.kind !== expected.kind) return [`is a ${stat.kind}, not a ${expected.kind}`]
  return [...fieldDifferences(stat, expected), ...contentDifferences(tree, stat, expected)]
}

function fieldDifferences(stat: FileStat, expected: Expected): string[] {
  const checks: [string, unknown, unknown][] = [
    ['mode', expected.mode?.toString(8), stat.mode.toString(8)],
    ['owner', expected.uid, stat.uid],
    ['group', expected.gid, stat.gid],
    ['size', expected.size, stat.size],
    ['target', expected.target, stat.target],
  ]
  return checks
    .filter(([, wanted, found]) => wanted !== undefined && wanted !== found)
    .map(([field, wanted, found]) => `has ${field} ${String(found)}, not ${String(wanted)}`)
}

function contentDifferences(tree: FileTree, stat: FileStat, expected: Expected): string[] {
  if (expected.hasBytes === undefined || stat.size !== expected.size) return []
  const content = tree.readFile(expected.path)
  return content !== undefined && expected.hasBytes(content) ? [] : ['has other bytes']
}
