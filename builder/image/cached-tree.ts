import type { FileStat, FileTree } from '../model/file-tree.js'

/** Bytes of one file, such as a list of blocked hosts in /etc/hosts, and of all. What is larger is read again. */
const largestKept = 4 * 1024 * 1024
const mostKept = 16 * 1024 * 1024
/** Then the answers so far are forgotten. */
const mostPaths = 65_536

type Lookups = Omit<FileTree, 'freeBytes'>

/**
 * The same partition, with each path looked up once, and each small file read once by whatever name: facts, plans, steps
 * and effects of all nodes of a base image ask for the same files. The partition must not change while this is in use.
 */
export function cachedTree(tree: Lookups): Lookups {
  const contents = new Map<string, Buffer | undefined>()
  let kept = 0
  const realPath = remembered<string | undefined>((path) => tree.realPath(path))
  return {
    stat: remembered<FileStat | undefined>((path) => tree.stat(path)),
    realPath,
    names: remembered<readonly string[]>((path) => tree.names(path)),
    readFile(path) {
      const real = realPath(path)
      if (real === undefined) return undefined
      const known = contents.get(real)
      if (known !== undefined || contents.has(real)) return known
      const content = tree.readFile(real)
      const size = content?.length ?? 0
      if (size > largestKept || kept + size > mostKept) return content
      kept += size
      contents.set(real, content)
      return content
    },
    node: (path) => tree.node(path),
    walk: () => tree.walk(),
  }
}

/** What `find` answers for each path, asked once. */
export function remembered<Answer>(find: (path: string) => Answer): (path: string) => Answer {
  const known = new Map<string, Answer>()
  return (path) => {
    const before = known.get(path)
    if (before !== undefined || known.has(path)) return before as Answer
    const answer = find(path)
    if (known.size === mostPaths) known.clear()
    known.set(path, answer)
    return answer
  }
}
