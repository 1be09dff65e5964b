import type { Inode } from './ext4-inode.js'
import type { Volume } from './ext4-volume.js'

/** Blocks of a file that lie together on disk; what no run covers reads as zeros. */
export interface Run {
  /** The first block's number within the file. */
  readonly logical: number
  /** The first block's number within the file system. */
  readonly physical: number
  readonly count: number
}

/**
 * Where the blocks of a file are, in order, by its extents or its block map. Layouts:
 * Documentation/filesystems/ext4/ifork.rst of Linux.
 * @throws {UserError} when they are out of order, too many, or form a circle
 */
export function* runsOf(volume: Volume, inode: Inode): Generator<Run> {
  let end = 0
  let total = 0
  let joined: Run | undefined
  for (const run of inode.hasExtents ? extents(volume, inode) : mappedBlocks(volume, inode)) {
    total += run.count
    if (run.logical < end || total > volume.superblock.blockCount) {
      throw volume.damaged(`the block numbers of inode ${inode.number}`)
    }
    end = run.logical + run.count
    if (run.physical === UNWRITTEN) continue
    if (joined && follows(joined, run)) {
      joined = { ...joined, count: joined.count + run.count }
      continue
    }
    if (joined) yield joined
    joined = run
  }
  if (joined) yield joined
}

function follows(before: Run, run: Run): boolean {
  return before.logical + before.count === run.logical && before.physical + before.count === run.physical
}

const EXTENT_MAGIC = 0xf30a
const DEEPEST = 5
/** The size of the header of an extent node and of each of its entries. */
const ENTRY = 12
/** A longer extent is unwritten: this much is added to its length. */
const LONGEST = 32768
const UNWRITTEN = 0

function* extents(volume: Volume, inode: Inode): Generator<Run> {
  const pending: { block?: number; depth: number }[] = [{ depth: DEEPEST }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const node = next.block === undefined ? inode.body : volume.block(next.block)
    const { depth, entries } = readHeader(volume, inode, { ...next, node })
    for (let index = entries; depth > 0 && index > 0; index--) {
      const at = index * ENTRY
      const block = node.readUInt32LE(at + 4) + node.readUInt16LE(at + 8) * 2 ** 32
      pending.push({ block, depth: depth - 1 })
    }
    if (depth === 0) yield* leafExtents(node.subarray(ENTRY, ENTRY + entries * ENTRY))
  }
}

interface ExtentNode {
  readonly node: Buffer
  readonly block?: number
  readonly depth: number
}

/** Below the root no node is empty and the depth is known: so every path through the tree ends. */
function readHeader(volume: Volume, inode: Inode, { node, block, depth }: ExtentNode) {
  const header = { entries: node.readUInt16LE(2), depth: node.readUInt16LE(6) }
  const isRoot = block === undefined
  const fits = ENTRY + header.entries * ENTRY <= node.length
  const depthFits = isRoot ? header.depth <= depth : header.depth === depth && header.entries > 0
  if (node.readUInt16LE(0) === EXTENT_MAGIC && fits && depthFits) return header
  throw volume.damaged(`the extent tree of inode ${inode.number}`)
}

function* leafExtents(entries: Buffer): Generator<Run> {
  for (let at = 0; at < entries.length; at += ENTRY) {
    const length = entries.readUInt16LE(at + 4)
    const written = length <= LONGEST
    yield {
      logical: entries.readUInt32LE(at),
      physical: written ? entries.readUInt32LE(at + 8) + entries.readUInt16LE(at + 6) * 2 ** 32 : UNWRITTEN,
      count: written ? length : length - LONGEST,
    }
  }
}

const DIRECT = 12

interface MapEntry {
  readonly block: number
  /** 0 for a block of the file, 1 to 3 for blocks of block numbers. */
  readonly level: number
  readonly logical: number
}

/** The block map of ext2 and ext3: twelve blocks, then one, two and three levels of indirection. */
function* mappedBlocks(volume: Volume, inode: Inode): Generator<Run> {
  const { blockSize, blockCount } = volume.superblock
  const perBlock = blockSize / 4
  const end = Math.ceil(inode.size / blockSize)
  const pending = rootsOf(inode, perBlock)
  let tables = 0
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { block, level, logical } = next
    if (block === 0 || logical >= end) continue
    if (level === 0) {
      yield { logical, physical: block, count: 1 }
      continue
    }
    if (++tables > blockCount) throw volume.damaged(`the block map of inode ${inode.number}`)
    const table = volume.block(block)
    const span = perBlock ** (level - 1)
    for (let index = perBlock - 1; index >= 0; index--) {
      const child = table.readUInt32LE(index * 4)
      if (child !== 0) pending.push({ block: child, level: level - 1, logical: logical + index * span })
    }
  }
}

/** The fifteen numbers in the inode, last first. */
function rootsOf({ body }: Inode, perBlock: number): MapEntry[] {
  const levels = [...Array<number>(DIRECT).fill(0), 1, 2, 3]
  let logical = 0
  return levels
    .map((level, index) => {
      const entry = { block: body.readUInt32LE(index * 4), level, logical }
      logical += perBlock ** level
      return entry
    })
    .reverse()
}
