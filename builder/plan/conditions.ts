import type { Condition } from '../model/overlay.js'
import type { Data } from './template.js'

/** Whether all conditions hold; a name is one of `data`. */
export function holds(conditions: readonly Condition[], data: Data): boolean {
  return conditions.every(({ name, equals, negated }) => {
    const value = data[name] ?? ''
    const met = equals === undefined ? isSet(value) : wordOf(value) === equals
    return met !== negated
  })
}

function isSet(value: Data[string] & {}): boolean {
  return typeof value === 'object' ? value.length > 0 : value !== false && value !== ''
}

/** A value as it is written in a condition. */
function wordOf(value: Data[string] & {}): string {
  if (typeof value === 'object')
    return value.map((item) => (typeof item === 'string' ? item : item.hostname)).join(' ')
  return value === true ? 'yes' : value === false ? 'no' : value
}
