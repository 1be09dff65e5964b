import type { Role } from './cluster-node.js'
import type { PlainValue } from './value.js'

/** The path of the plan in an image, so that `inspect` and `verify` need only the image. */
export const planRecordPath = '/usr/lib/piimg/plan.json'

export interface EntryRecord {
  readonly partition: 'boot' | 'root'
  readonly path: string
  readonly kind: 'file' | 'directory' | 'symlink' | 'removal' | 'move'
  /** Four octal digits; not on the boot partition. */
  readonly mode?: string | undefined
  readonly uid?: number | undefined
  readonly gid?: number | undefined
  /** Bytes. */
  readonly size?: number
  /** SHA-256 of the content; absent for a file with a secret. */
  readonly sha256?: string | undefined
  readonly target?: string
  readonly to?: string
  readonly origins: readonly string[]
}

/** `plan.json`. */
export interface PlanRecord {
  readonly piimg: string
  readonly hostname: string
  readonly profile: string
  readonly role: Role
  /** Seconds since 1970. */
  readonly builtAt: number
  readonly base: {
    readonly release: string
    readonly distribution: string
    readonly architecture: string
    readonly diskSignature: string
    readonly imageDate?: string
  }
  /** Secrets masked. */
  readonly values: Readonly<Record<string, PlainValue>>
  /** All files except this one. */
  readonly entries: readonly EntryRecord[]
}
