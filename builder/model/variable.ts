import type { Origin } from './problem.js'
import type { VariableType } from './types/variable-types.js'

/** A variable that piimg's core or an overlay declares. */
export interface Variable {
  readonly name: string
  readonly type: VariableType
  readonly summary: string
  /** As it would be typed; undefined: empty unless given, or worked out (the summary says how). */
  readonly default?: string
  readonly origin: Origin
}
