import { Cidr, Ipv4Range } from './ipv4.js'
import type { Origin } from './problem.js'

/** A list is given line by line (`lines`) or word by word (`words`). */
export type PlainValue = string | boolean | readonly string[]

/** What a variable is set to; `model/types/variable-types.ts` says which type has which. */
export type Value = PlainValue | Cidr | Ipv4Range

/** A value as it is written and shown. */
export function plain(value: Value): PlainValue {
  return value instanceof Cidr || value instanceof Ipv4Range ? value.toString() : value
}

/** A value, who decided it, and where. */
export interface Sourced<T> {
  readonly value: T
  /**
   * `given`: a person wrote it; `default`: the declaration of its variable has it; `derived`: it follows from
   * other values, from the base image or from this computer.
   */
  readonly by: 'given' | 'default' | 'derived'
  readonly origin: Origin
  /** The variable that it follows from, if that is one. */
  readonly from?: string
  /** For a list that overlays add to: the origin of each item. */
  readonly asked?: ReadonlyMap<string, readonly Origin[]>
}

/**
 * @param why what it follows from, as it is shown to a person
 * @param from the variable that it follows from: by changing that one, a person changes this
 */
export function derived<T>(value: T, why: string, from?: string): Sourced<T> {
  const origin = { file: 'default', key: why, isShipped: true }
  return { value, by: 'derived', origin, ...(from === undefined ? {} : { from }) }
}
