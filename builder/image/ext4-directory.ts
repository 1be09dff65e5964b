import { runsOf } from './ext4-blocks.js'
import { inlineParts } from './ext4-content.js'
import type { Inode } from './ext4-inode.js'
import type { Volume } from './ext4-volume.js'
import type { Entry } from './walk.js'

/** A directory's files. */
export interface Listing {
  /** By code unit. */
  sorted(): readonly Entry<number>[]
  entry(name: string): Entry<number> | undefined
}

/**
 * Reads a directory as a sequence of entries: the hash tree of a large one looks like unused entries. Bytes of a name
 * that are no UTF-8 become U+FFFD. Layout: Documentation/filesystems/ext4/directory.rst of Linux.
 * @throws {UserError} when entries overlap or leave their block
 */
export function readDirectory(volume: Volume, inode: Inode): Listing {
  const found: Entry<number>[] = []
  for (const { bytes, start } of entryAreas(volume, inode)) {
    collectEntries(bytes, start, {
      hasFileType: volume.has('filetype'),
      wrong: () => volume.damaged(`the directory in inode ${inode.number}`),
      found,
    })
  }
  let sorted: Entry<number>[] | undefined
  let byName: ReadonlyMap<string, Entry<number>> | undefined
  return {
    // Most directories are only passed through, or only walked over.
    sorted: () => (sorted ??= found.sort(({ name: one }, { name: other }) => (one < other ? -1 : 1))),
    entry: (name) => (byName ??= new Map(found.map((entry) => [entry.name, entry]))).get(name),
  }
}

const HEADER = 8
/** The number of the parent takes the place of `.` and `..` in an inline directory. */
const INLINE_PARENT = 4

interface EntryArea {
  readonly bytes: Buffer
  readonly start: number
}

function* entryAreas(volume: Volume, inode: Inode): Generator<EntryArea> {
  if (inode.hasInlineData) {
    const [body, rest] = inlineParts(volume, inode)
    yield { bytes: body, start: INLINE_PARENT }
    yield { bytes: rest, start: 0 }
    return
  }
  const { blockSize } = volume.superblock
  const blocks = inode.size / blockSize
  let covered = 0
  for (const { physical, count } of runsOf(volume, inode)) {
    for (let index = 0; index < count && covered < blocks; index++) {
      yield { bytes: volume.block(physical + index), start: 0 }
      covered++
    }
  }
  // Also where the size is no multiple of a block, or says more than the whole file system has.
  if (covered !== blocks) throw volume.damaged(`the size of the directory in inode ${inode.number}`)
}

interface Collection {
  readonly hasFileType: boolean
  readonly wrong: () => Error
  readonly found: Entry<number>[]
}

function collectEntries(bytes: Buffer, start: number, { hasFileType, wrong, found }: Collection): void {
  for (let at = start; at < bytes.length;) {
    if (at + HEADER > bytes.length) throw wrong()
    const length = entryLength(bytes, at)
    // Without file types the length of a name had two bytes.
    const nameLength = hasFileType ? bytes.readUInt8(at + 6) : bytes.readUInt16LE(at + 6)
    if (length < HEADER || length % 4 !== 0 || at + length > bytes.length) throw wrong()
    const node = bytes.readUInt32LE(at)
    if (node !== 0) {
      if (nameLength === 0 || nameLength > 255 || HEADER + nameLength > length) throw wrong()
      const name = bytes.toString('utf8', at + HEADER, at + HEADER + nameLength)
      if (name.includes('/') || name.includes('\0')) throw wrong()
      if (name !== '.' && name !== '..') found.push({ name, node })
    }
    at += length
  }
}

/** In blocks of 64 KiB the length of an entry that fills one does not fit into its 16 bits. */
function entryLength(bytes: Buffer, at: number): number {
  const length = bytes.readUInt16LE(at + 4)
  if (bytes.length < 65536) return length
  return length === 65535 || length === 0 ? 65536 : (length & 65532) | ((length & 3) << 16)
}
