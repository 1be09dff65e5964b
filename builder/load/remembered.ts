import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../errors.js'
import { error } from '../model/problem.js'
import { type Role, roles } from '../model/cluster-node.js'
import type { Sourced, Value } from '../model/value.js'
import { isRefusal } from '../model/types/refusal.js'
import { variableTypes } from '../model/types/variable-types.js'
import { coreVariables } from './core-variables.js'
import { stateFolder } from './state.js'

/** What is remembered of a node whose card was built. */
export interface Remembered {
  readonly profile: string
  readonly role: Role
  /** Undefined where an older version wrote the record. */
  readonly groups?: readonly string[]
  readonly overlays?: readonly string[]
  /** The values that its overlays publish, as texts. */
  readonly published: Readonly<Record<string, string>>
  /** By the name of each list of nodes, a hash of what the card has of it. */
  readonly lists: Readonly<Record<string, string>>
  readonly values: ReadonlyMap<string, Sourced<Value>>
}

/** The values that other nodes and the user's ssh need to reach a node. */
export const rememberedNames = [
  'address',
  'domain',
  'gateway',
  'hostname',
  'interface',
  'mac',
  'network',
  'reserved',
  'serial',
  'static_routes',
  'topology',
  'uplink',
  'user',
  'wifi_ssid',
] as const

/** The path of a node's record in `.piimg/`. */
export function rememberedPath(hostname: string): string {
  return join('nodes', `${hostname}.json`)
}

/** The nodes whose cards were built in this folder, by name; `.piimg/nodes/NODE.json`. */
export function readMembers(folder: string): Remembered[] {
  const place = join(stateFolder(folder), 'nodes')
  if (!existsSync(place)) return []
  return readdirSync(place)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => readMember(join(place, name)))
}

function readMember(file: string): Remembered {
  try {
    const {
      profile,
      role,
      groups,
      overlays,
      published = {},
      lists = {},
      values,
    } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    if (
      typeof profile === 'string' &&
      isRole(role) &&
      isTexts(values) &&
      isTexts(published) &&
      isTexts(lists)
    ) {
      const known = { profile, role, published, lists, values: valuesOf(values, file) }
      return isList(groups) && isList(overlays) ? { ...known, groups, overlays } : known
    }
  } catch {
    // The details do not matter: the message below names the file.
  }
  const hint = 'remove it, and build that node again'
  throw new UserError([error({ file }, 'this is not a file that piimg wrote', hint)])
}

/** @throws {Error} for a text that is not a value */
function valuesOf(texts: Readonly<Record<string, string>>, file: string): Map<string, Sourced<Value>> {
  const known = coreVariables.filter(({ name }) => Object.hasOwn(texts, name))
  return new Map(
    known.map(({ name, type }) => {
      const value = variableTypes[type].parse(texts[name] ?? '')
      if (isRefusal(value)) throw new Error(value.what)
      return [name, { value, by: 'given', origin: { file } }] as const
    }),
  )
}

function isRole(text: unknown): text is Role {
  return roles.some((role) => role === text)
}

function isList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function isTexts(values: unknown): values is Record<string, string> {
  return (
    typeof values === 'object' &&
    values !== null &&
    Object.values(values).every((text) => typeof text === 'string')
  )
}
