import type { Condition, When } from '../model/overlay.js'
import type { Data } from './template.js'

/** Whether the conditions hold; a name is one of `data`. */
export function holds(when: When, data: Data): boolean {
  return when.length === 0 || when.some((all) => all.every((condition) => isMet(condition, data)))
}

function isMet({ name, equals, negated }: Condition, data: Data): boolean {
  const value = data[name] ?? ''
  return (equals === undefined ? isSet(value) : isOrHas(value, equals)) !== negated
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
