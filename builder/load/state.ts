import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../errors.js'
import type { SavedState } from '../model/cluster-state.js'
import { keyFiles, publicHalf, readKey, type SshKey } from '../model/ssh/ssh-key.js'
import { error } from '../model/problem.js'

export const stateFile = 'cluster.json'
export const authorityFile = 'ca'
export const loginKeyFile = 'id_ed25519'
export const sshConfigFile = 'ssh_config'
export const knownHostsFile = 'known_hosts'
/** The comment in piimg's keys. */
export const keyComment = 'piimg'

/** The folder that stores the cluster. */
export function stateFolder(folder: string): string {
  return join(folder, '.piimg')
}

/** The content of `.piimg/`; undefined if nothing was built yet. */
export function readState(folder: string): SavedState | undefined {
  const hidden = stateFolder(folder)
  if (statSync(hidden, { throwIfNoEntry: false })?.isDirectory() === false) {
    const what = 'this is not a folder, but piimg stores the cluster in a folder of this name'
    throw wrong(hidden, what, 'move it away, or give it another name')
  }
  const text = readOwn(join(hidden, stateFile))
  // Also without a cluster: files that would block new keys are reported before the build.
  const authority = readAuthority(join(hidden, authorityFile))
  const loginKey = readLoginKey(join(hidden, loginKeyFile))
  if (text === undefined) return undefined
  return {
    ...parseState(text, join(hidden, stateFile)),
    ...(authority === undefined ? {} : { authority }),
    ...(loginKey === undefined ? {} : { loginKey }),
  }
}

function readAuthority(file: string): SshKey | undefined {
  const privateKey = readOwn(file)
  if (privateKey === undefined) return undefined
  const key = readKey(privateKey)
  if (key !== undefined) return { privateKey, publicKey: keyFiles(key, keyComment).publicKey }
  const hint = 'restore it from a backup; or remove it, then build and write every card again'
  throw wrong(file, "this is not the key of the cluster's certificate authority", hint)
}

function readLoginKey(file: string): SshKey | undefined {
  const privateKey = readOwn(file)
  if (privateKey === undefined) return undefined
  const own = publicHalf(privateKey, keyComment)
  if (own !== undefined) return { privateKey, publicKey: readOwn(`${file}.pub`)?.trim() ?? own }
  throw wrong(
    file,
    'this is not a private key',
    'restore it from a backup, or remove it: the next build makes a new one',
  )
}

function parseState(text: string, file: string): Pick<SavedState, 'id' | 'builtAt' | 'generations'> {
  try {
    const { id, builtAt, generations = {} } = JSON.parse(text) as Record<string, unknown>
    if (typeof id === 'string' && /^[0-9a-f-]{36}$/.test(id) && isTime(builtAt) && areCounts(generations))
      return { id, builtAt, generations }
  } catch {
    // The details do not matter: the message below names the file.
  }
  const hint = 'restore it from a backup; otherwise new cards belong to a new cluster'
  throw wrong(file, 'this is not a file that piimg wrote', hint)
}

/** The text of a file that piimg wrote; undefined where there is none. */
export function readOwn(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw wrong(
      file,
      `this cannot be read (${code ?? ''})`,
      'only the user that ran piimg can read this file',
    )
  }
}

function wrong(file: string, what: string, hint: string): UserError {
  return new UserError([error({ file }, what, hint)])
}

function areCounts(value: unknown): value is Record<string, number> {
  return typeof value === 'object' && value !== null && Object.values(value).every(Number.isSafeInteger)
}

/** Seconds since 1970 that all these file systems can store. */
function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 32
}
