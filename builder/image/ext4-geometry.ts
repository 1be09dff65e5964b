import type { ByteSource } from './byte-source.js'
import { damaged } from './damage.js'

/** How large the parts of a file system are, and how many; in bytes unless named otherwise. */
export interface Sizes {
  readonly blockSize: number
  readonly blockCount: number
  readonly freeBlocks: number
  readonly inodeCount: number
  readonly inodeSize: number
  readonly geometry: Geometry
}

/** The places of the groups and their descriptors; counted in blocks, inodes and bytes. */
export interface Geometry {
  readonly firstBlock: number
  readonly blocksPerGroup: number
  readonly inodesPerGroup: number
  readonly groupCount: number
  readonly descriptorSize: number
  /** Groups from this many descriptor blocks on keep their descriptors themselves (`meta_bg`). */
  readonly firstMetaGroup: number
  /** The two groups with a copy of the superblock where `sparse_super2` is on. */
  readonly backupGroups: readonly number[]
  /** The first inode number that is not reserved. */
  readonly firstInode: number
}

/** Revision 0, before inodes had a size and a first number. */
export function isOriginal(bytes: Buffer): boolean {
  return bytes.readUInt32LE(76) === 0
}

/** @param wide whether the file system has the fields of the feature 64bit */
export function readGeometry(bytes: Buffer, wide: boolean): Geometry {
  const firstBlock = bytes.readUInt32LE(20)
  const blocksPerGroup = bytes.readUInt32LE(32)
  const blockCount = bytes.readUInt32LE(4) + (wide ? bytes.readUInt32LE(336) * 2 ** 32 : 0)
  return {
    firstBlock,
    blocksPerGroup,
    inodesPerGroup: bytes.readUInt32LE(40),
    groupCount: Math.ceil((blockCount - firstBlock) / blocksPerGroup),
    descriptorSize: wide ? bytes.readUInt16LE(254) : 32,
    firstMetaGroup: bytes.readUInt32LE(260),
    backupGroups: [bytes.readUInt32LE(588), bytes.readUInt32LE(592)],
    firstInode: isOriginal(bytes) ? 11 : bytes.readUInt32LE(84),
  }
}

/** The limits of ext4_fill_super(): everything that is computed from these numbers stays in bounds. */
export function checkSizes(sizes: Sizes, source: ByteSource, name: string): void {
  const { blockSize, blockCount, inodeSize, inodeCount, freeBlocks, geometry } = sizes
  const { firstBlock, blocksPerGroup, inodesPerGroup, groupCount, descriptorSize } = geometry
  const rules: [ok: boolean, what: string][] = [
    [blockSize <= 65536, `a block size of ${blockSize} bytes`],
    [
      isPowerOfTwo(inodeSize) && inodeSize >= 128 && inodeSize <= blockSize,
      `an inode size of ${inodeSize} bytes`,
    ],
    [firstBlock <= 1 && firstBlock < blockCount, `first data block ${firstBlock}`],
    [blocksPerGroup >= 8, `${blocksPerGroup} blocks in a group`],
    [inodesPerGroup >= 1 && inodesPerGroup <= 8 * blockSize, `${inodesPerGroup} inodes in a group`],
    [inodeCount === groupCount * inodesPerGroup, `${inodeCount} inodes in ${groupCount} groups`],
    [
      isPowerOfTwo(descriptorSize) && descriptorSize >= 32 && descriptorSize <= 1024,
      `a descriptor size of ${descriptorSize} bytes`,
    ],
    [freeBlocks <= blockCount, `${freeBlocks} of ${blockCount} blocks free`],
    [
      blockCount * blockSize <= source.size,
      `${blockCount * blockSize} bytes in a partition of ${source.size}`,
    ],
  ]
  const broken = rules.find(([ok]) => !ok)
  if (broken) throw damaged(name, `the superblock says ${broken[1]}`)
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value))
}
