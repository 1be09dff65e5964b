import { type FinishedNode, finishedNode } from '../effects/finished-node.js'
import { readFacts } from '../image/facts.js'
import type { OpenImage } from '../image/open-image.js'
import { coreVariables } from '../load/core-variables.js'
import type { PlanRecord } from '../model/plan-record.js'
import { isRefusal } from '../model/types/refusal.js'
import { variableTypes } from '../model/types/variable-types.js'
import type { PlainValue, Sourced, Value } from '../model/value.js'

/** A card that piimg built, as the node that it makes: its plan is written, so nothing is laid over it. */
export function nodeOfCard(image: OpenImage, { hostname, values }: PlanRecord): FinishedNode {
  const typed = Object.entries(values).map(([name, value]) => [name, sourced(name, value)] as const)
  return finishedNode(image, readFacts(image), { hostname, values: new Map(typed), boot: [], root: [] })
}

const typeOf = new Map(coreVariables.map(({ name, type }) => [name, type]))

/** The record has values as they are shown; a masked secret stays a text. */
function sourced(name: string, value: PlainValue): Sourced<Value> {
  const type = typeOf.get(name)
  const parsed =
    typeof value === 'string' && value !== '' && type !== undefined ? variableTypes[type].parse(value) : value
  return {
    value: isRefusal(parsed) ? value : parsed,
    by: 'given',
    origin: { file: 'plan of the card', key: name },
  }
}
