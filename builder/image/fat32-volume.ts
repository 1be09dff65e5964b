import type { ByteSource } from './byte-source.js'
import type { BootSector } from './fat32-boot-sector.js'
import { readSlots, SLOT, type FatEntry, type Slot } from './fat32-directory.js'
import { openTable, type ClusterTable } from './fat32-table.js'
import { damaged } from './damage.js'
import { type Entry } from './walk.js'

export interface FatVolume {
  readonly source: ByteSource
  readonly table: ClusterTable
  readonly root: FatEntry
  readonly clusterSize: number
  readonly lastCluster: number
  /** Where a cluster begins, in bytes from the start of the partition. */
  offsetOf(cluster: number): number
  list(directory: FatEntry): FatListing
}

/** A directory's files: sorted by code unit, and by name in lower case, long or short. */
export interface FatListing {
  readonly sorted: readonly Entry<FatEntry>[]
  readonly byName: ReadonlyMap<string, Entry<FatEntry>>
  readonly label?: string
}

const FIRST_CLUSTER = 2
/** FAT_MAX_DIR_SIZE of include/uapi/linux/msdos_fs.h: 65,536 slots. */
const LARGEST_DIRECTORY = 65536 * SLOT
const LISTINGS = 64

/** The clusters and directories of a partition; the directories that were read last are kept. */
export function openVolume(source: ByteSource, boot: BootSector, name: string): FatVolume {
  const { clusterSize, clusterCount, rootCluster, dataOffset } = boot
  const table = openTable(source, boot, name)
  const listings = new Map<number, FatListing>()
  const offsetOf = (cluster: number) => dataOffset + (cluster - FIRST_CLUSTER) * clusterSize
  const read = (directory: FatEntry) => {
    const runs = table.chain(directory.firstCluster)
    const length = runs.reduce((sum, { count }) => sum + count * clusterSize, 0)
    if (length > LARGEST_DIRECTORY) throw damaged(name, `the directory ${directory.name} has ${length} bytes`)
    const stretches = runs.map(({ first, count }) => ({
      offset: offsetOf(first),
      bytes: source.read(offsetOf(first), count * clusterSize),
    }))
    return listingOf(slotsOf(stretches), name)
  }
  return {
    source,
    table,
    clusterSize,
    root: rootEntry(rootCluster),
    lastCluster: clusterCount + FIRST_CLUSTER - 1,
    offsetOf,
    list(directory) {
      const known = listings.get(directory.firstCluster)
      const listing = known ?? read(directory)
      if (known) listings.delete(directory.firstCluster)
      else if (listings.size === LISTINGS) listings.delete(listings.keys().next().value ?? 0)
      listings.set(directory.firstCluster, listing)
      return listing
    },
  }
}

function rootEntry(firstCluster: number): FatEntry {
  return { name: '/', alias: '/', isDirectory: true, firstCluster, size: 0, mtime: 0, offset: 0 }
}

function* slotsOf(stretches: readonly Slot[]): Generator<Slot> {
  for (const { offset, bytes } of stretches) {
    for (let at = 0; at < bytes.length; at += SLOT) {
      yield { offset: offset + at, bytes: bytes.subarray(at, at + SLOT) }
    }
  }
}

function listingOf(slots: Iterable<Slot>, partition: string): FatListing {
  const { entries, label } = readSlots(slots)
  const sorted = entries
    .map((node) => ({ name: node.name, node }))
    .sort(({ name: one }, { name: other }) => (one < other ? -1 : 1))
  for (const { name } of sorted) {
    if (/[/\0]|^\.{0,2}$/.test(name)) throw damaged(partition, `a directory holds the name "${name}"`)
  }
  const byName = new Map(sorted.map((entry) => [entry.node.alias.toLowerCase(), entry]))
  for (const entry of sorted) byName.set(entry.name.toLowerCase(), entry)
  return label === undefined ? { sorted, byName } : { sorted, byName, label }
}
