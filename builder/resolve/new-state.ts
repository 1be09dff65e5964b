import { randomBytes, randomUUID } from 'node:crypto'
import { UserError } from '../errors.js'
import { keyComment, readState } from '../load/state.js'
import type { ClusterState, SavedState } from '../model/cluster-state.js'
import type { Place } from '../model/place.js'
import { ed25519, keyFiles, type SshKey } from '../model/ssh/ssh-key.js'
import { error } from '../model/problem.js'

/** A build makes the state of a new cluster; anything else puts placeholders in its place. A check signs nothing. */
export type Purpose = 'build' | 'show' | 'check'

/**
 * The state that plans follow from: what `.piimg/` holds, and what is missing there.
 * @param needsKey whether piimg has to make a login key, where it has none yet
 * @throws {UserError} where `.piimg/` or SOURCE_DATE_EPOCH is wrong
 */
export function stateFor(place: Place, purpose: Purpose, needsKey: boolean): ClusterState {
  const { now, fixed } = buildTime(place.environment)
  const known = readState(place.folder)
  const state = purpose === 'build' ? newState(now, needsKey, known) : shownState(now, needsKey, known)
  // No problem of a node depends on its certificates, and to sign them takes a quarter of a check.
  const authority = purpose === 'check' ? { ...state.authority, privateKey: '' } : state.authority
  return { ...state, authority, ...(fixed ? { builtAt: now } : {}) }
}

/** A state for a first build, kept in memory until the first card is complete. */
export function newState(now: number, needsKey: boolean, known?: SavedState): ClusterState {
  const { id, builtAt, generations, authority, loginKey } = known ?? {
    id: randomUUID(),
    builtAt: now,
    generations: {},
  }
  const login = loginKey ?? (needsKey ? newKey() : undefined)
  return {
    id,
    builtAt,
    generations,
    authority: authority ?? newKey(),
    ...(login === undefined ? {} : { loginKey: login }),
  }
}

/** A new random key. */
export function newKey(): SshKey {
  return keyFiles(ed25519(randomBytes(32)), keyComment)
}

/** Placeholders for keys that the first build will make. */
export function placeholderState(now: number): ClusterState {
  const key = { publicKey: 'ssh-ed25519 (a key that the first build makes) piimg', privateKey: '' }
  const id = '00000000-0000-0000-0000-000000000000'
  return { id, builtAt: now, generations: {}, authority: key, loginKey: key }
}

function shownState(now: number, needsKey: boolean, known?: SavedState): ClusterState {
  const placeholder = placeholderState(now)
  const isKeyMissing = needsKey && known?.loginKey === undefined
  return { ...placeholder, ...known, ...(isKeyMissing ? { loginKey: placeholder.loginKey } : {}) }
}

/**
 * The time for a first build: now, or SOURCE_DATE_EPOCH (reproducible-builds.org). In seconds since 1970.
 * @throws {UserError}
 */
export function buildTime(environment: Place['environment']): { now: number; fixed: boolean } {
  const text = environment['SOURCE_DATE_EPOCH']
  if (text === undefined || text === '') return { now: Math.floor(Date.now() / 1000), fixed: false }
  if (/^\d{1,10}$/.test(text) && Number(text) < 2 ** 32) return { now: Number(text), fixed: true }
  throw new UserError([
    error(
      { file: 'environment', key: 'SOURCE_DATE_EPOCH' },
      `"${text}" is not a time`,
      'seconds since 1970, such as 1767225600',
    ),
  ])
}
