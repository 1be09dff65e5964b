import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { StepError } from '../errors.js'
import { here } from './here.js'

/** The cache folder; it may not exist yet. */
export function cacheFolder(): string {
  const { environment, folder, home } = here()
  const { PIIMG_CACHE: own = '', XDG_CACHE_HOME: xdg = '' } = environment
  if (own !== '') return resolve(folder, own)
  // Relative paths are ignored (XDG Base Directory Specification).
  if (isAbsolute(xdg)) return join(xdg, 'piimg')
  return join(home, process.platform === 'darwin' ? 'Library/Caches' : '.cache', 'piimg')
}

/** A folder of the cache. An image may contain secrets, so only this user can read it. @throws {StepError} */
export function openCache(name: 'base' | 'packages' | 'container'): string {
  const folder = join(cacheFolder(), name)
  try {
    makeFolders(folder)
    if ((statSync(folder).mode & 0o077) !== 0) chmodSync(folder, 0o700)
    return folder
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const hint = 'set PIIMG_CACHE to a folder that you own'
    throw new StepError({ step: `use the cache ${folder}`, reason, hint }, { cause: error })
  }
}

/** As mkdir -p. Node's own does not end if the system refuses a folder in an existing one, as in /proc. */
function makeFolders(folder: string): void {
  const isThere = () => statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true
  if (isThere()) return
  makeFolders(dirname(folder))
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // Another piimg process may have been faster.
    if (!isThere()) throw error
  }
}
