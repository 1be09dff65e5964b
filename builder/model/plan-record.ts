import { hashOf, sizeOf } from './content.js'
import { type Entry, isSecret } from './plan.js'
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

/** The public record of one entry: everything except its bytes. */
export function entryRecord(entry: Entry): EntryRecord {
  const { partition, path, kind } = entry
  const origins = entry.origins.map(({ file, inOverlay }) => inOverlay ?? file)
  if (entry.kind === 'symlink') return { partition, path, kind, target: entry.target, origins }
  if (entry.kind === 'move') return { partition, path, kind, to: entry.to, origins }
  if (entry.kind === 'removal') return { partition, path, kind, origins }
  const mode = entry.mode?.toString(8).padStart(4, '0')
  const { uid, gid } = entry.owner ?? {}
  if (entry.kind === 'directory') return { partition, path, kind, mode, uid, gid, origins }
  const sha256 = isSecret(entry) ? undefined : hashOf(entry.content)
  return { partition, path, kind, mode, uid, gid, size: sizeOf(entry.content), sha256, origins }
}

/** The record with the hash of a secret content too: for the comparison after the write, never written or shown. */
export function exactRecord(entry: Entry): EntryRecord {
  return entry.kind === 'file' ? { ...entryRecord(entry), sha256: hashOf(entry.content) } : entryRecord(entry)
}
