import type { Inode } from './ext4-inode.js'
import type { Volume } from './ext4-volume.js'

/** An extended attribute as it is stored: a number for the beginning of its name, the rest as text. */
export interface XattrEntry {
  readonly prefix: number
  readonly name: string
  /** The value, or the number of the inode whose content it is (`ea_inode`). */
  readonly value: Buffer | number
  readonly size: number
}

const MAGIC = 0xea020000
const BLOCK_HEADER = 32
const ENTRY_HEADER = 16
/** XATTR_SIZE_MAX of include/uapi/linux/limits.h. */
const LARGEST = 65536

/**
 * The extended attributes behind the fixed fields of an inode. Layout:
 * Documentation/filesystems/ext4/attributes.rst of Linux.
 */
export function entriesInInode(volume: Volume, { extra, number }: Inode): XattrEntry[] {
  if (extra.length < 8 || extra.readUInt32LE(0) !== MAGIC) return []
  return readEntries(extra.subarray(4), 0, () => volume.damaged(`the extended attributes of inode ${number}`))
}

/** The extended attributes in a block of their own, which inodes may share. */
export function entriesInBlock(volume: Volume, { xattrBlock }: Inode): XattrEntry[] {
  if (xattrBlock === 0) return []
  const wrong = () => volume.damaged(`the extended attributes in block ${xattrBlock}`)
  const block = volume.block(xattrBlock)
  if (block.readUInt32LE(0) !== MAGIC) throw wrong()
  return readEntries(block, BLOCK_HEADER, wrong)
}

/** Entries grow from `start` up to four zero bytes, values lie anywhere in `area`. */
function readEntries(area: Buffer, start: number, wrong: () => Error): XattrEntry[] {
  const found: XattrEntry[] = []
  for (let at = start; at + 4 <= area.length && area.readUInt32LE(at) !== 0;) {
    if (at + ENTRY_HEADER > area.length) throw wrong()
    const nameLength = area.readUInt8(at)
    const nameEnd = at + ENTRY_HEADER + nameLength
    if (nameEnd > area.length) throw wrong()
    found.push({
      prefix: area.readUInt8(at + 1),
      name: area.toString('utf8', at + ENTRY_HEADER, nameEnd),
      value: readValue(area, at, wrong),
      size: area.readUInt32LE(at + 8),
    })
    at = Math.ceil(nameEnd / 4) * 4
  }
  return found
}

function readValue(area: Buffer, at: number, wrong: () => Error): Buffer | number {
  const offset = area.readUInt16LE(at + 2)
  const inode = area.readUInt32LE(at + 4)
  const size = area.readUInt32LE(at + 8)
  if (size > LARGEST || (inode === 0 && offset + size > area.length)) throw wrong()
  // A copy: the area belongs to the cache, the value to the caller.
  return inode === 0 ? Buffer.from(area.subarray(offset, offset + size)) : inode
}
