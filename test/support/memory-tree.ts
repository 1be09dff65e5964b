import { posix } from 'node:path'
import type { PracticeEntry } from '../../scripts/practice/tree.js'
import type { FileNode, FileStat, FileTree } from '../../builder/model/file-tree.js'

const top: PracticeEntry = { path: '/', kind: 'directory', mode: 0o755, uid: 0, gid: 0 }

/** The file tree that a practice image would hold, without an image: entries are looked up in memory. */
export function memoryTree(entries: readonly PracticeEntry[]): FileTree {
  const byPath = new Map([top, ...entries].map((entry) => [entry.path, entry]))
  const inodes = new Map([...byPath.keys()].map((path, index) => [path, index + 1]))
  const namesIn = new Map([...byPath.keys()].map((path) => [path, [] as string[]]))
  for (const path of [...byPath.keys()].sort())
    if (path !== '/') namesIn.get(posix.dirname(path))?.push(posix.basename(path))
  const realFolder = (path: string): string | undefined => {
    if (path === '/') return path
    const folder = realFolder(posix.dirname(path))
    return folder === undefined ? undefined : follow(posix.join(folder, posix.basename(path)))
  }
  const follow = (path: string): string | undefined => {
    const entry = byPath.get(path)
    if (entry?.target === undefined) return entry === undefined ? undefined : path
    return realFolder(posix.resolve(posix.dirname(path), entry.target))
  }
  const entryAt = (path: string): PracticeEntry | undefined => {
    if (path === '/') return top
    const folder = realFolder(posix.dirname(path))
    return folder === undefined ? undefined : byPath.get(posix.join(folder, posix.basename(path)))
  }
  const statOf = (entry: PracticeEntry): FileStat => ({
    kind: entry.kind,
    inode: inodes.get(entry.path) ?? 0,
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    size: bytesOf(entry).length,
    mtime: 0,
    mtimeNanoseconds: 0,
    links: 1,
    ...(entry.target === undefined ? {} : { target: entry.target }),
    ...(entry.isImmutable === undefined ? {} : { isImmutable: entry.isImmutable }),
  })
  const nodeOf = (path: string, entry: PracticeEntry): FileNode => ({
    path,
    stat: statOf(entry),
    chunks: () => (entry.kind === 'file' ? [bytesOf(entry)] : []),
    xattrs: () => new Map(),
  })
  return {
    node(path) {
      const entry = entryAt(path)
      return entry && nodeOf(path, entry)
    },
    stat(path) {
      const entry = entryAt(path)
      return entry === undefined ? undefined : statOf(entry)
    },
    realPath: realFolder,
    names: (path) => [...(namesIn.get(realFolder(path) ?? '') ?? [])],
    readFile(path) {
      const entry = byPath.get(realFolder(path) ?? '')
      return entry?.kind === 'file' ? bytesOf(entry) : undefined
    },
    *walk() {
      for (const entry of entries) yield nodeOf(entry.path, entry)
    },
    // Enough for a root that does not grow.
    freeBytes: 2 ** 31,
  }
}

function bytesOf(entry: PracticeEntry): Buffer {
  const { content = entry.target ?? '' } = entry
  return Buffer.isBuffer(content) ? content : Buffer.from(content)
}
