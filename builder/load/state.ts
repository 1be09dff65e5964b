import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../errors.js'
import type { ClusterState, SavedState } from '../model/cluster-state.js'
import { ed25519, keyFiles, publicHalf, readKey, type SshKey } from '../model/ssh/ssh-key.js'
import { derived, type Sourced } from '../model/value.js'
import { isRefusal, variableTypes } from '../model/types/variable-types.js'

export const stateFile = 'cluster.json'
export const authorityFile = 'ca'
export const loginKeyFile = 'id_ed25519'
export const sshConfigFile = 'ssh_config'
export const knownHostsFile = 'known_hosts'
/** What piimg's keys are called where they are listed. */
const comment = 'piimg'

/** Where the cluster of a folder is remembered. */
export function stateFolder(folder: string): string {
  return join(folder, '.piimg')
}

/** What `.piimg/` holds; undefined where nothing was built yet. */
export function readState(folder: string): SavedState | undefined {
  const hidden = stateFolder(folder)
  if (statSync(hidden, { throwIfNoEntry: false })?.isDirectory() === false) {
    const what = 'this is no folder, but piimg keeps in one what it knows of this cluster'
    throw wrong(hidden, what, 'move it away, or give it another name')
  }
  const text = readOwn(join(hidden, stateFile))
  // Also where they are of no cluster: what stands in the way of new ones is told before anything is built.
  const authority = readAuthority(join(hidden, authorityFile))
  const loginKey = readLoginKey(join(hidden, loginKeyFile))
  if (text === undefined) return undefined
  return {
    ...parseState(text, join(hidden, stateFile)),
    ...(authority === undefined ? {} : { authority }),
    ...(loginKey === undefined ? {} : { loginKey }),
  }
}

/** A state for a first build, held in memory until that build is sure to go ahead. */
export function newState(now: number, needsKey: boolean, known?: SavedState): ClusterState {
  const { id, builtAt, authority, loginKey } = known ?? { id: randomUUID(), builtAt: now }
  const login = loginKey ?? (needsKey ? newKey() : undefined)
  return {
    id,
    builtAt,
    authority: authority ?? newKey(),
    ...(login === undefined ? {} : { loginKey: login }),
  }
}

export function newKey(): SshKey {
  return keyFiles(ed25519(randomBytes(32)), comment)
}

/** What stands in a plan for what the first build will make. */
export function placeholderState(now: number): ClusterState {
  const key = { publicKey: 'ssh-ed25519 (a key that the first build makes) piimg', privateKey: '' }
  return { id: '00000000-0000-0000-0000-000000000000', builtAt: now, authority: key, loginKey: key }
}

/** The public keys that the user logs in with elsewhere; undefined without any. */
export function ownKeys(): Sourced<readonly string[]> | undefined {
  const keys = ownKeyFiles().flatMap((file) => keysIn(`${file}.pub`))
  return keys.length === 0 ? undefined : derived(keys, '~/.ssh/id_*.pub')
}

/** Where the private halves of those are; for one that is not there, ssh asks its agent. */
export function ownKeyFiles(): string[] {
  const folder = join(homedir(), '.ssh')
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => /^id_.*\.pub$/.test(name)) : []
  const paths = files.sort().map((name) => join(folder, name.replace(/\.pub$/, '')))
  return paths.filter((path) => keysIn(`${path}.pub`).length > 0)
}

function keysIn(file: string): string[] {
  const value = variableTypes['ssh-keys'].parse(readFileSync(file, 'utf8'))
  return isRefusal(value) || !Array.isArray(value) ? [] : (value as string[])
}

/** The time for a first build: now, or what SOURCE_DATE_EPOCH says (reproducible-builds.org). In seconds since 1970. */
export function buildTime(environment: NodeJS.ProcessEnv): { now: number; fixed: boolean } {
  const text = environment['SOURCE_DATE_EPOCH']
  if (text === undefined || text === '') return { now: Math.floor(Date.now() / 1000), fixed: false }
  if (/^\d{1,10}$/.test(text) && Number(text) < 2 ** 32) return { now: Number(text), fixed: true }
  throw new UserError([
    {
      severity: 'error',
      where: { file: 'environment', key: 'SOURCE_DATE_EPOCH' },
      what: `"${text}" is not a time`,
      hint: 'seconds since 1970, such as 1767225600',
    },
  ])
}

function readAuthority(file: string): SshKey | undefined {
  const privateKey = readOwn(file)
  if (privateKey === undefined) return undefined
  const key = readKey(privateKey)
  if (key !== undefined) return { privateKey, publicKey: keyFiles(key, comment).publicKey }
  const hint = 'put it back from a backup; or remove it: then every card has to be written again'
  throw wrong(file, "this is not the key of the cluster's certificate authority", hint)
}

function readLoginKey(file: string): SshKey | undefined {
  const privateKey = readOwn(file)
  if (privateKey === undefined) return undefined
  const own = publicHalf(privateKey, comment)
  if (own !== undefined) return { privateKey, publicKey: readOwn(`${file}.pub`)?.trim() ?? own }
  throw wrong(
    file,
    'this is no private key',
    'put it back from a backup, or remove it: the next build makes a new one',
  )
}

function parseState(text: string, file: string): { id: string; builtAt: number } {
  try {
    const { id, builtAt } = JSON.parse(text) as Record<string, unknown>
    if (typeof id === 'string' && /^[0-9a-f-]{36}$/.test(id) && isTime(builtAt)) {
      return { id, builtAt }
    }
  } catch {
    // What it holds instead does not matter: the message below is about the file.
  }
  const hint = 'put it back from a backup; without it, new cards belong to a new cluster'
  throw wrong(file, 'this is not what piimg wrote there', hint)
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
      'piimg wrote a file there, which only its user may read',
    )
  }
}

function wrong(file: string, what: string, hint: string): UserError {
  return new UserError([{ severity: 'error', where: { file }, what, hint }])
}

/** Seconds since 1970 that every file system here can hold. */
function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 32
}
