import { createHash } from 'node:crypto'
import type { FileTree } from '../model/file-tree.js'

const info = '/var/lib/dpkg/info'

/** A sum in dpkg's format: 32 hexadecimal digits. */
export function md5(content: Buffer): string {
  return createHash('md5').update(content).digest('hex')
}

/** The md5 sums that dpkg has for files, in hexadecimal digits. By real path; more than one of a file that is diverted. */
export type Sums = ReadonlyMap<string, ReadonlySet<string>>

/**
 * The sums of the files that are wanted: those of each package's md5sums file, which has the paths without the first slash,
 * and those of the configuration files, which are in the status file (deb-md5sums(5), deb-conffiles(5)).
 */
export function packageSums(root: FileTree, wanted: ReadonlySet<string>): Sums {
  const found = new Map<string, Set<string>>()
  const real = realPaths(root)
  const take = (path: string, sum: string) => {
    const key = real(path)
    if (wanted.has(key)) found.set(key, (found.get(key) ?? new Set()).add(sum))
  }
  for (const line of textsOf(root, '.md5sums')) take(`/${line.slice(34)}`, line.slice(0, 32))
  for (const line of (root.readFile('/var/lib/dpkg/status')?.toString() ?? '').split('\n')) {
    // Of a field "Conffiles": ` /etc/hosts.allow 0123… obsolete`.
    const [, path, sum] = /^ (\/.*) ([0-9a-f]{32})( obsolete)?$/.exec(line) ?? []
    if (path !== undefined && sum !== undefined) take(path, sum)
  }
  return found
}

/** Those of the paths that a package has, links and folders included; dpkg-query(1), --listfiles. */
export function packagePaths(root: FileTree, wanted: ReadonlySet<string>): ReadonlySet<string> {
  const real = realPaths(root)
  return new Set([...textsOf(root, '.list')].map(real).filter((path) => wanted.has(path)))
}

/** The lines of every file of dpkg's with this suffix. */
function* textsOf(root: FileTree, suffix: string): Generator<string> {
  for (const name of root.names(info)) {
    if (name.endsWith(suffix)) yield* (root.readFile(`${info}/${name}`)?.toString() ?? '').split('\n')
  }
}

/** Packages that are older than the merger of `/lib` into `/usr/lib` have the old paths. */
function realPaths(root: FileTree): (path: string) => string {
  const merged = root.names('/').filter((name) => root.stat(`/${name}`)?.kind === 'symlink')
  const tops = new Map(merged.map((name) => [name, root.realPath(`/${name}`) ?? `/${name}`]))
  return (path) => {
    const end = path.indexOf('/', 1)
    const top = end === -1 ? undefined : tops.get(path.slice(1, end))
    return top === undefined ? path : top + path.slice(end)
  }
}
