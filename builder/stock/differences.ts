import type { Facts } from '../model/facts.js'
import type { FileStat, FileTree } from '../model/file-tree.js'
import type { PartitionName } from '../model/overlay.js'
import { wildcard } from '../model/wildcard.js'
import { md5, packagePaths, packageSums, type Sums } from './dpkg.js'
import { type Rule, type StockList } from './rules.js'
import { stockList } from './stock-list.js'

/** A file that is not as the stock image has it. */
export interface Difference {
  /** `boot/…` or `root/…`, with every link followed except the last. */
  readonly path: string
  readonly change: 'changed' | 'added' | 'missing'
}

interface Stock {
  /** Whether there is a list of what the release has beside the files of its packages. */
  readonly isKnown: boolean
  readonly differences: readonly Difference[]
}

/**
 * Which of the paths are not as shipped. A file of a package is, where it has the sum that dpkg has for it; every other
 * one where the list of the release says so.
 * @param paths `boot/…` and `root/…`
 */
export function stockDifferences(
  trees: Readonly<Record<PartitionName, FileTree>>,
  facts: Facts,
  paths: Iterable<string>,
): Stock {
  const list = stockList(facts)
  const all = [
    ...new Set([...paths, ...Object.keys(list?.always ?? {})].flatMap((path) => realPaths(trees, path))),
  ]
  const inRoot = new Set(all.flatMap((path) => (path.startsWith('root') ? [path.slice(4)] : [])))
  const sums = packageSums(trees.root, inRoot)
  const found = all
    .map((path) => difference({ trees, list, sums }, path))
    .filter((each) => each !== undefined)
  // Links and folders of packages have no sum.
  const added = found.filter(({ change }) => change === 'added').map(({ path }) => path.slice(4))
  const owned = added.length === 0 ? new Set<string>() : packagePaths(trees.root, new Set(added))
  const isOwned = ({ path, change }: Difference) =>
    change === 'added' && path.startsWith('root') && owned.has(path.slice(4))
  return { isKnown: list !== undefined, differences: found.filter((each) => !isOwned(each)).sort(byPath) }
}

const byPath = (one: Difference, other: Difference) => (one.path < other.path ? -1 : 1)

interface Known {
  readonly trees: Readonly<Record<PartitionName, FileTree>>
  readonly list: StockList | undefined
  readonly sums: Sums
}

function difference({ trees, list, sums }: Known, key: string): Difference | undefined {
  const [tree, path] = treeOf(trees, key)
  const stat = tree.stat(path)
  const own = (key.startsWith('root') ? sums.get(path) : undefined) ?? new Set<string>()
  const rule = ruleFor(list, key)
  const change = (change: Difference['change']) => ({ path: key, change })
  const textOf = (path: string) => trees.root.readFile(path)?.toString('latin1')
  if (stat === undefined) {
    const isExpected = own.size > 0 || list?.always[key] !== undefined
    return isExpected ? change('missing') : undefined
  }
  if (own.size === 0 && rule === undefined) return list === undefined ? undefined : change('added')
  return isStock({ tree, path, stat, own, rule, textOf }) ? undefined : change('changed')
}

interface Found {
  readonly tree: FileTree
  readonly path: string
  readonly stat: FileStat
  readonly own: ReadonlySet<string>
  readonly rule: Rule | undefined
  readonly textOf: (path: string) => string | undefined
}

function isStock({ tree, path, stat, own, rule, textOf }: Found): boolean {
  const { kind, target } = stat
  const content = kind === 'file' ? tree.readFile(path) : undefined
  if (content !== undefined && own.has(md5(content))) return true
  const text = content?.toString('latin1') ?? ''
  return rule?.({ kind, text, textOf, ...(target === undefined ? {} : { target }) }) ?? false
}

function ruleFor(list: StockList | undefined, key: string): Rule | undefined {
  if (list === undefined) return undefined
  const { always, sometimes } = list
  const pattern = Object.keys(sometimes).find((each) => each.includes('*') && wildcard(each).test(key))
  return always[key] ?? sometimes[key] ?? (pattern === undefined ? undefined : sometimes[pattern])
}

/** A path as dpkg and the lists have it, and where it leads to if it is a link. */
function realPaths(trees: Known['trees'], key: string): string[] {
  const [tree, path] = treeOf(trees, key)
  const slash = path.lastIndexOf('/')
  const folder = tree.realPath(path.slice(0, slash) || '/') ?? path.slice(0, slash)
  const partition = key.slice(0, 4)
  const own = `${partition}${folder === '/' ? '' : folder}${path.slice(slash)}`
  const real = tree.stat(path)?.kind === 'symlink' ? tree.realPath(path) : undefined
  return real === undefined || tree.stat(real)?.kind !== 'file' ? [own] : [own, `${partition}${real}`]
}

function treeOf(trees: Known['trees'], key: string): [FileTree, string] {
  return [key.startsWith('boot') ? trees.boot : trees.root, key.slice(4)]
}
