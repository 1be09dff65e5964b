import type { ByteSource } from './byte-source.js'
import type { BootSector } from './fat32-boot-sector.js'

const PIECE = 64 * 1024
/** The bit of the second entry of a table that Windows clears while it has the file system mounted. */
const CLEAN = 0x08000000
const UNKNOWN = 0xffffffff

/** What is counted of a file system. */
interface Counted {
  readonly free: number
  /** How many chains of clusters end. */
  readonly chains: number
  /** How many files and directories have clusters. */
  readonly owners: number
}

/**
 * What fsck.vfat finds, and would change, in boot sectors and tables (check.c, boot.c and fat.c of dosfstools 4.2). Each
 * chain of clusters belongs to a file: more chains than files are lost clusters.
 */
export function fatFaults(source: ByteSource, boot: BootSector, count: () => Counted): string[] {
  const { isDirty, tableOffset, infoOffset } = boot
  const isClean = !isDirty && (source.read(tableOffset + 4, 4).readUInt32LE() & CLEAN) !== 0
  const free = infoOffset === undefined ? UNKNOWN : freeInInfo(source.read(infoOffset, 512))
  const counted = count()
  const lost = counted.chains - counted.owners
  return [
    ...(isClean ? [] : ['the file system was not unmounted: it is marked dirty']),
    ...(areSame(source, boot) ? [] : ['the two file allocation tables differ']),
    ...(free === UNKNOWN || free === counted.free ? [] : ['the number of its free clusters is wrong']),
    ...(lost <= 0 ? [] : [`clusters are lost: ${lost} ${lost === 1 ? 'chain' : 'chains'} that no file has`]),
  ]
}

function freeInInfo(sector: Buffer): number {
  const isInfo = sector.readUInt32LE(0) === 0x41615252 && sector.readUInt32LE(484) === 0x61417272
  return isInfo ? sector.readUInt32LE(488) : UNKNOWN
}

function areSame(source: ByteSource, { tableOffsets, tableSize }: BootSector): boolean {
  const [first = 0, ...others] = tableOffsets
  for (let at = 0; at < tableSize && others.length > 0; at += PIECE) {
    const length = Math.min(PIECE, tableSize - at)
    const piece = source.read(first + at, length)
    if (others.some((offset) => !source.read(offset + at, length).equals(piece))) return false
  }
  return true
}
