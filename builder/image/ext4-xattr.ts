import { readWhole } from './ext4-content.js'
import { readInode, type Inode } from './ext4-inode.js'
import type { Volume } from './ext4-volume.js'
import { entriesInBlock, entriesInInode, type XattrEntry } from './ext4-xattr-entries.js'

const POSIX_ACL_ACCESS = 2
const POSIX_ACL_DEFAULT = 3
const SYSTEM = 7

/** By e_name_index, as in fs/ext4/xattr.h of Linux; like the kernel, other numbers are left out. */
const prefixes: Readonly<Record<number, string>> = {
  1: 'user.',
  [POSIX_ACL_ACCESS]: 'system.posix_acl_access',
  [POSIX_ACL_DEFAULT]: 'system.posix_acl_default',
  4: 'trusted.',
  6: 'security.',
  [SYSTEM]: 'system.',
  8: 'system.richacl',
  10: 'gnu.',
}

/** The extended attributes of a file by full name, with the values that getxattr(2) gives, sorted by name. */
export function readXattrs(volume: Volume, inode: Inode): ReadonlyMap<string, Buffer> {
  const entries = [...entriesInInode(volume, inode), ...entriesInBlock(volume, inode)]
  const named = entries
    .filter((entry) => prefixes[entry.prefix] !== undefined && !isInlineData(inode, entry))
    .map((entry): [string, Buffer] => [
      `${prefixes[entry.prefix]}${entry.name}`,
      valueOf(volume, inode, entry),
    ])
  return new Map(named.sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** `system.data` is the file's content, which the kernel does not show either. */
function isInlineData({ hasInlineData }: Inode, { prefix, name }: XattrEntry): boolean {
  return hasInlineData && prefix === SYSTEM && name === 'data'
}

function valueOf(volume: Volume, inode: Inode, { prefix, value, size }: XattrEntry): Buffer {
  const wrong = () => volume.damaged(`the extended attributes of inode ${inode.number}`)
  const bytes = typeof value === 'number' ? readWhole(volume, readInode(volume, value)) : value
  if (bytes.length !== size) throw wrong()
  return prefix === POSIX_ACL_ACCESS || prefix === POSIX_ACL_DEFAULT ? expandAcl(bytes, wrong) : bytes
}

const ACL_ON_DISK = 1
const ACL_OF_SYSTEM_CALLS = 2
/** ACL_USER and ACL_GROUP: the only tags that are stored with an id. */
const tagsWithId: readonly number[] = [2, 8]

/** From the short form on disk (fs/ext4/acl.h) to that of include/uapi/linux/posix_acl_xattr.h. */
function expandAcl(stored: Buffer, wrong: () => Error): Buffer {
  if (stored.length < 4 || stored.readUInt32LE(0) !== ACL_ON_DISK) throw wrong()
  const version = Buffer.alloc(4)
  version.writeUInt32LE(ACL_OF_SYSTEM_CALLS)
  const expanded = [version]
  for (let at = 4; at < stored.length;) {
    if (at + 4 > stored.length) throw wrong()
    const length = tagsWithId.includes(stored.readUInt16LE(at)) ? 8 : 4
    if (at + length > stored.length) throw wrong()
    const entry = Buffer.alloc(8, 0xff)
    stored.copy(entry, 0, at, at + length)
    expanded.push(entry)
    at += length
  }
  return Buffer.concat(expanded)
}
