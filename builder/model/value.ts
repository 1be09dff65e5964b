import type { Origin } from './problem.js'

/** A list is given line by line (`lines`) or word by word (`words`). */
export type Value = string | boolean | readonly string[]

/** A value, who decided it, and where. */
export interface Sourced<T> {
  readonly value: T
  /**
   * `given`: a person wrote it; `default`: it stands in the declaration of its variable; `derived`: it follows from
   * other values, from the base image or from this computer.
   */
  readonly by: 'given' | 'default' | 'derived'
  readonly origin: Origin
  /** Of a list that overlays add to: who asked for each item. */
  readonly asked?: ReadonlyMap<string, readonly Origin[]>
}

/** @param why what it follows from, as it is shown to a person */
export function derived<T>(value: T, why: string): Sourced<T> {
  return { value, by: 'derived', origin: { file: 'default', key: why } }
}
