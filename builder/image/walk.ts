import { UserError } from '../errors.js'
import { type FileNode, type FileStat, type FileTree, isIndirect } from '../model/file-tree.js'
import { cachedTree, remembered } from './cached-tree.js'
import { damaged } from './damage.js'
import { error } from '../model/problem.js'

export interface Entry<Node> {
  readonly name: string
  readonly node: Node
}

/** A file whose record was read. */
export interface OpenNode {
  readonly stat: FileStat
  /** The bytes of a regular file in pieces of `pieceSize` bytes, the last one shorter. */
  pieces(pieceSize: number): Iterable<Buffer>
  xattrs(): ReadonlyMap<string, Buffer>
}

/** The operations of one kind of file system; paths, symbolic links and walking are common to all. */
export interface Nodes<Node> {
  /** The partition, as problems name it. */
  readonly partition: string
  readonly root: Node
  open(node: Node): OpenNode
  /** Sorted by code unit, without `.` and `..`. */
  entries(directory: Node): readonly Entry<Node>[]
  entry(directory: Node, name: string): Entry<Node> | undefined
}

const CHUNK = 1024 * 1024
/** Files that piimg edits are far smaller. A damaged size field must not use up the memory. */
const LARGEST_WHOLE_FILE = 1024 * 1024 * 1024
/** As Linux counts them (MAXSYMLINKS in include/linux/namei.h). */
const MOST_LINKS = 40

/** A `FileTree` without its free bytes, over the nodes of one file system. */
export function treeOf<Node>(nodes: Nodes<Node>): Omit<FileTree, 'freeBytes'> {
  const find = finder(nodes)
  return cachedTree({
    node(path) {
      const found = find(path, false)
      return found && fileNode(path, found.file)
    },
    stat: (path) => find(path, false)?.file.stat,
    realPath: (path) => find(path, true)?.path,
    names(path) {
      const found = find(path, true)
      return found?.file.stat.kind === 'directory' ? nodes.entries(found.node).map(({ name }) => name) : []
    },
    readFile(path) {
      const found = find(path, true)
      return found?.file.stat.kind === 'file' ? readWhole(nodes.partition, found) : undefined
    },
    walk: () => walk(nodes),
  })
}

function fileNode(path: string, file: OpenNode): FileNode {
  const { stat } = file
  return {
    path,
    stat,
    chunks: () => (stat.kind === 'file' ? file.pieces(CHUNK) : []),
    xattrs: () => file.xattrs(),
  }
}

interface Found<Node> {
  readonly path: string
  readonly node: Node
  readonly file: OpenNode
}

type Find<Node> = (path: string, followLast: boolean) => Found<Node> | undefined

/** Looks only the last name of a path up: the folders of most paths are known from others. */
function finder<Node>(nodes: Nodes<Node>): Find<Node> {
  const folder = remembered((path) => find(path, true))
  const find: Find<Node> = (path, followLast) => {
    if (isIndirect(path)) return lookUp(nodes, path, followLast)
    const slash = path.lastIndexOf('/')
    const parent = folder(slash < 1 ? '/' : path.slice(0, slash))
    if (parent?.file.stat.kind !== 'directory') return undefined
    const found = child(nodes, parent, path.slice(slash + 1))
    return followLast && found?.file.stat.target !== undefined ? lookUp(nodes, path, true) : found
  }
  return find
}

/** Path lookup as in path_resolution(7), with the image's root as `/`. */
function lookUp<Node>(nodes: Nodes<Node>, path: string, followLast: boolean): Found<Node> | undefined {
  const root: Found<Node> = { path: '/', node: nodes.root, file: nodes.open(nodes.root) }
  const trail = [root]
  const pending = namesOf(path).reverse()
  let links = 0
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const here = trail.at(-1) ?? root
    if (here.file.stat.kind !== 'directory') return undefined
    if (name === '..') {
      if (trail.length > 1) trail.pop()
      continue
    }
    const next = child(nodes, here, name)
    if (next === undefined) return undefined
    const { target } = next.file.stat
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
  return { path: join(parent.path, entry.name), node: entry.node, file: nodes.open(entry.node) }
}

function join(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`
}

function tooManyLinks(partition: string, path: string): UserError {
  const what = `${path} on ${partition} leads through more than ${MOST_LINKS} symbolic links`
  return new UserError([error({ file: partition, key: path }, what)])
}

function readWhole<Node>(partition: string, { path, file }: Found<Node>): Buffer {
  const { size } = file.stat
  if (size > LARGEST_WHOLE_FILE) {
    const what = `${path} on ${partition} has ${size} bytes: too large to be read in one piece`
    throw new UserError([error({ file: partition, key: path }, what)])
  }
  if (size === 0) return Buffer.alloc(0)
  const [whole] = file.pieces(size)
  return whole ?? Buffer.alloc(0)
}

function* walk<Node>(nodes: Nodes<Node>): Generator<FileNode> {
  const root = nodes.open(nodes.root).stat
  if (root.kind !== 'directory') throw damaged(nodes.partition, 'its root is not a directory')
  const pending = below(nodes, '/', nodes.root)
  const seen = new Set([root.inode])
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { path, node } = next
    const file = nodes.open(node)
    const { stat } = file
    yield fileNode(path, file)
    if (stat.kind !== 'directory') continue
    // These file systems have no hard links to directories, so a second path to one is a loop or a cross-link.
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
