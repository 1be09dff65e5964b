import { UserError } from '../errors.js'
import type { Partition, PartitionTable } from '../model/partition.js'
import { type Problem, error } from '../model/problem.js'
import type { ByteSource } from './byte-source.js'

const SECTOR = 512
const ENTRIES = 446
const ENTRY = 16
const PROTECTIVE = 0xee

/**
 * The primary partitions of a disk image with a Master Boot Record, ordered by number; offsets and sizes in
 * bytes. Layout: block/partitions/msdos.c of Linux. `file` names the image in problems.
 * @throws {UserError} when it is no disk image, has a GPT or no partition, or is truncated
 */
export function readPartitionTable(source: ByteSource, file: string): PartitionTable {
  const problem = ([what, hint]: Words): Problem => error({ file }, what, hint)
  const sector = source.read(0, Math.min(source.size, SECTOR))
  const unusable = noTable(source, sector)
  if (unusable) throw new UserError([problem(unusable)])
  const partitions = readEntries(sector)
  const wrong = [...outside(partitions, source.size), ...overlaps(partitions)]
  if (wrong.length > 0) throw new UserError(wrong.map(problem))
  const diskSignature = sector.readUInt32LE(440).toString(16).padStart(8, '0')
  return { diskSignature, partitions }
}

/** The problem and the hint. */
type Words = readonly [what: string, hint: string]

const TAKE_ANOTHER =
  'give the image of a whole SD card, as Raspberry Pi OS is published, decompressed or as .xz, .zst, .gz or .zip'
const COPY_THE_CARD =
  'copy the whole card (/dev/sdX or /dev/mmcblk0, not /dev/sdX1 or /dev/mmcblk0p1), or give the published image'

function noTable(source: ByteSource, sector: Buffer): Words | undefined {
  const single = singlePartition(source, sector)
  if (single) return [`this is a single partition (${single}), not a whole card`, COPY_THE_CARD]
  if (sector.length < SECTOR) return [`not a disk image: it has only ${sector.length} bytes`, TAKE_ANOTHER]
  if (isGpt(source, sector)) {
    return [
      'the image has a GPT partition table; piimg reads MBR ("msdos") ones only, as Raspberry Pi OS has',
      TAKE_ANOTHER,
    ]
  }
  if (sector.every((byte) => byte === 0)) return ['not a disk image: it begins with zeros', TAKE_ANOTHER]
  if (sector.readUInt16LE(510) !== 0xaa55) {
    return ['not a disk image: its first sector does not end in 55 AA', TAKE_ANOTHER]
  }
  if (entriesOf(sector).some((entry) => (entry[0] ?? 0) & 0x7f)) {
    return ['not a disk image: its first sector holds no partition table', TAKE_ANOTHER]
  }
  return readEntries(sector).length === 0 ? ['the image has no partitions', TAKE_ANOTHER] : undefined
}

/** The name of the file system that begins at byte 0, where there should be a partition table. */
function singlePartition(source: ByteSource, sector: Buffer): string | undefined {
  const text = (from: number, to: number) => sector.toString('latin1', from, to)
  if (sector[0] === 0xeb || sector[0] === 0xe9) {
    if (text(82, 87) === 'FAT32' || text(3, 11) === 'mkfs.fat' || text(54, 57) === 'FAT') return 'FAT'
    if (text(3, 11) === 'EXFAT   ') return 'exFAT'
    if (text(3, 11) === 'NTFS    ') return 'NTFS'
  }
  // A card that was formatted whole and partitioned afterwards keeps the old superblock: only without a table.
  const marked = sector.length === SECTOR && sector.readUInt16LE(510) === 0xaa55
  const ext4 = !marked && source.size >= 1082 && source.read(1080, 2).readUInt16LE() === 0xef53
  return ext4 ? 'ext4' : undefined
}

function isGpt(source: ByteSource, sector: Buffer): boolean {
  if (source.size >= SECTOR + 8 && source.read(SECTOR, 8).toString('latin1') === 'EFI PART') return true
  const marked = sector.readUInt16LE(510) === 0xaa55
  return marked && entriesOf(sector).some((entry) => entry[4] === PROTECTIVE)
}

function entriesOf(sector: Buffer): Buffer[] {
  return [0, 1, 2, 3].map((index) => {
    const at = ENTRIES + index * ENTRY
    return sector.subarray(at, at + ENTRY)
  })
}

function readEntries(sector: Buffer): Partition[] {
  return entriesOf(sector)
    .map((entry, index) => ({
      number: index + 1,
      type: entry.readUInt8(4),
      offset: entry.readUInt32LE(8) * SECTOR,
      size: entry.readUInt32LE(12) * SECTOR,
    }))
    .filter(({ type, size }) => type !== 0 && size > 0)
}

function outside(partitions: readonly Partition[], size: number): Words[] {
  return partitions
    .filter((partition) => end(partition) > size)
    .map((partition) => [
      `the image is truncated: partition ${partition.number} reaches beyond its end ` +
        `(${size} bytes are there, ${end(partition)} needed)`,
      'download, copy or decompress the image again',
    ])
}

function overlaps(partitions: readonly Partition[]): Words[] {
  const hint = 'repair the partition table with fdisk, or use a fresh copy of the image'
  const found: Words[] = []
  partitions.forEach((one, index) => {
    if (one.offset === 0) found.push([`partition ${one.number} covers the partition table`, hint])
    for (const other of partitions.slice(index + 1)) {
      if (one.offset < end(other) && other.offset < end(one)) {
        found.push([`partitions ${one.number} and ${other.number} overlap`, hint])
      }
    }
  })
  return found
}

function end({ offset, size }: Partition): number {
  return offset + size
}
