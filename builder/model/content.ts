import { sha256Of } from './sha256.js'

/** Bytes that lie somewhere else, as there may be too many to hold them in memory. */
export interface ContentSource {
  /** Bytes. */
  readonly size: number
  /** Of all bytes: 64 hex digits. */
  readonly sha256: string
  /** The bytes in pieces, from the beginning at each call; throws where they cannot be read. */
  open(): Iterable<Buffer>
}

/** What a file is to hold: bytes where there are few, a source where there may be many. */
export type Content = Buffer | ContentSource

/** Bytes. */
export function sizeOf(content: Content): number {
  return Buffer.isBuffer(content) ? content.length : content.size
}

export function piecesOf(content: Content): Iterable<Buffer> {
  return Buffer.isBuffer(content) ? [content] : content.open()
}

/** All bytes at once: for what is small by its nature, such as a configuration file. */
export function wholeOf(content: Content): Buffer {
  return Buffer.isBuffer(content) ? content : Buffer.concat([...content.open()])
}

const hashes = new WeakMap<Buffer, string>()

/** The SHA-256 hash in hex; many files are the same bytes on all nodes of a cluster. */
export function hashOf(content: Content): string {
  if (!Buffer.isBuffer(content)) return content.sha256
  const hash = hashes.get(content) ?? sha256Of(content)
  hashes.set(content, hash)
  return hash
}

/** Whether two are the same bytes; sources are compared by their hashes. */
export function isSame(one: Content, other: Content): boolean {
  if (one === other) return true
  if (Buffer.isBuffer(one) && Buffer.isBuffer(other)) return one.equals(other)
  return sizeOf(one) === sizeOf(other) && hashOf(one) === hashOf(other)
}
