import type { BaseFiles, FileFact } from '../model/facts.js'
import type { FileTree } from '../model/file-tree.js'
import type { OpenImage } from './base-image.js'

/**
 * The files of the base image that a plan looks at.
 * @param paths `boot/…` and `root/…`; one `*` in the last part stands for any characters
 * @returns every path with its file, and undefined where there is none
 */
export function readBaseFiles(image: OpenImage, paths: readonly string[]): BaseFiles {
  const files = new Map<string, FileFact | undefined>()
  for (const key of paths) {
    const [, partition = 'root', path = '/'] = /^(boot|root)(\/.*)$/.exec(key) ?? []
    const tree = partition === 'boot' ? image.boot : image.root
    const folder = path.slice(0, path.lastIndexOf('/'))
    const [before, after] = path.slice(folder.length + 1).split('*')
    const names = after === undefined ? [before] : tree.names(folder === '' ? '/' : folder)
    for (const name of names) {
      if (name === undefined || !name.startsWith(before ?? '') || !name.endsWith(after ?? '')) continue
      files.set(`${partition}${folder}/${name}`, factOf(tree, `${folder}/${name}`))
    }
  }
  return files
}

/** Of a cluster's many nodes all look at the same files. */
const known = new WeakMap<FileTree, Map<string, FileFact | undefined>>()

function factOf(tree: FileTree, path: string): FileFact | undefined {
  const facts = known.get(tree) ?? new Map<string, FileFact | undefined>()
  known.set(tree, facts)
  if (!facts.has(path)) facts.set(path, readFact(tree, path))
  return facts.get(path)
}

function readFact(tree: FileTree, path: string): FileFact | undefined {
  const own = tree.stat(path)
  if (own === undefined) return undefined
  const realPath = tree.realPath(path)
  const stat = realPath === undefined ? own : (tree.stat(realPath) ?? own)
  const content = stat.kind === 'file' ? tree.readFile(path) : undefined
  return {
    kind: stat.kind,
    realPath: realPath ?? path,
    mode: stat.mode,
    uid: stat.uid,
    gid: stat.gid,
    ...(content === undefined ? {} : { content }),
  }
}
