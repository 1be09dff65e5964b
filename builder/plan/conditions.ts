import type { Condition } from '../model/overlay.js'
import type { Data } from './template.js'

/** Whether all conditions hold; a name is one of `data`. */
export function holds(conditions: readonly Condition[], data: Data): boolean {
  return conditions.every(({ name, equals, negated }) => {
    const value = data[name] ?? ''
    const met = equals === undefined ? isSet(value) : isOrHas(value, equals)
    return met !== negated
  })
}

function isSet(value: Data[string] & {}): boolean {
  return typeof value === 'object' ? value.length > 0 : value !== false && value !== ''
}

/** Whether a value is written like this in a condition; of a list, whether it has such an item. */
function isOrHas(value: Data[string] & {}, word: string): boolean {
  if (typeof value === 'object')
    return value.some((item) => (typeof item === 'string' ? item : item.hostname) === word)
  return (value === true ? 'yes' : value === false ? 'no' : value) === word
}
