import { createHash } from 'node:crypto'

/** The SHA-256 hash (FIPS 180-4) of `bytes`: 64 hex digits. */
export function sha256Of(bytes: Buffer): string {
  return sha256OfPieces([bytes])
}

/** The same of bytes that come in pieces. */
export function sha256OfPieces(pieces: Iterable<Buffer>): string {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}
