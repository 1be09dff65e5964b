import type { OpenImage } from '../image/open-image.js'
import type { FileNode, FileStat, FileTree } from '../model/file-tree.js'
import type { EntryRecord } from '../model/plan-record.js'
import { sha256OfPieces } from '../model/sha256.js'

/** Every difference between the planned and the real content of a card, one sentence each. */
export function readBack(image: Pick<OpenImage, 'boot' | 'root'>, all: readonly EntryRecord[]): string[] {
  return all.flatMap((expected) => {
    const tree = expected.partition === 'boot' ? image.boot : image.root
    return differences(tree, expected).map((what) => `${expected.partition}${expected.path} ${what}`)
  })
}

function differences(tree: FileTree, expected: EntryRecord): string[] {
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

function fieldDifferences(stat: FileStat, expected: EntryRecord): string[] {
  const checks: [string, unknown, unknown][] = [
    ['mode', expected.mode?.replace(/^0+(?=.)/, ''), stat.mode.toString(8)],
    ['owner', expected.uid, stat.uid],
    ['group', expected.gid, stat.gid],
    ['size', expected.size, stat.size],
    ['target', expected.target, stat.target],
  ]
  return checks
    .filter(([, wanted, found]) => wanted !== undefined && wanted !== found)
    .map(([field, wanted, found]) => `has ${field} ${String(found)}, not ${String(wanted)}`)
}

function contentDifferences({ stat, ...node }: FileNode, { sha256, size }: EntryRecord): string[] {
  if (sha256 === undefined || stat.size !== size) return []
  return sha256OfPieces(node.chunks()) === sha256 ? [] : ['has other bytes']
}
