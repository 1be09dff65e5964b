import { factNames, type Facts } from '../model/facts.js'
import { memo } from '../model/memo.js'
import type { Condition, Overlay, OverlayItem, When } from '../model/overlay.js'
import type { Data } from './template.js'

/** Whether the conditions hold; a name is one of `data`. */
export function holds(when: When, data: Data): boolean {
  return when.length === 0 || when.some((all) => all.every((condition) => isMet(condition, data)))
}

function isMet({ name, equals, negated }: Condition, data: Data): boolean {
  const value = data[name] ?? ''
  return (equals === undefined ? isSet(value) : isOrHas(value, equals)) !== negated
}

/** Whether a condition can hold for one node of a base image and not for another. */
export function dependsOnNode({ name }: Condition): boolean {
  return !facts.has(name)
}

const facts: ReadonlySet<string> = new Set(factNames)

/** The statements of an overlay that the facts of a base image do not exclude. */
export const itemsOn = memo(({ items }: Overlay, { tags }: Facts): readonly OverlayItem[] => {
  const ofBase = (when: When) => when.map((all) => all.filter((each) => !dependsOnNode(each)))
  return items.filter(({ when }) => holds(ofBase(when), tags))
})

function isSet(value: Data[string] & {}): boolean {
  return typeof value === 'object' ? value.length > 0 : value !== false && value !== ''
}

/** Whether a value is written like this in a condition; of a list, whether it has such an item. */
function isOrHas(value: Data[string] & {}, word: string): boolean {
  if (typeof value === 'object')
    return value.some((item) => (typeof item === 'string' ? item : item.hostname) === word)
  return (value === true ? 'yes' : value === false ? 'no' : value) === word
}
