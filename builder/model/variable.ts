import type { Origin } from './problem.js'

/** A list is given line by line (`lines`) or word by word (`words`). */
export type Value = string | boolean | readonly string[]

/** A value and where it was given. */
export interface Sourced<T> {
  readonly value: T
  readonly origin: Origin
}

/** The names of the types that a variable can have; `load/variable-types.ts` says what each accepts. */
export type VariableType =
  | 'address'
  | 'board'
  | 'country'
  | 'domain'
  | 'gateway'
  | 'hostname'
  | 'interface'
  | 'ipv4-list'
  | 'keyboard'
  | 'lines'
  | 'locale'
  | 'network'
  | 'password-hash'
  | 'psk'
  | 'ssh-keys'
  | 'ssid'
  | 'switch'
  | 'text'
  | 'timezone'
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
