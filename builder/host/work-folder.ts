import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { dirSync, setGracefulCleanup } from 'tmp'
import { isLeftover, partialName } from './owner.js'

setGracefulCleanup()

/**
 * Runs `work` with a private folder inside `parent` that is gone afterwards, however it ends. What a killed
 * run left in `parent` is removed first: the folder's name tells its owner.
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

/** Removes the work folders in `parent` whose owner has ended. */
export function removeLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    const path = join(parent, name)
    if (isLeftover(path)) rmSync(path, { recursive: true, force: true })
  }
}
