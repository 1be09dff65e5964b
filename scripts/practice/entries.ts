/** The newest image of each release, and what differs from it: desktops, an older image, another first-boot system. */
export type Release = 'buster' | 'bullseye' | 'bookworm' | 'trixie' | 'debian' | Variant
export type Variant = 'bookworm-desktop' | 'trixie-desktop' | 'trixie-2025' | 'trixie-preseed'

/** One file of a practice image, as data. */
export interface PracticeEntry {
  /** Absolute, as the running system sees it on that partition: `/etc/hosts`. */
  readonly path: string
  readonly kind: 'file' | 'directory' | 'symlink'
  /** Permissions with setuid, setgid and sticky; 0777 of a symbolic link. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Only of a file; empty where it is missing. */
  readonly content?: string | Buffer
  /** Only of a symbolic link. */
  readonly target?: string
  /** By full name, e.g. `security.capability`; the values' bytes as latin1 text. */
  readonly xattrs?: Readonly<Record<string, string>>
  /** Only of a file: it is a further name of this file, whose content, mode and owner it repeats. */
  readonly hardLinkTo?: string
  /** Nobody can change it; only of a tree in memory. */
  readonly isImmutable?: true
}

interface Attributes {
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  readonly xattrs?: Readonly<Record<string, string>>
  readonly isImmutable?: true
}

/** A file of root with mode 0644 by default. */
export function file(
  path: string,
  content: string | Buffer = '',
  attributes: Attributes = {},
): PracticeEntry {
  return { path, kind: 'file', mode: 0o644, uid: 0, gid: 0, content, ...attributes }
}

/** A directory of root with mode 0755 by default. */
export function directory(path: string, attributes: Attributes = {}): PracticeEntry {
  return { path, kind: 'directory', mode: 0o755, uid: 0, gid: 0, ...attributes }
}

export function symlink(path: string, target: string): PracticeEntry {
  return { path, kind: 'symlink', mode: 0o777, uid: 0, gid: 0, target }
}

/** A text file's content: every line ended by a line feed. */
export function lines(...texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('')
}

/** The entries when the condition holds, none otherwise. */
export function when<T>(condition: boolean, ...entries: readonly T[]): readonly T[] {
  return condition ? entries : []
}
