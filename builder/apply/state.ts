import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loginKeyFile, readState, stateFile, stateFolder } from '../load/state.js'
import type { ClusterState } from '../model/cluster-state.js'

/**
 * Writes what `.piimg/` does not hold yet; what is there stays. Private: 0700, and never in a repository.
 * @returns the new files that the user should know of; undefined where another piimg was first, so that this one has
 * to plan again
 */
export async function saveState(folder: string, state: ClusterState): Promise<string[] | undefined> {
  const hidden = stateFolder(folder)
  mkdirSync(hidden, { mode: 0o700, recursive: true })
  writeNew(join(hidden, '.gitignore'), '*\n')
  const { id, builtAt, loginKey } = state
  const made: string[] = []
  if (writeNew(join(hidden, stateFile), `${JSON.stringify({ id, builtAt }, undefined, 1)}\n`))
    made.push(hidden)
  if (loginKey !== undefined && writeNew(join(hidden, loginKeyFile), loginKey.privateKey)) {
    made.push(join(hidden, loginKeyFile))
  }
  const saved = await readState(folder)
  if (saved?.id !== id || saved.loginKey?.privateKey !== loginKey?.privateKey) return undefined
  if (loginKey !== undefined) writeNew(join(hidden, `${loginKeyFile}.pub`), `${loginKey.publicKey}\n`)
  return made
}

/** Writes a file whole or not at all; false where there is one already. */
function writeNew(path: string, content: string): boolean {
  const partial = `${path}.${process.pid}`
  writeFileSync(partial, content, { mode: 0o600 })
  try {
    linkSync(partial, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(partial)
  }
}
