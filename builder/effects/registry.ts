import type { Problem } from '../model/problem.js'
import { accounts } from './accounts.js'
import { automaticLogin } from './automatic-login.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import { hostname } from './hostname.js'
import { sshLogin } from './ssh-login.js'
import { sudo } from './sudo.js'

/** One for each promise of a card. */
const effects: readonly Effect[] = [hostname, accounts, sshLogin, automaticLogin, sudo]

/** Everything on the finished node that is against a promise of the card. */
export function checkEffects(node: FinishedNode): Problem[] {
  return effects.flatMap((effect) => effect(node))
}
