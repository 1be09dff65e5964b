import { closeSync, openSync, readSync, writeFileSync } from 'node:fs'
import { type Content, type ContentSource, piecesOf } from '../model/content.js'
import { sha256OfPieces } from '../model/sha256.js'

const pieceSize = 1024 * 1024

/** A file of this computer as the content of another; it is read when that is written. */
export function fileContent(
  path: string,
  known: { readonly size: number; readonly sha256: string },
): ContentSource {
  return { size: known.size, sha256: known.sha256, open: () => piecesOfFile(path) }
}

/** The SHA-256 hash of a file, however large: 64 hex digits. */
export function hashFile(path: string): string {
  return sha256OfPieces(piecesOfFile(path))
}

/** Writes a content at the position of an open file. */
export function writeContent(descriptor: number, content: Content): void {
  for (const piece of piecesOf(content)) writeFileSync(descriptor, piece)
}

function* piecesOfFile(path: string): Generator<Buffer> {
  const descriptor = openSync(path, 'r')
  try {
    for (;;) {
      const piece = Buffer.allocUnsafe(pieceSize)
      const length = readSync(descriptor, piece, 0, pieceSize, null)
      if (length === 0) return
      yield piece.subarray(0, length)
    }
  } finally {
    closeSync(descriptor)
  }
}
