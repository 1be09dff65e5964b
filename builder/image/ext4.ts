import type { FileStat, FileTree } from '../model/file-tree.js'
import type { ByteSource } from './byte-source.js'
import { readPieces, readTarget } from './ext4-content.js'
import { readDirectory, type Listing } from './ext4-directory.js'
import { deviceOf, type Inode, readInode, ROOT_INODE } from './ext4-inode.js'
import { readSuperblock, type Superblock } from './ext4-superblock.js'
import { openVolume, type Volume } from './ext4-volume.js'
import { readXattrs } from './ext4-xattr.js'
import { treeOf } from './walk.js'

export interface Ext4 extends FileTree {
  readonly superblock: Superblock
}

/**
 * Opens an ext2, ext3 or ext4 file system for reading; `source` is the whole partition and must not change
 * while this is in use, `name` is what problems call it. Ask `ext4Problems` before believing what is read:
 * a journal that was not replayed is not looked at.
 * @throws {UserError} here and from every method, when there is no such file system or it is damaged
 */
export function openExt4(source: ByteSource, name: string): Ext4 {
  const superblock = readSuperblock(source, name)
  const volume = openVolume(source, superblock, name)
  const listing = cachedListings(volume)
  const tree = treeOf<number>({
    partition: name,
    root: ROOT_INODE,
    open(number) {
      const inode = readInode(volume, number)
      return {
        stat: statOf(volume, inode),
        pieces: (pieceSize) => readPieces(volume, inode, pieceSize),
        xattrs: () => readXattrs(volume, inode),
      }
    },
    entries: (directory) => listing(directory).sorted(),
    entry: (directory, name) => listing(directory).entry(name),
  })
  return { ...tree, superblock, freeBytes: superblock.freeBlocks * superblock.blockSize }
}

const LISTINGS = 64

/** The directories that were read last: the same few are on the way to most files. */
function cachedListings(volume: Volume): (directory: number) => Listing {
  const listings = new Map<number, Listing>()
  return (directory) => {
    const known = listings.get(directory)
    const listing = known ?? readDirectory(volume, readInode(volume, directory))
    if (known) listings.delete(directory)
    else if (listings.size === LISTINGS) listings.delete(listings.keys().next().value ?? 0)
    listings.set(directory, listing)
    return listing
  }
}

function statOf(volume: Volume, inode: Inode): FileStat {
  const { number, kind, mode, uid, gid, size, mtime, mtimeNanoseconds, links } = inode
  const fixed = inode.isImmutable ? ({ isImmutable: true } as const) : {}
  const stat = { kind, inode: number, mode, uid, gid, size, mtime, mtimeNanoseconds, links, ...fixed }
  if (kind === 'symlink') return { ...stat, target: readTarget(volume, inode) }
  if (kind === 'character' || kind === 'block') return { ...stat, device: deviceOf(inode) }
  return stat
}
