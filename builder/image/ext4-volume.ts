import type { UserError } from '../errors.js'
import type { ByteSource } from './byte-source.js'
import type { Geometry } from './ext4-geometry.js'
import type { Superblock } from './ext4-superblock.js'
import { damaged } from './damage.js'

/** Blocks and inode records by number, with the metadata that was read last kept in memory (at most 8 MiB). */
export interface Volume {
  readonly superblock: Superblock
  /** One block of metadata; shared with the cache, so never to be changed or given away. */
  block(number: number): Buffer
  /** Bytes of file content from a byte offset in the partition, not cached. */
  content(offset: number, length: number): Buffer
  /** The record of an inode, shared with the cache like a block. */
  inodeRecord(number: number): Buffer
  has(feature: string): boolean
  /** To be thrown: the structure `what` contradicts itself or the rest. */
  damaged(what: string): UserError
}

/**
 * The blocks of the file system that fills `source` up to what its superblock says. Layout of the group
 * descriptors: Documentation/filesystems/ext4/group_descr.rst and blockgroup.rst of Linux.
 */
export function openVolume(source: ByteSource, superblock: Superblock, name: string): Volume {
  const { blockSize, blockCount, geometry, features, inodeSize, inodeCount } = superblock
  const { inodesPerGroup } = geometry
  const names = new Set([...features.compat, ...features.incompat, ...features.roCompat])
  const cached = cachedReader(source)
  const tables: (number | undefined)[] = []
  const check = (block: number, count: number) => {
    if (block >= 1 && block + count <= blockCount) return
    throw damaged(name, `block ${block} (of ${count}) is outside of ${blockCount} blocks`)
  }
  const block = (number: number) => {
    check(number, 1)
    return cached(number * blockSize, blockSize)
  }
  const inodeTable = (group: number) => {
    const known = tables[group]
    if (known !== undefined) return known
    const table = readInodeTable(group, { superblock, names, block })
    check(table, Math.ceil((inodesPerGroup * inodeSize) / blockSize))
    tables[group] = table
    return table
  }
  return {
    superblock,
    block,
    content(offset, length) {
      const first = Math.floor(offset / blockSize)
      check(first, Math.ceil((offset + length) / blockSize) - first)
      return source.read(offset, length)
    },
    inodeRecord(number) {
      if (number < 1 || number > inodeCount) throw damaged(name, `there is no inode ${number}`)
      const index = (number - 1) % inodesPerGroup
      const table = inodeTable((number - 1 - index) / inodesPerGroup)
      return cached(table * blockSize + index * inodeSize, inodeSize)
    },
    has: (feature) => names.has(feature),
    damaged: (what) => damaged(name, what),
  }
}

const PIECE = 32 * 1024
const PIECES = 256

/** Small reads through aligned pieces, the least recently used one forgotten first. */
function cachedReader(source: ByteSource): (offset: number, length: number) => Buffer {
  const pieces = new Map<number, Buffer>()
  const piece = (index: number) => {
    const known = pieces.get(index)
    const start = index * PIECE
    const bytes = known ?? source.read(start, Math.min(PIECE, source.size - start))
    if (known) pieces.delete(index)
    else if (pieces.size === PIECES) pieces.delete(pieces.keys().next().value ?? 0)
    pieces.set(index, bytes)
    return bytes
  }
  return (offset, length) => {
    const start = offset % PIECE
    // Blocks of 64 KiB, and tables that begin in the middle of a piece.
    if (start + length > PIECE) return source.read(offset, length)
    return piece((offset - start) / PIECE).subarray(start, start + length)
  }
}

interface DescriptorSource {
  readonly superblock: Superblock
  readonly names: ReadonlySet<string>
  readonly block: (number: number) => Buffer
}

/** The first block of a group's inode table, from its descriptor. */
function readInodeTable(group: number, { superblock, names, block }: DescriptorSource): number {
  const { blockSize, geometry } = superblock
  const perBlock = blockSize / geometry.descriptorSize
  const tableBlock = Math.floor(group / perBlock)
  const at = (group % perBlock) * geometry.descriptorSize
  const descriptors = block(descriptorBlock(tableBlock, perBlock, { geometry, names }))
  const high = geometry.descriptorSize >= 64 ? descriptors.readUInt32LE(at + 0x28) : 0
  return descriptors.readUInt32LE(at + 8) + high * 2 ** 32
}

interface DescriptorPlaces {
  readonly geometry: Geometry
  readonly names: ReadonlySet<string>
}

/** As descriptor_loc() of fs/ext4/super.c. */
function descriptorBlock(index: number, perBlock: number, { geometry, names }: DescriptorPlaces): number {
  const { firstBlock, blocksPerGroup, firstMetaGroup } = geometry
  if (!names.has('meta_bg') || index < firstMetaGroup) return firstBlock + 1 + index
  const group = index * perBlock
  return firstBlock + group * blocksPerGroup + (hasSuperblock(group, { geometry, names }) ? 1 : 0)
}

function hasSuperblock(group: number, { geometry, names }: DescriptorPlaces): boolean {
  if (group === 0) return true
  if (names.has('sparse_super2')) return geometry.backupGroups.includes(group)
  if (group === 1 || !names.has('sparse_super')) return true
  return [3, 5, 7].some((base) => {
    let power = base
    while (power < group) power *= base
    return power === group
  })
}
