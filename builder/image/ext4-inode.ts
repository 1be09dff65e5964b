import type { FileKind } from '../model/file-tree.js'
import type { Volume } from './ext4-volume.js'

/** The fixed part of an inode, with `FileStat`'s units. */
export interface Inode {
  readonly number: number
  readonly kind: FileKind
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly mtime: number
  readonly mtimeNanoseconds: number
  readonly links: number
  readonly isImmutable: boolean
  readonly hasExtents: boolean
  readonly hasInlineData: boolean
  /**
   * The 60 bytes that hold block numbers, extents, a short link target, a device number or inline data; shared
   * with the cache, like `extra`.
   */
  readonly body: Buffer
  /** The bytes after the fixed fields, where extended attributes are; empty in inodes of 128 bytes. */
  readonly extra: Buffer
  /** The block of extended attributes; 0 for none. */
  readonly xattrBlock: number
}

export const ROOT_INODE = 2

const kinds: Readonly<Record<number, FileKind>> = {
  0x1000: 'fifo',
  0x2000: 'character',
  0x4000: 'directory',
  0x6000: 'block',
  0x8000: 'file',
  0xa000: 'symlink',
  0xc000: 'socket',
}
const IMMUTABLE = 0x10
const EXTENTS = 0x80000
const INLINE_DATA = 0x10000000
const GOOD_OLD_SIZE = 128

/**
 * Reads the inode that a directory names. Layout: struct ext4_inode,
 * Documentation/filesystems/ext4/inodes.rst of Linux.
 * @throws {UserError} when there is no such file
 */
export function readInode(volume: Volume, number: number): Inode {
  if (number < volume.superblock.geometry.firstInode && number !== ROOT_INODE) {
    throw volume.damaged(`a directory names the reserved inode ${number}`)
  }
  const record = volume.inodeRecord(number)
  const type = record.readUInt16LE(0)
  const kind = kinds[type & 0xf000]
  const links = record.readUInt16LE(26)
  if (kind === undefined || links === 0) throw volume.damaged(`inode ${number} is named, but not in use`)
  const flags = record.readUInt32LE(32)
  const extraSize = readExtraSize(volume, record, number)
  return {
    number,
    kind,
    mode: type & 0xfff,
    uid: record.readUInt16LE(2) + record.readUInt16LE(120) * 65536,
    gid: record.readUInt16LE(24) + record.readUInt16LE(122) * 65536,
    size: readSize(volume, record, { number, kind }),
    ...readMtime(record, extraSize),
    links,
    isImmutable: (flags & IMMUTABLE) !== 0,
    hasExtents: (flags & EXTENTS) !== 0,
    hasInlineData: (flags & INLINE_DATA) !== 0,
    body: record.subarray(40, 100),
    extra: record.subarray(GOOD_OLD_SIZE + extraSize),
    xattrBlock: record.readUInt32LE(104) + (volume.has('64bit') ? record.readUInt16LE(118) * 2 ** 32 : 0),
  }
}

/** `major:minor` of a device file, as new_decode_dev() and old_decode_dev() of include/linux/kdev_t.h. */
export function deviceOf({ body }: Inode): string {
  const old = body.readUInt16LE(0)
  if (old !== 0) return `${old >>> 8}:${old & 0xff}`
  const device = body.readUInt32LE(4)
  return `${(device >>> 8) & 0xfff}:${(device & 0xff) + ((device >>> 20) << 8)}`
}

function readExtraSize(volume: Volume, record: Buffer, number: number): number {
  if (record.length === GOOD_OLD_SIZE) return 0
  const size = record.readUInt16LE(GOOD_OLD_SIZE)
  if (size % 4 !== 0 || GOOD_OLD_SIZE + size > record.length) {
    throw volume.damaged(`inode ${number} has ${size} bytes of extra fields`)
  }
  return size
}

/** Only regular files use the high half everywhere: ext2 had other uses for it. */
function readSize(volume: Volume, record: Buffer, { number, kind }: Pick<Inode, 'number' | 'kind'>): number {
  const low = record.readUInt32LE(4)
  const wide = kind === 'file' || (kind === 'directory' && volume.has('large_dir'))
  const size = wide ? low + record.readUInt32LE(108) * 2 ** 32 : low
  // The kernel's largest file: 2^32 blocks.
  if (size > 2 ** 32 * volume.superblock.blockSize) throw volume.damaged(`inode ${number} has ${size} bytes`)
  return size
}

/**
 * Signed 32 bits of seconds; where the inode has the field, two more bits on top of them (until the year 2446), and 30
 * bits of nanoseconds, of which no more than fit into a second count. Layout: "Inode Timestamps" of inodes.rst.
 */
function readMtime(record: Buffer, extraSize: number): Pick<Inode, 'mtime' | 'mtimeNanoseconds'> {
  const seconds = record.readInt32LE(16)
  const mtimeExtra = 136
  if (GOOD_OLD_SIZE + extraSize < mtimeExtra + 4) return { mtime: seconds, mtimeNanoseconds: 0 }
  const extra = record.readUInt32LE(mtimeExtra)
  return {
    mtime: seconds + (extra & 3) * 2 ** 32,
    mtimeNanoseconds: Math.min(extra >>> 2, 999_999_999),
  }
}
