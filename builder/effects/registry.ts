import type { Problem } from '../model/problem.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import { hostname } from './hostname.js'
import { identity } from './identity.js'
import { keyboard } from './keyboard.js'
import { language } from './language.js'
import { names } from './names.js'
import { timeZone } from './time-zone.js'

/** One for each promise of a card. */
const effects: readonly Effect[] = [hostname, identity, names, language, keyboard, timeZone]

/** Everything on the finished node that is against a promise of the card. */
export function checkEffects(node: FinishedNode): Problem[] {
  return effects.flatMap((effect) => effect(node))
}
