import { breathe } from '../host/interrupt.js'
import { report } from '../host/report.js'
import { openImage } from '../image/open-image.js'
import type { FileNode, FileStat, FileTree } from '../model/file-tree.js'
import type { Place } from '../model/place.js'
import { unpackedImage } from '../resolve/unpacked-image.js'

export interface DiffOptions {
  readonly json?: boolean
  /** Compare the bytes of all files, not only of those that differ otherwise. */
  readonly contents?: boolean
}

interface Difference {
  readonly partition: 'boot' | 'root'
  readonly path: string
  /** What differs: `only in A`, `only in B`, or the names of fields. */
  readonly what: readonly string[]
}

/** `piimg diff A B`: which files differ, by partition. */
export async function diff(_: Place, a: string, b: string, options: DiffOptions): Promise<number> {
  const first = openImage(await unpackedImage(a), a)
  const second = openImage(await unpackedImage(b), b)
  try {
    const differences: Difference[] = []
    for (const partition of ['boot', 'root'] as const) {
      for await (const difference of compareTrees(
        first[partition],
        second[partition],
        options.contents === true,
      )) {
        differences.push({ partition, ...difference })
      }
    }
    if (options.json === true) report.result(JSON.stringify(differences, undefined, 1))
    else
      for (const { partition, path, what } of differences)
        report.result(`${partition}${path}  ${what.join(', ')}`)
    if (options.json !== true)
      report.note(differences.length === 0 ? noneOf(options) : `${differences.length} differ`)
    return 0
  } finally {
    first.close()
    second.close()
  }
}

/** Cards of one cluster have files with equal size and time, but different content. */
function noneOf({ contents }: DiffOptions): string {
  return contents === true
    ? 'no differences'
    : 'no differences but perhaps in bytes, which --contents compares'
}

async function* compareTrees(a: FileTree, b: FileTree, contents: boolean) {
  let seen = 0
  const inBoth = new Set<string>()
  for (const node of a.walk()) {
    if (++seen % 2000 === 0) await breathe()
    const { path, stat } = node
    const other = b.node(path)
    if (other === undefined) yield { path, what: ['only in A'] }
    else {
      inBoth.add(path)
      const what = fieldsThatDiffer(stat, other.stat)
      const isFile = stat.kind === 'file' && other.stat.kind === 'file' && stat.size === other.stat.size
      if (isFile && (contents || what.length > 0) && !sameBytes(node, other)) what.push('bytes')
      if (what.length > 0) yield { path, what }
    }
  }
  for (const { path } of b.walk()) {
    if (++seen % 2000 === 0) await breathe()
    if (!inBoth.has(path)) yield { path, what: ['only in B'] }
  }
}

function fieldsThatDiffer(a: FileStat, b: FileStat): string[] {
  const fields = ['kind', 'mode', 'uid', 'gid', 'mtime', 'links', 'target', 'device'] as const
  const size = a.kind === 'file' && b.kind === 'file' && a.size !== b.size ? ['size'] : []
  return [...fields.filter((field) => a[field] !== b[field]), ...size]
}

function sameBytes(a: FileNode, b: FileNode): boolean {
  const others = b.chunks()[Symbol.iterator]()
  for (const chunk of a.chunks()) {
    const other = others.next()
    if (other.done === true || !chunk.equals(other.value)) return false
  }
  return true
}
