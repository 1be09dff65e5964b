import { type Content, isSame } from './content.js'
import type { PartitionName } from './overlay.js'
import type { Origin } from './problem.js'
import type { Sourced, Value } from './value.js'

export interface Owner {
  readonly uid: number
  readonly gid: number
}

interface Placed {
  /** Absolute inside its partition. */
  readonly path: string
  /** The overlay files that it comes from, in order. */
  readonly origins: readonly Origin[]
}

export interface FileContent {
  readonly content: Content
  /** The same with every secret value masked: only this may be shown. */
  readonly shown: Content
}

/** FAT has no owners, modes and links, so an entry with one does not compile. */
export type BootEntry = Placed &
  (
    | ({ readonly kind: 'file'; readonly mode?: never; readonly owner?: never } & FileContent)
    | { readonly kind: 'removal'; readonly mode?: never; readonly owner?: never }
  )

export type RootEntry = Placed &
  (
    | ({ readonly kind: 'file'; readonly mode: number; readonly owner: Owner } & FileContent)
    | { readonly kind: 'directory'; readonly mode: number; readonly owner: Owner }
    | { readonly kind: 'symlink'; readonly target: string }
    | { readonly kind: 'removal' }
    /** A new name in the same folder; done first. */
    | { readonly kind: 'move'; readonly to: string }
  )

/** The final bytes and owners of every file of one node, with all decisions made. */
export interface Plan {
  readonly hostname: string
  readonly profile: string
  /** Seconds since 1970: the time of every file that piimg writes. */
  readonly builtAt: number
  readonly values: ReadonlyMap<string, Sourced<Value>>
  /** The same with every secret masked. */
  readonly shownValues: ReadonlyMap<string, Sourced<Value>>
  /** Sorted by path. */
  readonly boot: readonly BootEntry[]
  readonly root: readonly RootEntry[]
  /** Bytes that the root partition grows to, in the image; undefined: it does not grow. */
  readonly rootSize?: number
}

export type Entry = { readonly partition: PartitionName } & (BootEntry | RootEntry)

/** Whether a file holds a secret value, so that neither its bytes nor a hash of them may be shown. */
export function isSecret(entry: FileContent): boolean {
  return !isSame(entry.content, entry.shown)
}
