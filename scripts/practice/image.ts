import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { writeExt4 } from './ext4.js'
import { leastBootSize, writeFat } from './fat.js'
import { masterBootRecord, type Range, sectorSize } from './mbr.js'
import { releases } from './releases.js'
import { mergeEntries, type PracticeEntry, practiceTree, type Release } from './tree.js'

const MiB = 1024 * 1024

interface PracticeOptions {
  /** Added to the root partition's files, or put in the place of one. */
  readonly extra?: readonly PracticeEntry[]
  /** The same for the boot partition. */
  readonly extraBoot?: readonly PracticeEntry[]
  /** Bytes, as all sizes. */
  readonly rootSize?: number
  readonly bootSize?: number
  /** For `mke2fs -O`, on top of what the release has: `64bit,^metadata_csum`. */
  readonly ext4Features?: string
  /** The whole image's; more than the partitions need leaves the end of the disk unused. */
  readonly diskSize?: number
}

interface PracticeLayout {
  readonly boot: Range
  readonly root: Range
}

/** Makes a sparse image that looks like the release's stock image; no root needed, the same bytes every time. */
export async function makePracticeImage(
  release: Release,
  file: string,
  options: PracticeOptions = {},
): Promise<PracticeLayout> {
  const facts = releases[release]
  const layout = placePartitions(facts.alignment, options)
  const size = options.diskSize ?? layout.root.offset + layout.root.size
  const tree = practiceTree(release)
  const staging = await mkdtemp(join(tmpdir(), 'practice-'))
  const image = `${resolve(file)}.${randomUUID()}.partial`
  try {
    await writeDisk(image, size, masterBootRecord(facts.diskSignature, layout.boot, layout.root))
    const boot = {
      facts,
      entries: mergeEntries(tree.boot, options.extraBoot ?? []),
      staging: join(staging, 'boot'),
    }
    const root = {
      facts,
      entries: mergeEntries(tree.root, options.extra ?? []),
      staging: join(staging, 'root'),
    }
    await mkdir(boot.staging)
    await mkdir(root.staging)
    await writeFat(image, layout.boot, boot)
    await writeExt4(image, layout.root, root, options.ext4Features ?? '')
    await rename(image, file)
  } finally {
    await rm(staging, { recursive: true, force: true })
    await rm(image, { force: true })
  }
  return layout
}

function placePartitions(alignment: number, options: PracticeOptions): PracticeLayout {
  const { bootSize = 40 * MiB, rootSize = 160 * MiB, diskSize } = options
  for (const size of [bootSize, rootSize, diskSize ?? 0]) {
    if (size % sectorSize !== 0) throw new RangeError(`${size} bytes are not whole sectors of ${sectorSize}`)
  }
  if (bootSize < leastBootSize) throw new RangeError(`FAT32 needs a bootSize of ${leastBootSize} or more`)
  const boot = { offset: alignment, size: bootSize }
  const root = { offset: Math.ceil((alignment + bootSize) / alignment) * alignment, size: rootSize }
  if (diskSize !== undefined && diskSize < root.offset + root.size) {
    throw new RangeError(`a diskSize of ${diskSize} has no room for the partitions`)
  }
  return { boot, root }
}

async function writeDisk(path: string, size: number, firstSector: Buffer): Promise<void> {
  const disk = await open(path, 'wx')
  try {
    await disk.truncate(size)
    await disk.write(firstSector, 0, firstSector.length, 0)
  } finally {
    await disk.close()
  }
}
