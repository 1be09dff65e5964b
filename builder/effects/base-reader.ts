import type { FileStat, FileTree } from '../model/file-tree.js'

/** Reads a partition of a base image, each path once: all nodes of a cluster look at the same files. */
export class BaseReader {
  readonly #tree: FileTree
  readonly #stats = new Map<string, FileStat | undefined>()
  readonly #contents = new Map<string, Buffer | undefined>()
  readonly #names = new Map<string, readonly string[]>()
  readonly #folders = new Map<string, string>()

  constructor(tree: FileTree) {
    this.#tree = tree
  }

  /** Of the file itself: a final link is not followed. */
  stat(path: string): FileStat | undefined {
    return remembered(this.#stats, path, () => this.#tree.stat(path))
  }

  /** The bytes of a regular file. */
  content(path: string): Buffer | undefined {
    return remembered(this.#contents, path, () => this.#tree.readFile(path))
  }

  names(folder: string): readonly string[] {
    return remembered(this.#names, folder, () => this.#tree.names(folder))
  }

  /** The folder with links followed as far as it is there; the rest of the path stays as it is. */
  realFolder(folder: string): string {
    if (folder === '/' || folder === '') return ''
    return remembered(this.#folders, folder, () => {
      const real = this.#tree.realPath(folder)
      if (real !== undefined) return real === '/' ? '' : real
      const slash = folder.lastIndexOf('/')
      return `${this.realFolder(folder.slice(0, slash))}${folder.slice(slash)}`
    })
  }
}

function remembered<Value>(known: Map<string, Value>, path: string, read: () => Value): Value {
  const before = known.get(path)
  if (before !== undefined || known.has(path)) return before as Value
  const value = read()
  known.set(path, value)
  return value
}
