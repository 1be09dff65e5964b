import type { ListedNode } from '../../model/cluster-node.js'
import type { Condition, NodeList, Overlay } from '../../model/overlay.js'
import { changeable, error, type Problem } from '../../model/problem.js'
import { listsOf } from '../node-lists.js'
import { placeOf, type Values } from '../values.js'

/** A node with the overlays that declare its lists. */
interface NodeWithLists {
  readonly values: Values
  readonly overlays: readonly Overlay[]
}

/**
 * Lists that hold too few nodes or too many, and groups that no node is in.
 * @param isWhole whether these are all nodes; otherwise others may still be built
 */
export function checkLists(
  nodes: readonly NodeWithLists[],
  cluster: readonly ListedNode[],
  isWhole: boolean,
): Problem[] {
  const seen = new Set<NodeList>()
  return nodes.flatMap(({ values, overlays }) =>
    overlays
      .flatMap(({ name, lists }) => lists.map((list) => ({ name, list })))
      .filter(({ list }) => !seen.has(list) && seen.add(list))
      .flatMap(({ name, list }) => {
        const where = changeable(list.origin) ?? placeOf(values, 'hostname')
        const count = listsOf(cluster, overlays)[list.name]?.length ?? 0
        return [
          ...wrongCount(name, list, count, isWhole),
          ...(isWhole ? emptyGroups(list, cluster) : []),
        ].map((problem) => ({ ...problem, where }))
      }),
  )
}

function wrongCount(
  overlay: string,
  { name, where, least, most, origin }: NodeList,
  count: number,
  isWhole: boolean,
): Problem[] {
  if (count >= least && count <= most) return []
  const wanted = most === Infinity ? `at least ${least}` : least === most ? `${least}` : `${least} to ${most}`
  const text = where.map((all) => all.map(written).join(' ')).join(' | ')
  const what = `the list ${name} needs ${wanted} node${wanted === '1' ? '' : 's'} with ${text}, and has ${count}`
  const hint =
    count < least
      ? `give nodes that overlay or group in cluster.ini, or take the overlay ${overlay}, which has the list, from all`
      : 'take that overlay or group from some nodes in cluster.ini'
  const problem = error(origin, what, hint)
  // Without a cluster file, cards are built one after the other.
  return [{ ...problem, severity: !isWhole && count < least ? 'warning' : 'error' }]
}

function written({ name, equals, negated }: Condition): string {
  return `${negated ? '!' : ''}${name}${equals === undefined ? '' : `=${equals}`}`
}

function emptyGroups({ where, name, origin }: NodeList, cluster: readonly ListedNode[]): Problem[] {
  const wanted = where.flat().filter((condition) => condition.name === 'group' && !condition.negated)
  const groups = new Set(cluster.flatMap((node) => node.groups))
  return wanted
    .filter(({ equals = '' }) => !groups.has(equals))
    .map(({ equals = '' }) => {
      const hint = `write a section [group ${equals}], and groups = ${equals} for its nodes`
      return error(origin, `the list ${name} asks for the group ${equals}, in which is no node`, hint)
    })
}
