import { linkSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { withWorkFolder } from '../host/work-folder.js'
import { authorityFile, loginKeyFile, readOwn, readState, stateFile, stateFolder } from '../load/state.js'
import type { ClusterState } from '../model/cluster-state.js'

/**
 * Writes what `.piimg/` does not hold yet; what is there stays. Private: 0700, and never in a repository.
 * @returns the new files that the user should know of; undefined where another piimg was first, so that this one has
 * to plan again
 */
export async function saveState(folder: string, state: ClusterState): Promise<string[] | undefined> {
  const hidden = stateFolder(folder)
  mkdirSync(hidden, { mode: 0o700, recursive: true })
  return await withWorkFolder(hidden, (work) => Promise.resolve(writeState(folder, work, state)))
}

function writeState(folder: string, work: string, { id, builtAt, authority, loginKey }: ClusterState) {
  const hidden = stateFolder(folder)
  const made: string[] = []
  const write = (name: string, content: string) => writeNew(join(work, name), join(hidden, name), content)
  write('.gitignore', '*\n')
  if (write(stateFile, `${JSON.stringify({ id, builtAt }, undefined, 1)}\n`)) made.push(hidden)
  const isNew = write(authorityFile, authority.privateKey)
  if (isNew && made.length === 0) made.push(join(hidden, authorityFile))
  if (loginKey !== undefined && write(loginKeyFile, loginKey.privateKey)) {
    made.push(join(hidden, loginKeyFile))
  }
  const saved = readState(folder)
  const isOurs = saved?.id === id && saved.authority?.privateKey === authority.privateKey
  if (!isOurs || saved.loginKey?.privateKey !== loginKey?.privateKey) return undefined
  if (loginKey !== undefined) write(`${loginKeyFile}.pub`, `${loginKey.publicKey}\n`)
  return made
}

/** Puts a file of `.piimg/` in the place of the one that was there; whole or not at all. */
export async function replaceOwn(folder: string, name: string, text: string): Promise<void> {
  const hidden = stateFolder(folder)
  if (readOwn(join(hidden, name)) === text) return
  mkdirSync(dirname(join(hidden, name)), { mode: 0o700, recursive: true })
  await withWorkFolder(hidden, (work) => {
    const partial = join(work, basename(name))
    writeFileSync(partial, text, { mode: 0o600, flush: true })
    renameSync(partial, join(hidden, name))
    return Promise.resolve()
  })
}

/** Writes a file whole or not at all; false where there is one already. */
function writeNew(partial: string, path: string, content: string): boolean {
  writeFileSync(partial, content, { mode: 0o600, flush: true })
  try {
    linkSync(partial, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
