import type { Value } from '../value.js'

/** Why a text is not a value, for the user who typed it. Never contains the text if that is a secret. */
export interface Refusal {
  readonly what: string
  readonly hint?: string
}

/** Reads a text as a value. */
export type Parse = (text: string) => Value | Refusal

export function isRefusal(value: Value | Refusal): value is Refusal {
  return typeof value === 'object' && 'what' in value
}

export function refuse(what: string, hint?: string): Refusal {
  return { what, ...(hint === undefined ? {} : { hint }) }
}

export function pattern(accepted: RegExp, what: string, hint: string): Parse {
  return (text) => (accepted.test(text) ? text : refuse(`"${text}" is not ${what}`, hint))
}
