export type FileKind = 'file' | 'directory' | 'symlink' | 'character' | 'block' | 'fifo' | 'socket'

/** What a file system records of one file. */
export interface FileStat {
  readonly kind: FileKind
  /** Identifies the file inside its file system: two names with one inode are hard links. */
  readonly inode: number
  /** The lower 12 bits: permissions, setuid, setgid, sticky. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes; of a symbolic link, the length of its target. */
  readonly size: number
  /** When its content changed: whole seconds since 1970, which may be before. */
  readonly mtime: number
  /** The rest of that time, 0 to 999,999,999; 0 where the file system has whole seconds only. */
  readonly mtimeNanoseconds: number
  readonly links: number
  /** Only of a symbolic link. */
  readonly target?: string
  /** Only where it is set: nobody can change the file (chattr(1), `i`). */
  readonly isImmutable?: true
  /** Only of device files: `major:minor`. */
  readonly device?: string
}

/** A file that was found: what is read of it takes no other look-up of its path. */
export interface FileNode {
  /** As it was looked up, or walked to. */
  readonly path: string
  readonly stat: FileStat
  /**
   * The bytes of a regular file in pieces of 1 MiB, for files of any size; none of other kinds. The pieces are the
   * caller's to keep.
   */
  chunks(): Iterable<Buffer>
  /** Extended attributes by full name, e.g. `security.capability`, sorted by name. */
  xattrs(): ReadonlyMap<string, Buffer>
}

/**
 * A file system inside an image, read without mounting it. Paths are absolute, `/etc/hosts`.
 * Symbolic links are followed inside the image only: `/` is the image's root, `..` stops there.
 */
export interface FileTree {
  /** The file at `path`; links on the way are followed, a final one is not. Undefined where there is none. */
  node(path: string): FileNode | undefined
  /** The same, for its stat alone. */
  stat(path: string): FileStat | undefined
  /**
   * The path with every symbolic link followed, also the last part; undefined for a broken link.
   * @throws {UserError} if links form a loop
   */
  realPath(path: string): string | undefined
  /** The names in a directory without `.` and `..`, sorted by code unit; links are followed. Empty if there is none. */
  names(path: string): readonly string[]
  /** The bytes of a regular file; links are followed. Undefined where there is none. */
  readFile(path: string): Buffer | undefined
  /** Every file below (and without) `/`, parents before children, names in order; `lost+found` included. */
  walk(): Iterable<FileNode>
  /** Bytes that can still be written. */
  readonly freeBytes: number
}

/** Whether a path is empty, ends with a slash, or has names that mean this folder or the one above. */
export function isIndirect(path: string): boolean {
  return /^$|\/\.{0,2}(\/|$)/.test(path)
}
