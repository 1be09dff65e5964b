import type { Origin } from './problem.js'

/** The names of the types that a variable can have; `model/types/variable-types.ts` says what each accepts. */
export type VariableType =
  | 'address'
  | 'board'
  | 'country'
  | 'domain'
  | 'gateway'
  | 'hostname'
  | 'interface'
  | 'ipv4'
  | 'ipv4-list'
  | 'ipv4-range'
  | 'keyboard'
  | 'lease'
  | 'lines'
  | 'mac'
  | 'locale'
  | 'network'
  | 'number'
  | 'packages'
  | 'password-hash'
  | 'psk'
  | 'serial'
  | 'ssh-keys'
  | 'ssid'
  | 'switch'
  | 'text'
  | 'timezone'
  | 'topology'
  | 'url'
  | 'username'
  | 'words'

/** A variable that piimg's core or an overlay declares. */
export interface Variable {
  readonly name: string
  readonly type: VariableType
  readonly summary: string
  /** As it would be typed; undefined: empty unless given, or worked out (the summary says how). */
  readonly default?: string
  readonly origin: Origin
}

/** Types whose values are lists: on the command line, pieces of one add up. */
export function isListType(type: VariableType): boolean {
  return ['ipv4-list', 'lines', 'packages', 'ssh-keys', 'words'].includes(type)
}

/** Lists whose pieces hold spaces, so that only lines part them. */
export function isLineType(type: VariableType): boolean {
  return type === 'lines' || type === 'ssh-keys'
}

/** Types whose values are never shown. */
export function isSecretType(type: VariableType): boolean {
  return type === 'password-hash' || type === 'psk'
}
