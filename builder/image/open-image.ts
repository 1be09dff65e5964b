import { UserError } from '../errors.js'
import type { Partition, PartitionTable } from '../model/partition.js'
import { error } from '../model/problem.js'
import { openFile, slice } from './byte-source.js'
import { type Ext4, openExt4 } from './ext4.js'
import { ext4Problems } from './ext4-problems.js'
import { type Fat32, openFat32 } from './fat32.js'
import { readPartitionTable } from './partition-table.js'

/** An image with its two partitions, opened for reading. Close it when done. */
export interface OpenImage {
  /** The file as the user named it. */
  readonly name: string
  /** The uncompressed file that is read. */
  readonly file: string
  /** Bytes. */
  readonly size: number
  readonly table: PartitionTable
  readonly bootPartition: Partition
  readonly rootPartition: Partition
  readonly boot: Fat32
  readonly root: Ext4
  /** The bytes of the boot partition that fsck.vfat looks at, with their offsets in it. */
  bootMetadata(): Iterable<{ readonly offset: number; readonly bytes: Buffer }>
  close(): void
}

const fatTypes = [0x0b, 0x0c, 0x0e]
const linuxType = 0x83

/**
 * Opens an uncompressed image of a card: a FAT32 partition to boot from and an ext4 root.
 * @throws {UserError} if it is anything else, or its root is not clean
 */
export function openImage(file: string, name = file): OpenImage {
  const source = openFile(file)
  try {
    const table = readPartitionTable(source, name)
    const bootPartition = partitionOf(table, fatTypes, 'FAT boot partition', name)
    const rootPartition = partitionOf(table, [linuxType], 'Linux partition', name)
    const boot = openFat32(slice(source, bootPartition.offset, bootPartition.size), `${name}: boot partition`)
    const root = openExt4(slice(source, rootPartition.offset, rootPartition.size), `${name}: root partition`)
    const problems = ext4Problems(root.superblock, { file: name, key: 'root partition' })
    if (problems.length > 0) throw new UserError(problems)
    return {
      name,
      file,
      size: source.size,
      table,
      bootPartition,
      rootPartition,
      boot,
      root,
      *bootMetadata() {
        for (const { offset, length } of boot.metadataRanges()) {
          yield { offset, bytes: source.read(bootPartition.offset + offset, length) }
        }
      },
      close: () => {
        source.close()
      },
    }
  } catch (error) {
    source.close()
    throw error
  }
}

/** Runs `work` with an image that is closed afterwards. */
export async function withImage<T>(
  file: string,
  name: string,
  work: (image: OpenImage) => Promise<T>,
): Promise<T> {
  const image = openImage(file, name)
  try {
    return await work(image)
  } finally {
    image.close()
  }
}

function partitionOf(table: PartitionTable, types: readonly number[], what: string, name: string): Partition {
  const found = table.partitions.find(({ type }) => types.includes(type))
  if (found !== undefined) return found
  const types16 = table.partitions.map(({ type }) => `0x${type.toString(16).padStart(2, '0')}`).join(', ')
  throw new UserError([
    error(
      { file: name },
      `no ${what} in the partition table`,
      `found partitions of type ${types16}; Raspberry Pi OS has FAT32 (0x0c) and Linux (0x83)`,
    ),
  ])
}
