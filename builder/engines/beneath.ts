import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  futimesSync,
  lchownSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs'
import { writeContent } from '../host/file-content.js'
import type { Content } from '../model/content.js'
import type { Owner } from '../model/plan.js'

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants

interface Marks {
  readonly mode?: number | undefined
  readonly owner?: Owner | undefined
}

/** Seconds since 1970. */
interface Times {
  readonly atime: number
  readonly mtime: number
}

interface Folder {
  readonly descriptor: number
  /** The times that it has in the end, whatever was written in it. */
  times: Times
}

/**
 * A mounted tree, written by paths that never leave it: each folder is opened by its name relative to its parent, and
 * never through a symbolic link, as openat2(2) does it with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS. A link on the way
 * is an error. Paths are absolute in the tree; times of folders stay what they were.
 */
export class Beneath {
  readonly #folders = new Map<string, Folder>()

  constructor(root: string) {
    this.#keep('', openSync(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
  }

  rename(from: string, to: string): void {
    renameSync(this.#at(from), this.#at(to))
    this.#forget(from)
  }

  unlink(path: string): void {
    unlinkSync(this.#at(path))
  }

  rmdir(path: string): void {
    this.#forget(path)
    rmdirSync(this.#at(path))
  }

  mkdir(path: string, { mode, owner, time }: Marks & { readonly time: number }): void {
    mkdirSync(this.#at(path), 0o700)
    const folder = this.#folder(path)
    mark(folder.descriptor, { mode, owner })
    folder.times = { atime: time, mtime: time }
  }

  /** Makes a folder where none is. */
  ensureFolder(path: string, time: number): void {
    if (lstatSync(this.#at(path), { throwIfNoEntry: false }) === undefined) this.mkdir(path, { time })
  }

  own(path: string, marks: Marks): void {
    mark(this.#folder(path).descriptor, marks)
  }

  symlink(path: string, target: string, time: number): void {
    const at = this.#at(path)
    symlinkSync(target, at)
    lchownSync(at, 0, 0)
    lutimesSync(at, time, time)
  }

  /** A new file. */
  write(path: string, content: Content, { mode, owner, time }: Marks & { readonly time: number }): void {
    const descriptor = openSync(this.#at(path), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600)
    try {
      writeContent(descriptor, content)
      mark(descriptor, { mode, owner })
      futimesSync(descriptor, time, time)
    } finally {
      closeSync(descriptor)
    }
  }

  /** Removes the path with everything below it, if it exists. */
  removeAll(path: string): void {
    const present = lstatSync(this.#at(path), { throwIfNoEntry: false })
    if (present === undefined) return
    if (!present.isDirectory()) {
      this.unlink(path)
      return
    }
    const names = readdirSync(`/proc/self/fd/${this.#folder(path).descriptor}`)
    for (const name of names) this.removeAll(`${path}/${name}`)
    this.rmdir(path)
  }

  /** Sets the times of every folder that was changed. */
  setTimes(): void {
    for (const { descriptor, times } of this.#folders.values())
      futimesSync(descriptor, times.atime, times.mtime)
  }

  close(): void {
    for (const { descriptor } of this.#folders.values()) closeSync(descriptor)
    this.#folders.clear()
  }

  /** A path for the kernel: the open folder and the last part, which none of these calls follows. */
  #at(path: string): string {
    const slash = path.lastIndexOf('/')
    const name = path.slice(slash + 1)
    if (name === '' || name === '.' || name === '..') throw new Error(`no path inside of an image: ${path}`)
    return `/proc/self/fd/${this.#folder(path.slice(0, slash)).descriptor}/${name}`
  }

  #folder(path: string): Folder {
    const known = this.#folders.get(path)
    if (known !== undefined) return known
    return this.#keep(path, openSync(this.#at(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
  }

  #keep(path: string, descriptor: number): Folder {
    const { atimeMs, mtimeMs } = fstatSync(descriptor)
    const folder = { descriptor, times: { atime: atimeMs / 1000, mtime: mtimeMs / 1000 } }
    this.#folders.set(path, folder)
    return folder
  }

  /** Open folders whose names have changed. */
  #forget(path: string): void {
    for (const [name, { descriptor, times }] of this.#folders) {
      if (name !== path && !name.startsWith(`${path}/`)) continue
      futimesSync(descriptor, times.atime, times.mtime)
      closeSync(descriptor)
      this.#folders.delete(name)
    }
  }
}

/** Owner before mode: a change of owner clears the set-user-ID and set-group-ID bits, chown(2). */
function mark(descriptor: number, { mode, owner }: Marks): void {
  if (owner !== undefined) fchownSync(descriptor, owner.uid, owner.gid)
  if (mode !== undefined) fchmodSync(descriptor, mode)
}
