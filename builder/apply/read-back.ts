import type { OpenImage } from '../image/open-image.js'
import type { FileNode, FileStat, FileTree } from '../model/file-tree.js'
import { hashOf, sizeOf } from '../model/content.js'
import type { Entry } from '../model/plan.js'
import type { EntryRecord } from '../model/plan-record.js'
import { sha256OfPieces } from '../model/sha256.js'

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
  /** Of a file's bytes; not given where nobody may know. */
  readonly sha256?: string | undefined
}

export function expectedOf(entry: Entry): Expected {
  const { partition, path, kind } = entry
  if (entry.kind === 'symlink') return { partition, path, kind, target: entry.target }
  if (entry.kind === 'move') return { partition, path, kind, to: entry.to }
  if (entry.kind === 'removal') return { partition, path, kind }
  const owned = entry.mode === undefined ? {} : { mode: entry.mode, ...entry.owner }
  if (entry.kind === 'directory') return { partition, path, kind, ...owned }
  const { content } = entry
  return { partition, path, kind, ...owned, size: sizeOf(content), sha256: hashOf(content) }
}

export function expectedOfRecord(record: EntryRecord): Expected {
  const { mode, origins: _, ...rest } = record
  return {
    ...rest,
    ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }),
  }
}

/** Every difference between the planned and the real content of a card, one sentence each. */
export function readBack(image: Pick<OpenImage, 'boot' | 'root'>, all: readonly Expected[]): string[] {
  return all.flatMap((expected) => {
    const tree = expected.partition === 'boot' ? image.boot : image.root
    return differences(tree, expected).map((what) => `${expected.partition}${expected.path} ${what}`)
  })
}

function differences(tree: FileTree, expected: Expected): string[] {
  const node = tree.node(expected.path)
  if (expected.kind === 'removal') return node === undefined ? [] : ['is still there']
  if (expected.kind === 'move') {
    const moved = expected.to !== undefined && tree.stat(expected.to) !== undefined
    return [...(node === undefined ? [] : ['is still there']), ...(moved ? [] : [`is not at ${expected.to}`])]
  }
  if (node === undefined) return ['is missing']
  const { stat } = node
  if (stat.kind !== expected.kind) return [`is a ${stat.kind}, not a ${expected.kind}`]
  return [...fieldDifferences(stat, expected), ...contentDifferences(node, expected)]
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

function contentDifferences({ stat, ...node }: FileNode, { sha256, size }: Expected): string[] {
  if (sha256 === undefined || stat.size !== size) return []
  return sha256OfPieces(node.chunks()) === sha256 ? [] : ['has other bytes']
}
