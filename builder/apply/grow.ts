import { closeSync, openSync, readSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Card } from '../engines/order.js'
import { breathe } from '../host/interrupt.js'
import { run } from '../host/run.js'
import { tools } from '../host/tools.js'
import type { Partition } from '../model/partition.js'

const sector = 512
/** Where the partition table has the entry of partition 1, and the number of sectors in each entry. */
const [table, entry, sectors] = [446, 16, 12] as const

/**
 * Enlarges the last partition of a card's image and its file system. The first boot can still enlarge it further.
 * @param size bytes, a multiple of 512
 * @returns the partition as it is then
 * @throws {StepError}
 */
export async function growRoot(card: Card, size: number): Promise<Partition> {
  const { root } = card
  const image = resolve(card.folder, card.image)
  // Resize2fs truncates the file after the new size, whatever the offset. So it works on a separate file.
  const alone = join(card.folder, 'root.ext4')
  writeFileSync(alone, '', { mode: 0o600 })
  await copyRange({ file: image, offset: root.offset }, { file: alone, offset: 0 }, root.size)
  truncateSync(image, root.offset)
  truncateSync(alone, size)
  await run({
    tool: tools.resize2fs,
    // Without -f it would require a check first. The superblock was read and is clean.
    args: ['-f', 'root.ext4', `${size / sector}s`],
    cwd: card.folder,
    env: { E2FSPROGS_FAKE_TIME: String(Math.max(1, card.builtAt)) },
    step: `grow the root partition of ${card.name}`,
  })
  truncateSync(image, root.offset + size)
  await copyRange({ file: alone, offset: 0 }, { file: image, offset: root.offset }, size)
  rmSync(alone)
  const count = Buffer.alloc(4)
  count.writeUInt32LE(size / sector)
  withFile(image, 'r+', (descriptor) => {
    writeSync(descriptor, count, 0, count.length, table + (root.number - 1) * entry + sectors)
  })
  return { ...root, size }
}

interface Place {
  readonly file: string
  /** Bytes. */
  readonly offset: number
}

const piece = 64 * 1024
const zeros = Buffer.alloc(piece)

/** Copies bytes into a range of zeros, so zeros need not be written. */
async function copyRange(from: Place, to: Place, length: number): Promise<void> {
  const buffer = Buffer.alloc(64 * piece)
  for (let at = 0; at < length; at += buffer.length) {
    const wanted = Math.min(buffer.length, length - at)
    withFile(from.file, 'r', (source) => readSync(source, buffer, 0, wanted, from.offset + at))
    withFile(to.file, 'r+', (target) => {
      for (let start = 0; start < wanted; start += piece) {
        const bytes = buffer.subarray(start, Math.min(start + piece, wanted))
        if (!bytes.equals(zeros.subarray(0, bytes.length)))
          writeSync(target, bytes, 0, bytes.length, to.offset + at + start)
      }
    })
    await breathe()
  }
}

function withFile(file: string, flags: 'r' | 'r+', work: (descriptor: number) => void): void {
  const descriptor = openSync(file, flags)
  try {
    work(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
