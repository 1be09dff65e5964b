import type { Origin } from './problem.js'
import type { VariableType } from './types/variable-types.js'

/** A variable that piimg's core or an overlay declares. */
export interface Variable {
  readonly name: string
  readonly type: VariableType
  readonly summary: string
  /** As a user would type it; undefined: empty unless given, or derived (the summary explains how). */
  readonly default?: string
  /** Whether other nodes may read the value of this one: a field of lists of nodes. */
  readonly isPublished?: boolean
  /** Whether overlays that need this one may read the value, and add to it if it is a list. */
  readonly isOpen?: boolean
  /** Of a secret: how it is made where nobody gives it, and which nodes have the same. */
  readonly secret?: SecretSource
  readonly origin: Origin
}

/** Where a secret comes from that nobody gives. */
export interface SecretSource {
  readonly form: (typeof secretForms)[number]
  /** Random bytes; for `letters` characters. */
  readonly length: number
  readonly shared: SecretScope
}

/** Which nodes have the same secret. */
export type SecretScope =
  { readonly kind: 'cluster' | 'node' } | { readonly kind: 'group'; readonly group: string }

export const secretForms = ['hex', 'base64', 'letters'] as const
