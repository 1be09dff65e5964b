import type { BaseFiles, FileFact } from '../model/facts.js'
import type { FileTree } from '../model/file-tree.js'
import { memo } from '../model/memo.js'
import type { OpenImage } from './open-image.js'

/**
 * The files of the base image that a plan reads. Most nodes of a cluster ask for the same.
 * @param paths `boot/…` and `root/…`; one `*` in the last part matches any characters
 * @returns every path with its file, and undefined where there is none, also for a pattern that no name matches
 */
export const readBaseFiles = memo((image: OpenImage, paths: readonly string[]): BaseFiles => {
  const files = new Map<string, FileFact | undefined>()
  for (const path of paths) {
    const facts = factsOf(image, path)
    for (const [each, fact] of facts) files.set(each, fact)
    if (facts.length === 0) files.set(path, undefined)
  }
  return files
})

function factsOf(image: OpenImage, key: string): [string, FileFact | undefined][] {
  const [, partition = 'root', path = '/'] = /^(boot|root)(\/.*)$/.exec(key) ?? []
  const tree = partition === 'boot' ? image.boot : image.root
  const folder = path.slice(0, path.lastIndexOf('/'))
  const [before = '', after] = path.slice(folder.length + 1).split('*')
  const names = after === undefined ? [before] : tree.names(folder === '' ? '/' : folder)
  return names
    .filter((name) => name.startsWith(before) && name.endsWith(after ?? ''))
    .map((name) => [`${partition}${folder}/${name}`, readFact(tree, `${folder}/${name}`)])
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
