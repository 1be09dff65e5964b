import { runsOf } from './ext4-blocks.js'
import type { Inode } from './ext4-inode.js'
import type { Volume } from './ext4-volume.js'
import { entriesInInode } from './ext4-xattr-entries.js'
import { inPieces, type StoredRange } from './pieces.js'

/** PATH_MAX of include/uapi/linux/limits.h. */
const LONGEST_TARGET = 4096
/** EXT4_XATTR_INDEX_SYSTEM. */
const SYSTEM = 7

/** The content in pieces of `pieceSize` bytes, the last one shorter; holes and unwritten extents are zeros. */
export function readPieces(volume: Volume, inode: Inode, pieceSize: number): Iterable<Buffer> {
  return inPieces(inode.size, pieceSize, storedRanges(volume, inode))
}

/** The content in one buffer, for what is small by its nature: link targets, attribute values. */
export function readWhole(volume: Volume, inode: Inode): Buffer {
  if (inode.size > 65536) throw volume.damaged(`inode ${inode.number} has ${inode.size} bytes`)
  const [whole] = inode.size === 0 ? [] : readPieces(volume, inode, inode.size)
  return whole ?? Buffer.alloc(0)
}

/** What a symbolic link says; short targets are in the inode itself. */
export function readTarget(volume: Volume, inode: Inode): string {
  const wrong = () => volume.damaged(`the target of the symbolic link in inode ${inode.number}`)
  if (inode.size > LONGEST_TARGET) throw wrong()
  const short = inode.size < inode.body.length && !inode.hasExtents && !inode.hasInlineData
  const bytes = short ? inode.body.subarray(0, inode.size) : readWhole(volume, inode)
  if (bytes.includes(0)) throw wrong()
  return bytes.toString('utf8')
}

/** The content of a file that is small enough to live in its inode (`inline_data`), in its two parts. */
export function inlineParts(volume: Volume, inode: Inode): readonly [Buffer, Buffer] {
  const rest = entriesInInode(volume, inode).find(({ prefix, name }) => prefix === SYSTEM && name === 'data')
  return [inode.body, rest && typeof rest.value !== 'number' ? rest.value : Buffer.alloc(0)]
}

function* storedRanges(volume: Volume, inode: Inode): Generator<StoredRange> {
  if (inode.hasInlineData) {
    const bytes = Buffer.concat(inlineParts(volume, inode))
    if (inode.size > bytes.length) throw volume.damaged(`the inline data of inode ${inode.number}`)
    yield { offset: 0, length: inode.size, read: (from, length) => bytes.subarray(from, from + length) }
    return
  }
  const { blockSize } = volume.superblock
  for (const { logical, physical, count } of runsOf(volume, inode)) {
    const offset = logical * blockSize
    // Blocks may be reserved beyond the end of a file.
    if (offset >= inode.size) return
    yield {
      offset,
      length: Math.min(count * blockSize, inode.size - offset),
      read: (from, length) => volume.content(physical * blockSize + from, length),
    }
  }
}
