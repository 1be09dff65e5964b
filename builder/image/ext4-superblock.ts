import { UserError } from '../errors.js'
import type { ByteSource } from './byte-source.js'
import { compatNames, featureNames, incompatNames, roCompatNames } from './ext4-features.js'
import { checkSizes, isOriginal, readGeometry, type Sizes } from './ext4-geometry.js'
import { error } from '../model/problem.js'

/** What the superblock of an ext2, ext3 or ext4 file system says; sizes in bytes unless named otherwise. */
export interface Superblock extends Sizes {
  /** At most 16 bytes of text, often empty. */
  readonly label: string
  readonly uuid: string
  readonly freeInodes: number
  /** By the names that e2fsprogs uses; what it does not know is `FEATURE_C13`, `FEATURE_I18` or `FEATURE_R7`. */
  readonly features: {
    readonly compat: readonly string[]
    readonly incompat: readonly string[]
    readonly roCompat: readonly string[]
  }
  readonly state: {
    /** The journal holds changes that the rest of the file system lacks. */
    readonly needsRecovery: boolean
    /** Deleted files wait in the orphan file for the next mount. */
    readonly orphanPresent: boolean
    /** Head of the list of deleted files that were still open; 0 for none. */
    readonly lastOrphan: number
    /** The kernel found a contradiction and left a mark. */
    readonly errors: boolean
    /** Its checksum is that of other bytes (`metadata_csum`). */
    readonly badChecksum: boolean
    /** Unmounted in order, as far as the superblock's own flag knows. */
    readonly clean: boolean
  }
}

const SUPERBLOCK = 1024
const MAGIC = 0xef53
const VALID = 1
const ERRORS = 2
const CHECKSUM = 0x3fc

/**
 * Reads the superblock of the partition `source`; states that piimg refuses are facts here, `ext4Problems`
 * judges them. Layout: struct ext4_super_block, Documentation/filesystems/ext4/super.rst of Linux.
 * @throws {UserError} when `source` holds something else, or sizes that cannot be
 */
export function readSuperblock(source: ByteSource, name: string): Superblock {
  if (source.size < 2 * SUPERBLOCK) throw notExt4(name, `it has only ${source.size} bytes`)
  const bytes = source.read(SUPERBLOCK, SUPERBLOCK)
  if (bytes.readUInt16LE(56) !== MAGIC) throw notExt4(name, `it holds ${otherContent(source)}`)
  const features = {
    compat: featureNames(bytes.readUInt32LE(92), compatNames, 'C'),
    incompat: featureNames(bytes.readUInt32LE(96), incompatNames, 'I'),
    roCompat: featureNames(bytes.readUInt32LE(100), roCompatNames, 'R'),
  }
  if (features.incompat.includes('journal_dev')) throw notExt4(name, 'it is the journal of another one')
  const wide = features.incompat.includes('64bit')
  const high = (offset: number) => (wide ? bytes.readUInt32LE(offset) * 2 ** 32 : 0)
  const superblock: Superblock = {
    label: textUntilZero(bytes.subarray(120, 136)),
    uuid: uuidOf(bytes.subarray(104, 120)),
    blockSize: 1024 * 2 ** Math.min(bytes.readUInt32LE(24), 32),
    blockCount: bytes.readUInt32LE(4) + high(336),
    freeBlocks: bytes.readUInt32LE(12) + high(344),
    inodeCount: bytes.readUInt32LE(0),
    freeInodes: bytes.readUInt32LE(16),
    inodeSize: isOriginal(bytes) ? 128 : bytes.readUInt16LE(88),
    features,
    state: readState(bytes, features),
    geometry: readGeometry(bytes, wide),
  }
  checkSizes(superblock, source, name)
  return superblock
}

function notExt4(name: string, what: string): UserError {
  return new UserError([
    error(
      { file: name },
      `not an ext4 file system: ${what}`,
      'give an image of Raspberry Pi OS or of Debian for the Raspberry Pi, whose root partition is ext4',
    ),
  ])
}

/** Names a few file systems by their magic numbers; see magic(5). */
function otherContent(source: ByteSource): string {
  const magics = [
    [0x10040, '_BHRfS_M', 'btrfs'],
    [0, 'XFSB', 'XFS'],
    [0, 'hsqs', 'squashfs'],
    [0, 'LUKS\xba\xbe', 'an encrypted volume (LUKS)'],
    [1024, '\x10\x20\xf5\xf2', 'F2FS'],
    [82, 'FAT32', 'FAT32'],
  ] as const
  const holds = (offset: number, magic: string) =>
    source.size >= offset + magic.length && source.read(offset, magic.length).toString('latin1') === magic
  const known = magics.find(([offset, magic]) => holds(offset, magic))
  if (known) return known[2]
  return source.read(0, 2 * SUPERBLOCK).every((byte) => byte === 0) ? 'only zeros' : 'something unknown'
}

function textUntilZero(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end)
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

function readState(bytes: Buffer, { incompat, roCompat }: Superblock['features']): Superblock['state'] {
  const state = bytes.readUInt16LE(58)
  return {
    needsRecovery: incompat.includes('needs_recovery'),
    orphanPresent: roCompat.includes('orphan_present'),
    lastOrphan: bytes.readUInt32LE(232),
    errors: (state & ERRORS) !== 0,
    badChecksum: roCompat.includes('metadata_csum') && bytes.readUInt32LE(CHECKSUM) !== checksum(bytes),
    clean: (state & VALID) !== 0,
  }
}

/** s_checksum: CRC-32C of all that lies before it, from ~0 and without the inversion at the end. */
function checksum(bytes: Buffer): number {
  let crc = 0xffffffff
  for (const byte of bytes.subarray(0, CHECKSUM)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  return crc >>> 0
}
