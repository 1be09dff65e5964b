import { UserError } from '../errors.js'
import type { FileStat, FileTree } from '../model/file-tree.js'

export interface Entry<Node> {
  readonly name: string
  readonly node: Node
}

/** What one kind of file system knows; paths, symbolic links and walking are the same for all. */
export interface Nodes<Node> {
  /** The partition, as problems name it. */
  readonly partition: string
  readonly root: Node
  stat(node: Node): FileStat
  /** Sorted by code unit, without `.` and `..`. */
  entries(directory: Node): readonly Entry<Node>[]
  entry(directory: Node, name: string): Entry<Node> | undefined
  /** The bytes of a regular file in pieces of `pieceSize` bytes, the last one shorter. */
  pieces(file: Node, pieceSize: number): Iterable<Buffer>
  xattrs(node: Node): ReadonlyMap<string, Buffer>
}

export interface ReadableTree extends FileTree {
  /**
   * The bytes of a regular file in pieces of 1 MiB, for files of any size; links are followed. Empty where
   * there is none. The pieces are the caller's to keep.
   */
  readChunks(path: string): Iterable<Buffer>
}

const CHUNK = 1024 * 1024
/** Nothing that piimg edits comes near; a damaged size field must not ask for all memory. */
const LARGEST_WHOLE_FILE = 1024 * 1024 * 1024
/** As Linux counts them (MAXSYMLINKS in include/linux/namei.h). */
const MOST_LINKS = 40

/** A `FileTree`, but for its free bytes, over the nodes of one file system. */
export function treeOf<Node>(nodes: Nodes<Node>): Omit<ReadableTree, 'freeBytes'> {
  const regularFile = (path: string) => {
    const found = find(nodes, path, true)
    return found?.stat.kind === 'file' ? found : undefined
  }
  return {
    stat: (path) => find(nodes, path, false)?.stat,
    realPath: (path) => find(nodes, path, true)?.path,
    names(path) {
      const found = find(nodes, path, true)
      return found?.stat.kind === 'directory' ? nodes.entries(found.node).map(({ name }) => name) : []
    },
    readFile(path) {
      const file = regularFile(path)
      return file && readWhole(nodes, file)
    },
    readChunks(path) {
      const file = regularFile(path)
      return file ? nodes.pieces(file.node, CHUNK) : []
    },
    xattrs(path) {
      const found = find(nodes, path, false)
      return found ? nodes.xattrs(found.node) : new Map()
    },
    walk: () => walk(nodes),
  }
}

/** Bytes of a file from `offset` on; `read` takes positions within the range. */
export interface StoredRange {
  readonly offset: number
  readonly length: number
  readonly read: (from: number, length: number) => Buffer
}

/**
 * A file of `size` bytes in pieces of `pieceSize` bytes, the last one shorter. `ranges` are in order, apart,
 * and inside the file; what lies between them is zeros.
 */
export function* inPieces(size: number, pieceSize: number, ranges: Iterable<StoredRange>): Generator<Buffer> {
  const piece = (start: number) => Buffer.alloc(Math.max(Math.min(pieceSize, size - start), 0))
  let start = 0
  let current = piece(start)
  for (const { offset, length, read } of ranges) {
    for (let done = 0; done < length;) {
      while (offset + done >= start + current.length) {
        yield current
        start += current.length
        current = piece(start)
      }
      const into = offset + done - start
      const part = Math.min(length - done, current.length - into)
      read(done, part).copy(current, into)
      done += part
    }
  }
  for (; current.length > 0; current = piece(start)) {
    yield current
    start += current.length
  }
}

/** A structure of the file system in `partition` contradicts itself or its surroundings. */
export function damaged(partition: string, what: string): UserError {
  return new UserError([
    {
      severity: 'error',
      where: { file: partition },
      what: `damaged file system: ${what}`,
      hint: 'repair it with e2fsck or fsck.vfat, or take a fresh copy of the image',
    },
  ])
}

interface Found<Node> {
  readonly path: string
  readonly node: Node
  readonly stat: FileStat
}

/** Path lookup as in path_resolution(7), with the image's root as `/`. */
function find<Node>(nodes: Nodes<Node>, path: string, followLast: boolean): Found<Node> | undefined {
  const root: Found<Node> = { path: '/', node: nodes.root, stat: nodes.stat(nodes.root) }
  const trail = [root]
  const pending = namesOf(path).reverse()
  let links = 0
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const here = trail.at(-1) ?? root
    if (here.stat.kind !== 'directory') return undefined
    if (name === '..') {
      if (trail.length > 1) trail.pop()
      continue
    }
    const next = child(nodes, here, name)
    if (next === undefined) return undefined
    const target = next.stat.target
    if (target !== undefined && (pending.length > 0 || followLast)) {
      if (++links > MOST_LINKS) throw tooManyLinks(nodes.partition, path)
      if (target === '') return undefined
      if (target.startsWith('/')) trail.length = 1
      pending.push(...namesOf(target).reverse())
    } else trail.push(next)
  }
  return trail.at(-1)
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}

function child<Node>(nodes: Nodes<Node>, parent: Found<Node>, name: string): Found<Node> | undefined {
  const entry = nodes.entry(parent.node, name)
  if (entry === undefined) return undefined
  return { path: join(parent.path, entry.name), node: entry.node, stat: nodes.stat(entry.node) }
}

function join(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`
}

function tooManyLinks(partition: string, path: string): UserError {
  const what = `${path} on ${partition} leads through more than ${MOST_LINKS} symbolic links`
  return new UserError([{ severity: 'error', where: { file: partition, key: path }, what }])
}

function readWhole<Node>(nodes: Nodes<Node>, { path, node, stat }: Found<Node>): Buffer {
  if (stat.size > LARGEST_WHOLE_FILE) {
    const what = `${path} on ${nodes.partition} has ${stat.size} bytes: too large to be read in one piece`
    throw new UserError([{ severity: 'error', where: { file: nodes.partition, key: path }, what }])
  }
  if (stat.size === 0) return Buffer.alloc(0)
  const [whole] = nodes.pieces(node, stat.size)
  return whole ?? Buffer.alloc(0)
}

function* walk<Node>(nodes: Nodes<Node>): Generator<{ path: string; stat: FileStat }> {
  const root = nodes.stat(nodes.root)
  if (root.kind !== 'directory') throw damaged(nodes.partition, 'its root is no directory')
  const pending = below(nodes, '/', nodes.root)
  const seen = new Set([root.inode])
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { path, node } = next
    const stat = nodes.stat(node)
    yield { path, stat }
    if (stat.kind !== 'directory') continue
    // No file system here has hard links of directories: a second way to one is a circle or a crossed link.
    if (seen.has(stat.inode)) throw damaged(nodes.partition, `the directory ${path} has a second parent`)
    seen.add(stat.inode)
    for (const entry of below(nodes, path, node)) pending.push(entry)
  }
}

/** The entries of a directory, last name first: `walk` takes them from the end. */
function below<Node>(nodes: Nodes<Node>, path: string, directory: Node): { path: string; node: Node }[] {
  return nodes
    .entries(directory)
    .map(({ name, node }) => ({ path: join(path, name), node }))
    .reverse()
}
