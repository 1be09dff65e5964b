import type { FileTree } from '../../builder/model/file-tree.js'

/** How often each path of a partition was looked up, by `read`, `stat`, `names` or `realPath`, and the path. */
export type Counts = Map<string, number>

/** The same partition, which counts. */
export function countedTree(tree: FileTree, partition: string, counts: Counts): FileTree {
  const counted =
    <Answer>(how: string, find: (path: string) => Answer) =>
    (path: string): Answer => {
      const key = `${how} ${partition}${path}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
      return find(path)
    }
  return {
    ...tree,
    readFile: counted('read', (path) => tree.readFile(path)),
    stat: counted('stat', (path) => tree.stat(path)),
    names: counted('names', (path) => tree.names(path)),
    realPath: counted('realPath', (path) => tree.realPath(path)),
  }
}
