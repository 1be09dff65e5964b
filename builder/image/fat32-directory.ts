import { longNameIn, nextPart, shortNameOf, type LongName } from './fat32-names.js'

/** A file or directory as the entry in its parent describes it. */
export interface FatEntry {
  /** The long name, or the short one where there is none. */
  readonly name: string
  /** The short name, by which a file can be found too. */
  readonly alias: string
  readonly isDirectory: boolean
  /** 0 for an empty file. */
  readonly firstCluster: number
  readonly size: number
  /** Seconds since 1970, the local time that is stored taken as UTC. */
  readonly mtime: number
  /** Where the entry is, in bytes from the start of the partition. */
  readonly offset: number
}

export interface FatDirectory {
  readonly entries: readonly FatEntry[]
  /** The name of the volume, which the root directory holds. */
  readonly label?: string
}

/** 32 bytes of a directory. */
export interface Slot {
  readonly offset: number
  readonly bytes: Buffer
}

export const SLOT = 32
const DELETED = 0xe5
const LONG_NAME = 0x0f
const VOLUME = 0x08
const DIRECTORY = 0x10

/**
 * Reads a directory's slots up to the mark of its end. Layout: struct msdos_dir_entry and msdos_dir_slot in
 * include/uapi/linux/msdos_fs.h of Linux.
 */
export function readSlots(slots: Iterable<Slot>): FatDirectory {
  const entries: FatEntry[] = []
  let label: string | undefined
  let long: LongName | undefined
  for (const slot of slots) {
    const { bytes } = slot
    const attributes = bytes.readUInt8(11)
    if (bytes[0] === 0) break
    if (bytes[0] !== DELETED && (attributes & 0x3f) === LONG_NAME) {
      long = nextPart(long, bytes)
      continue
    }
    const name = longNameIn(long, bytes)
    long = undefined
    if (bytes[0] === DELETED) continue
    if (attributes & VOLUME) label ??= bytes.toString('latin1', 0, 11).trimEnd()
    else if (!isDot(bytes)) entries.push(entryOf(slot, name))
  }
  return label === undefined ? { entries } : { entries, label }
}

/** `.` and `..`: no other short name begins with a dot. */
function isDot(bytes: Buffer): boolean {
  return /^\.\.? +$/.test(bytes.toString('latin1', 0, 11))
}

function entryOf({ bytes, offset }: Slot, longName: string | undefined): FatEntry {
  const alias = shortNameOf(bytes)
  return {
    name: longName ?? alias,
    alias,
    isDirectory: (bytes.readUInt8(11) & DIRECTORY) !== 0,
    firstCluster: bytes.readUInt16LE(20) * 65536 + bytes.readUInt16LE(26),
    size: bytes.readUInt32LE(28),
    mtime: timeOf(bytes.readUInt16LE(24), bytes.readUInt16LE(22)),
    offset,
  }
}

/** As fat_time_fat2unix() of fs/fat/misc.c: a month or day of 0, where no date was set, counts as 1. */
function timeOf(date: number, time: number): number {
  const month = Math.max((date >>> 5) & 0xf, 1)
  const day = Math.max(date & 0x1f, 1)
  const seconds = (time >>> 11) * 3600 + ((time >>> 5) & 0x3f) * 60 + (time & 0x1f) * 2
  return Date.UTC(1980 + (date >>> 9), month - 1, day) / 1000 + seconds
}
