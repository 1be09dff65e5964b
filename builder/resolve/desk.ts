import type { Desk } from '../apply/cards.js'
import { isMaster } from '../model/cluster-node.js'
import type { Place } from '../model/place.js'
import { addressOf } from '../plan/values.js'
import type { Reachable } from '../plan/desk/ssh-config.js'
import { reachableNodes, sshConfigOf } from './reachable.js'

/** What the cards of a build mean for the user's own computer; `place` is looked at now, and again after each card. */
export function deskOf(place: Place): Desk {
  const before = reachableNodes(place.folder)
  return {
    sshConfig: () => sshConfigOf(place, reachableNodes(place.folder)),
    replaced: (built) => replacedNodes(reachableNodes(place.folder), built),
    newAddress: ({ hostname, values }) => {
      const known = before.find((node) => node.hostname === hostname)
      const now = addressOf(values)
      return known === undefined || known.ip === now ? undefined : { now, before: known.ip }
    },
  }
}

/** Nodes that were replaced by those that were built now: a renamed node has the address of the old one. */
export function replacedNodes(nodes: readonly Reachable[], built: readonly string[]): string[] {
  const now = nodes.filter(({ hostname }) => built.includes(hostname))
  const isReplaced = ({ hostname, role, ip }: Reachable) => {
    const isInPlace = (node: Reachable) =>
      (isMaster({ role }) && isMaster(node)) || (ip !== '' && node.ip === ip)
    return !built.includes(hostname) && now.some(isInPlace)
  }
  return nodes.filter(isReplaced).map(({ hostname }) => hostname)
}
