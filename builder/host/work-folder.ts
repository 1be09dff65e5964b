import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { dirSync, setGracefulCleanup } from 'tmp'
import { isLeftover, partialName } from './owner.js'

setGracefulCleanup()

/**
 * Runs `work` with a private folder inside `parent` that is removed at the end, also after an error. Leftovers of
 * killed runs in `parent` are removed first; their names contain their owner.
 */
export async function withWorkFolder<T>(parent: string, work: (folder: string) => Promise<T>): Promise<T> {
  removeLeftovers(parent)
  const { name, removeCallback } = dirSync({
    tmpdir: parent,
    name: partialName(),
    mode: 0o700,
    unsafeCleanup: true,
  })
  try {
    return await work(name)
  } finally {
    removeCallback()
  }
}

/** Removes the work folders in `parent` whose owner has ended, if permissions allow. */
export function removeLeftovers(parent: string): void {
  for (const path of readdirSync(parent)
    .map((name) => join(parent, name))
    .filter(isLeftover)) {
    try {
      rmSync(path, { recursive: true, force: true })
    } catch {
      // Another run is removing it, or it belongs to another user. The build can continue.
    }
  }
}
