import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../errors.js'
import type { ClusterState } from '../model/cluster-state.js'
import type { Sourced } from '../model/variable.js'
import { isRefusal, variableTypes } from './variable-types.js'

export const stateFile = 'cluster.json'
export const loginKeyFile = 'id_ed25519'

/** Where the cluster of a folder is remembered. */
export function stateFolder(folder: string): string {
  return join(folder, '.piimg')
}

/** What `.piimg/` holds; undefined where nothing was built yet. */
export async function readState(folder: string): Promise<ClusterState | undefined> {
  const hidden = stateFolder(folder)
  if (statSync(hidden, { throwIfNoEntry: false })?.isDirectory() === false) {
    const what = 'this is no folder, but piimg keeps in one what it knows of this cluster'
    throw new UserError([
      { severity: 'error', where: { file: hidden }, what, hint: 'move it away, or give it another name' },
    ])
  }
  const file = join(hidden, stateFile)
  if (!existsSync(file)) return undefined
  const { id, builtAt } = parseState(file)
  const keyFile = join(hidden, loginKeyFile)
  if (!existsSync(keyFile)) return { id, builtAt }
  const privateKey = readFileSync(keyFile, 'utf8')
  const publicKey = existsSync(`${keyFile}.pub`)
    ? readFileSync(`${keyFile}.pub`, 'utf8').trim()
    : await publicHalf(privateKey, keyFile)
  return { id, builtAt, loginKey: { privateKey, publicKey } }
}

/** A state for a first build, held in memory until that build is sure to go ahead. */
export async function newState(now: number, needsKey: boolean, known?: ClusterState): Promise<ClusterState> {
  const { id, builtAt, loginKey } = known ?? { id: randomUUID(), builtAt: now, loginKey: undefined }
  if (loginKey !== undefined) return { id, builtAt, loginKey }
  return needsKey ? { id, builtAt, loginKey: await newLoginKey() } : { id, builtAt }
}

/** What stands in a plan for what the first build will make. */
export function placeholderState(now: number): ClusterState {
  const publicKey = 'ssh-ed25519 (a key that the first build makes) piimg'
  return { id: '00000000-0000-0000-0000-000000000000', builtAt: now, loginKey: { publicKey, privateKey: '' } }
}

/** The public keys that the user logs in with elsewhere; undefined without any. */
export function ownKeys(): Sourced<readonly string[]> | undefined {
  const folder = join(homedir(), '.ssh')
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => /^id_.*\.pub$/.test(name)) : []
  const keys = files.sort().flatMap((name) => {
    const value = variableTypes['ssh-keys'].parse(readFileSync(join(folder, name), 'utf8'))
    return isRefusal(value) || !Array.isArray(value) ? [] : (value as string[])
  })
  return keys.length === 0 ? undefined : { value: keys, origin: { file: 'default', key: '~/.ssh/id_*.pub' } }
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

async function newLoginKey(): Promise<{ publicKey: string; privateKey: string }> {
  const { default: sshpk } = await import('sshpk')
  const key = sshpk.generatePrivateKey('ed25519')
  key.comment = 'piimg'
  const privateKey = key.toString('openssh')
  return { privateKey, publicKey: await publicHalf(privateKey, loginKeyFile) }
}

async function publicHalf(privateKey: string, file: string): Promise<string> {
  const { default: sshpk } = await import('sshpk')
  try {
    const key = sshpk.parsePrivateKey(privateKey, 'openssh').toPublic()
    key.comment = 'piimg'
    return key.toString('ssh')
  } catch {
    const hint = 'put it back from a backup, or remove it: the next build makes a new one'
    throw new UserError([{ severity: 'error', where: { file }, what: 'this is no private key', hint }])
  }
}

function parseState(file: string): { id: string; builtAt: number } {
  try {
    const { id, builtAt } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    if (typeof id === 'string' && /^[0-9a-f-]{36}$/.test(id) && isTime(builtAt)) {
      return { id, builtAt }
    }
  } catch {
    // What it holds instead does not matter: the message below is about the file.
  }
  throw new UserError([
    {
      severity: 'error',
      where: { file },
      what: 'this is not what piimg wrote there',
      hint: 'put it back from a backup; without it, new cards belong to a new cluster',
    },
  ])
}

/** Seconds since 1970 that every file system here can hold. */
function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 32
}
