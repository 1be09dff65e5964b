import type { Content } from '../model/content.js'
import { type FileTree, isIndirect } from '../model/file-tree.js'
import type { PartitionName } from '../model/overlay.js'
import type { BootEntry, RootEntry } from '../model/plan.js'
import { changeable, type Origin } from '../model/problem.js'
import { type EntryPlaces, entryPlaces } from './entry-places.js'
import { type FinishedFile, type Found, keyOf, type OnRead, type TreePlace } from './finished-file.js'
import { partsOf, pathOf, top } from './finished-file.js'
import { textOf } from './text.js'

/** As many links as Linux follows; path_resolution(7). */
const mostLinks = 40

/**
 * A partition as the node sees it: the base image's files, with the entries of a plan in their places. Paths are
 * absolute; links are followed inside the partition only.
 */
export class FinishedTree {
  readonly #base: FileTree
  readonly #file: string
  readonly #partition: PartitionName
  readonly #entries: readonly (BootEntry | RootEntry)[]
  readonly #places: EntryPlaces
  readonly #key: (path: string) => string
  readonly #onRead: OnRead | undefined
  /** Those that were walked to. */
  readonly #folders = new Map<string, Found | undefined>()

  /**
   * @param file the base image's name, for messages
   * @param onRead called with each entry of the plan whose content is read
   */
  constructor(
    base: FileTree,
    entries: readonly (BootEntry | RootEntry)[],
    { partition, file, onRead }: TreePlace,
  ) {
    this.#base = base
    this.#file = file
    this.#partition = partition
    this.#onRead = onRead
    this.#entries = entries
    this.#key = keyOf(partition)
    this.#places = entryPlaces(base, entries, this.#key)
  }

  /** The file at a path, with every link followed; undefined where there is none. */
  find(path: string): FinishedFile | undefined {
    return this.#found(path, true)
  }

  /** The same, but a link at the end is not followed. */
  findLink(path: string): FinishedFile | undefined {
    return this.#found(path, false)
  }

  /** The text of a regular file; undefined where there is none. */
  text(path: string): string | undefined {
    const content = this.content(path)
    return content === undefined ? undefined : textOf(content)
  }

  content(path: string): Content | undefined {
    const found = this.#found(path, true)
    if (found?.kind !== 'file') return undefined
    if (found.entry?.kind === 'file') {
      this.#onRead?.(found.entry)
      return found.entry.content
    }
    return found.base === undefined ? undefined : this.#base.readFile(found.base)
  }

  /** The names in a folder, sorted by code unit; empty if there is none. */
  names(folder: string): readonly string[] {
    const found = this.#folder(folder)
    if (found?.kind !== 'directory') return []
    const own = found.base === undefined ? [] : this.#base.names(found.base === '' ? '/' : found.base)
    const added = this.#places.added.get(this.#key(found.path)) ?? new Set()
    const kept = own.filter((name) => !added.has(name) && this.#isKept(pathOf(found, name)))
    return added.size === 0 ? kept : [...kept, ...added].sort()
  }

  /** Where a person finds a line of a file: in the base image, or in what the plan takes it from. */
  place(path: string, line?: number): Origin {
    const found = this.#found(path, true)
    const origins = found?.entry?.origins ?? []
    const own = changeable(...origins)
    const where = { file: this.#file, key: `${this.#partition}${found?.path ?? path}` }
    return found?.entry !== undefined && own !== undefined
      ? own
      : line === undefined
        ? where
        : { ...where, key: `${where.key}, line ${line}` }
  }

  #isKept(path: string): boolean {
    const kind = this.#entryAt(path)?.kind
    return kind !== 'removal' && kind !== 'move'
  }

  /** Most paths are in a folder that others are in, too. */
  #found(path: string, followsLast: boolean): Found | undefined {
    if (isIndirect(path)) return this.#walk(path, followsLast)
    const slash = path.lastIndexOf('/')
    const folder = slash < 1 ? top : this.#folder(path.slice(0, slash))
    const found = folder === undefined ? undefined : this.#child(folder, path.slice(slash + 1))
    return followsLast && found?.kind === 'symlink' ? this.#walk(path, true) : found
  }

  #folder(path: string): Found | undefined {
    const known = this.#folders.get(path)
    if (known !== undefined || this.#folders.has(path)) return known
    const found = this.#found(path, true)
    this.#folders.set(path, found)
    return found
  }

  #walk(path: string, followsLast: boolean): Found | undefined {
    let pending = partsOf(path)
    let way: Found[] = [top]
    for (let links = 0; ;) {
      const [name, ...rest] = pending
      const at = way.at(-1) ?? top
      if (name === undefined) return at
      pending = rest
      if (name === '..') {
        if (way.length > 1) way.pop()
        continue
      }
      const next = this.#child(at, name)
      if (next === undefined) return undefined
      if (next.kind !== 'symlink' || (pending.length === 0 && !followsLast)) {
        way.push(next)
        continue
      }
      if (++links > mostLinks) return undefined
      const target = next.target ?? ''
      if (target.startsWith('/')) way = [top]
      pending = [...partsOf(target), ...pending]
    }
  }

  #child(folder: Found, name: string): Found | undefined {
    const path = pathOf(folder, name)
    const entry = this.#entryAt(path)
    const inFolder = folder.base === undefined ? undefined : `${folder.base}/${name}`
    const base = this.#places.movedFrom.get(this.#key(path)) ?? inFolder
    switch (entry?.kind) {
      case 'removal':
      case 'move':
        return undefined
      case 'symlink':
        return {
          path,
          kind: 'symlink',
          target: entry.target,
          mode: 0o777,
          uid: 0,
          gid: 0,
          isPlanned: true,
          entry,
        }
      case 'file':
      case 'directory': {
        const { mode = 0o755, owner = { uid: 0, gid: 0 } } = entry
        const inside = entry.kind === 'directory' && base !== undefined ? { base } : {}
        return { path, kind: entry.kind, mode, ...owner, isPlanned: true, entry, ...inside }
      }
      case undefined:
    }
    const stat = base === undefined ? undefined : this.#base.stat(base)
    if (stat !== undefined && base !== undefined) {
      const { kind, mode, uid, gid, target } = stat
      return {
        path,
        kind,
        mode,
        uid,
        gid,
        isPlanned: false,
        base,
        ...(target === undefined ? {} : { target }),
      }
    }
    // A folder that only the plan's files need.
    if (!this.#places.added.has(this.#key(path))) return undefined
    return { path, kind: 'directory', mode: 0o755, uid: 0, gid: 0, isPlanned: false }
  }

  #entryAt(path: string): BootEntry | RootEntry | undefined {
    const index = this.#places.indexes.get(this.#key(path))
    return index === undefined ? undefined : this.#entries[index]
  }
}
