import { renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { withWorkFolder } from '../host/work-folder.js'
import type { PackagesLock } from '../model/bundle.js'

/** Writes `packages.lock`, whole or not at all. */
export async function saveLock(path: string, lock: PackagesLock): Promise<void> {
  await withWorkFolder(dirname(path), (folder) => {
    const partial = join(folder, 'lock')
    writeFileSync(partial, `${JSON.stringify(lock, undefined, 1)}\n`)
    renameSync(partial, path)
    return Promise.resolve()
  })
}
