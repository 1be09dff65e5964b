import type { FileStat, FileTree } from '../model/file-tree.js'
import type { ByteSource } from './byte-source.js'
import { readBootSector } from './fat32-boot-sector.js'
import type { FatEntry } from './fat32-directory.js'
import { fatFaults } from './fat32-faults.js'
import type { ClusterCounts } from './fat32-table.js'
import { openVolume, type FatVolume } from './fat32-volume.js'
import { damaged } from './damage.js'
import { inPieces, type StoredRange } from './pieces.js'
import { treeOf, type Entry } from './walk.js'

export interface Fat32 extends FileTree {
  /** From the root directory, where it is set, else from the boot sector; empty for none. */
  readonly label: string
  /** As blkid shows it: `1A2B-3C4D`. */
  readonly volumeId: string
  /** Bytes. */
  readonly clusterSize: number
  readonly freeClusters: number
  /** What fsck.vfat would find in boot sectors and tables; empty where nothing is wrong. */
  faults(): readonly string[]
  /**
   * The bytes of the partition that hold everything but the contents of files: boot sectors, tables and
   * directories. In a copy of these alone `fsck.vfat -n` sees what it sees in the whole.
   */
  metadataRanges(): Iterable<{ readonly offset: number; readonly length: number }>
}

/**
 * Opens a FAT32 file system for reading; `source` is the whole partition and must not change while this is
 * in use, `name` is what problems call it. FAT knows no owners, modes and links: stat fills in root, 0755, 1.
 * @throws {UserError} here and from every method, when there is no such file system or it is damaged
 */
export function openFat32(source: ByteSource, name: string): Fat32 {
  const boot = readBootSector(source, name)
  const volume = openVolume(source, boot, name)
  const { label, volumeId, clusterSize } = boot
  const tree = treeOf<FatEntry>({
    partition: name,
    root: volume.root,
    open: (entry) => ({
      stat: statOf(volume, entry),
      pieces: (pieceSize) => inPieces(entry.size, pieceSize, rangesOf(volume, entry, name)),
      xattrs: () => new Map(),
    }),
    entries: (directory) => volume.list(directory).sorted,
    entry: (directory, name) => volume.list(directory).byName.get(name.toLowerCase()),
  })
  let known: ClusterCounts | undefined
  const counted = () => (known ??= volume.table.count())
  return {
    ...tree,
    volumeId,
    clusterSize,
    get label() {
      return volume.list(volume.root).label ?? label
    },
    get freeClusters() {
      return counted().free
    },
    get freeBytes() {
      return counted().free * clusterSize
    },
    faults: () => fatFaults(source, boot, () => ({ ...counted(), owners: ownersIn(volume, name) })),
    metadataRanges: () => metadataRanges(volume, boot.dataOffset, name),
  }
}

function statOf(volume: FatVolume, entry: FatEntry): FileStat {
  const { isDirectory, firstCluster, size, mtime, offset } = entry
  return {
    kind: isDirectory ? 'directory' : 'file',
    // Behind all clusters, one number for every possible place of an entry.
    inode: firstCluster || volume.lastCluster + 1 + offset / 32,
    mode: 0o755,
    uid: 0,
    gid: 0,
    size: isDirectory ? 0 : size,
    mtime,
    mtimeNanoseconds: 0,
    links: 1,
  }
}

function* rangesOf(volume: FatVolume, file: FatEntry, name: string): Generator<StoredRange> {
  if (file.size === 0) return
  let offset = 0
  for (const { first, count } of volume.table.chain(file.firstCluster)) {
    if (offset >= file.size) return
    const length = Math.min(count * volume.clusterSize, file.size - offset)
    const start = volume.offsetOf(first)
    yield { offset, length, read: (from, length) => volume.source.read(start + from, length) }
    offset += length
  }
  if (offset < file.size) throw damaged(name, `${file.name} has too few clusters for ${file.size} bytes`)
}

function* metadataRanges(volume: FatVolume, dataOffset: number, name: string) {
  yield { offset: 0, length: dataOffset }
  for (const { firstCluster } of directories(volume, name))
    for (const { first, count } of volume.table.chain(firstCluster))
      yield { offset: volume.offsetOf(first), length: count * volume.clusterSize }
}

function ownersIn(volume: FatVolume, name: string): number {
  let owners = 1 // the root directory
  for (const directory of directories(volume, name))
    for (const { node } of volume.list(directory).sorted) if (node.firstCluster !== 0) owners++
  return owners
}

function* directories(volume: FatVolume, name: string): Generator<FatEntry> {
  const seen = new Set<number>()
  const pending: Entry<FatEntry>[] = [{ name: '/', node: volume.root }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { firstCluster } = next.node
    if (seen.has(firstCluster)) throw damaged(name, `the directory ${next.name} has a second parent`)
    seen.add(firstCluster)
    yield next.node
    pending.push(...volume.list(next.node).sorted.filter(({ node }) => node.isDirectory))
  }
}
