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
  readonly origin: Origin
}
