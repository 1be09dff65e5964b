import { linkSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { withWorkFolder } from '../host/work-folder.js'
import { authorityFile, loginKeyFile, readOwn, readState, stateFile, stateFolder } from '../load/state.js'
import type { ClusterState } from '../model/cluster-state.js'

/**
 * Writes the missing files of `.piimg/` and keeps existing ones. Private: mode 0700, ignored by git.
 * @returns the new files that the user should know about; undefined if another piimg process was faster, so that this
 * one has to plan again
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

/** Replaces a file of `.piimg/` atomically. */
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

/** Writes a file atomically; false if it exists already. */
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
