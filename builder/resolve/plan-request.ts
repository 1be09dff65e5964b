import type { NodeOptions } from '../load/command-line.js'
import type { Library } from '../load/library.js'
import type { Place } from '../model/place.js'
import type { Purpose } from './new-state.js'

/** What to plan, for what. */
export interface PlanRequest {
  readonly place: Place
  readonly options: NodeOptions
  readonly purpose: Purpose
  /** The library of the place, if it is already found. */
  readonly library?: Library
}
