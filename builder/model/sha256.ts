import { createHash } from 'node:crypto'

/** The SHA-256 hash (FIPS 180-4) of `bytes`: 64 hex digits. */
export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
