import type { ListedNode } from '../model/cluster-node.js'
import { memo } from '../model/memo.js'
import type { NodeList, Overlay } from '../model/overlay.js'
import { holds } from './conditions.js'
import type { NodeRecord } from '../model/node-record.js'

/** The lists that overlays declare, by name, as templates see them. */
export const listsOf = memo(
  (
    cluster: readonly ListedNode[],
    overlays: readonly Overlay[],
  ): Readonly<Record<string, readonly NodeRecord[]>> =>
    Object.fromEntries(
      overlays.flatMap(({ lists }) => lists).map((list) => [list.name, nodesIn(list, cluster)]),
    ),
)

/** The nodes of a list, in the order of the cluster. The same list is the same array for all nodes that have it. */
const nodesIn = memo(
  ({ where, published }: NodeList, cluster: readonly ListedNode[]): readonly NodeRecord[] =>
    recordsOf(
      cluster.filter((node) => holds(where, conditionData(node))),
      published,
    ),
)

/**
 * The records of nodes: texts only; an empty one is false.
 * @param published the fields that a node without that value has, too
 */
export const recordsOf = memo(
  (nodes: readonly ListedNode[], published: readonly string[]): readonly NodeRecord[] => {
    return nodes.map((node, index) => {
      // V8 copies one object at once; there are as many of these as nodes in all lists.
      const record: Record<string, string> & NodeRecord = { ...commonRecord(node), index: String(index) }
      for (const name of published) record[name] ??= ''
      return record
    })
  },
)

/** All but what depends on the list. */
const commonRecord = memo((node: ListedNode): NodeRecord => {
  const { hostname, fqdn, aliases, role, profile, ip, mac, reserved, serial, board, published } = node
  return {
    ...published,
    hostname,
    fqdn,
    aliases: aliases.join(' '),
    role,
    profile,
    ip,
    mac,
    reserved: reserved ? 'yes' : '',
    serial,
    board,
    number: /\d+$/.exec(hostname)?.[0] ?? '',
  }
})

/** What `where` compares: the fields, the overlays and the groups. */
const conditionData = memo((node: ListedNode) => ({
  ...commonRecord(node),
  overlay: node.overlays,
  group: node.groups,
}))
