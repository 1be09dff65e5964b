import type { NodeOptions } from '../load/command-line.js'
import type { Place } from '../model/place.js'
import type { Problem } from '../model/problem.js'
import type { Purpose } from './new-state.js'

/** What to plan, for what. */
export interface PlanRequest {
  readonly place: Place
  readonly options: NodeOptions
  readonly purpose: Purpose
  /** What prevents writing the cards of these nodes, made from that base image. */
  readonly outputProblems?: (hostnames: readonly string[], base: string | undefined) => readonly Problem[]
}
