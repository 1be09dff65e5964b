import { UserError } from '../errors.js'
import type { ByteSource } from './byte-source.js'
import { damaged } from './damage.js'
import { error } from '../model/problem.js'

/** Where the parts of a FAT32 file system lie; offsets and sizes in bytes, clusters counted from 2. */
export interface BootSector {
  /** Trailing spaces cut; empty where there is none. */
  readonly label: string
  /** As blkid shows it: `1A2B-3C4D`. */
  readonly volumeId: string
  readonly clusterSize: number
  readonly clusterCount: number
  readonly rootCluster: number
  /** The table that is in use. */
  readonly tableOffset: number
  readonly tableSize: number
  /** Where cluster 2 begins; the boot sectors and all tables lie before. */
  readonly dataOffset: number
  /** Where each table begins. */
  readonly tableOffsets: readonly number[]
  /** Where the info sector is; undefined where there is none. */
  readonly infoOffset?: number
  /** Mounted, and not unmounted since: FAT_STATE_DIRTY. */
  readonly isDirty: boolean
}

const SMALLEST = 512
const FIRST_CLUSTER = 2

/**
 * Reads the boot sector of a partition. Layout: struct fat_boot_sector in
 * include/uapi/linux/msdos_fs.h of Linux, and Microsoft's "FAT32 File System Specification".
 * @throws {UserError} when `source` holds something else, or sizes that cannot be
 */
export function readBootSector(source: ByteSource, name: string): BootSector {
  const sector = source.read(0, Math.min(SMALLEST, source.size))
  const other = otherThanFat32(sector)
  if (other) throw notFat32(name, other)
  const fields = readFields(sector)
  const broken = rulesOf(fields, source.size).find(([ok]) => !ok)
  if (broken) throw damaged(name, `the boot sector says ${broken[1]}`)
  const { sectorSize, sectorsPerCluster, reserved, tables, tableSectors, tableInUse } = fields
  const info = sector.readUInt16LE(48)
  const tableOffsets = Array.from(
    { length: tables },
    (_, each) => (reserved + each * tableSectors) * sectorSize,
  )
  return {
    label: sector
      .toString('latin1', 71, 82)
      .trimEnd()
      .replace(/^NO NAME$/, ''),
    volumeId: volumeIdOf(sector.readUInt32LE(67)),
    clusterSize: sectorSize * sectorsPerCluster,
    clusterCount: clusterCountOf(fields),
    rootCluster: sector.readUInt32LE(44),
    tableOffset: tableOffsets[tableInUse] ?? 0,
    tableSize: tableSectors * sectorSize,
    dataOffset: firstDataSector(fields) * sectorSize,
    tableOffsets,
    ...(info > 0 && info < reserved ? { infoOffset: info * sectorSize } : {}),
    isDirty: (sector.readUInt8(65) & 1) !== 0,
  }
}

/** Why this is no FAT32 file system; names the ones that are easily taken for it. */
function otherThanFat32(sector: Buffer): string | undefined {
  if (sector.length < SMALLEST) return `it has only ${sector.length} bytes`
  if (sector.every((byte) => byte === 0)) return 'it begins with zeros'
  if (sector.readUInt16LE(510) !== 0xaa55) return 'its first sector does not end in 55 AA'
  const system = sector.toString('latin1', 3, 11)
  if (system === 'EXFAT   ') return 'it is exFAT'
  if (system === 'NTFS    ') return 'it is NTFS'
  const { sectorSize, reserved, tables } = readFields(sector)
  if (![512, 1024, 2048, 4096].includes(sectorSize)) {
    return `its sectors have ${sectorSize} bytes, which is none of 512, 1024, 2048 and 4096`
  }
  if (sector.readUInt16LE(22) !== 0) return `it is ${smallFat(sector)}`
  return tables === 0 || reserved === 0 ? 'it has no file allocation table' : undefined
}

/** FAT12 and FAT16 differ by the number of clusters only. */
function smallFat(sector: Buffer): string {
  const { sectorSize, sectorsPerCluster, reserved, tables, total } = readFields(sector)
  const rootSectors = Math.ceil((sector.readUInt16LE(17) * 32) / sectorSize)
  const clusters = (total - reserved - tables * sector.readUInt16LE(22) - rootSectors) / sectorsPerCluster
  return clusters < 4085 ? 'FAT12' : 'FAT16'
}

function notFat32(name: string, what: string): UserError {
  return new UserError([
    error(
      { file: name },
      `not a FAT32 file system: ${what}`,
      'give an image of Raspberry Pi OS or of Debian for the Raspberry Pi, whose boot partition is FAT32',
    ),
  ])
}

interface Fields {
  readonly sectorSize: number
  readonly sectorsPerCluster: number
  readonly reserved: number
  readonly tables: number
  readonly tableSectors: number
  readonly tableInUse: number
  readonly total: number
}

function readFields(sector: Buffer): Fields {
  const flags = sector.readUInt16LE(40)
  return {
    sectorSize: sector.readUInt16LE(11),
    sectorsPerCluster: sector.readUInt8(13),
    reserved: sector.readUInt16LE(14),
    tables: sector.readUInt8(16),
    tableSectors: sector.readUInt32LE(36),
    // Bit 7: only one table is kept up to date, the one whose number is in the lowest bits.
    tableInUse: flags & 0x80 ? flags & 0xf : 0,
    total: sector.readUInt16LE(19) || sector.readUInt32LE(32),
  }
}

function firstDataSector({ reserved, tables, tableSectors }: Fields): number {
  return reserved + tables * tableSectors
}

function clusterCountOf(fields: Fields): number {
  const { total, sectorSize, sectorsPerCluster, tableSectors } = fields
  const inTable = (tableSectors * sectorSize) / 4 - FIRST_CLUSTER
  return Math.min(Math.floor((total - firstDataSector(fields)) / sectorsPerCluster), inTable)
}

function rulesOf(fields: Fields, partitionSize: number): (readonly [ok: boolean, what: string])[] {
  const { sectorSize, sectorsPerCluster, tables, tableInUse, total } = fields
  const whole = sectorsPerCluster > 0 && Number.isInteger(Math.log2(sectorsPerCluster))
  return [
    [whole, `${sectorsPerCluster} sectors in a cluster`],
    [tableInUse < tables, `table ${tableInUse} of ${tables} is in use`],
    [total * sectorSize <= partitionSize, `${total * sectorSize} bytes in a partition of ${partitionSize}`],
    [clusterCountOf(fields) > 0, 'that there are no clusters'],
  ]
}

function volumeIdOf(serial: number): string {
  const digits = serial.toString(16).toUpperCase().padStart(8, '0')
  return `${digits.slice(0, 4)}-${digits.slice(4)}`
}
