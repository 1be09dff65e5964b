import type { Facts } from '../../model/facts.js'
import { isMaster } from '../../model/cluster-node.js'
import type { Problem } from '../../model/problem.js'
import { textOf, type Values } from '../values.js'
import { type Node, problem, toChange } from './rule.js'

export interface Planned extends Node {
  readonly facts: Facts
}

/** The values that the rules below read. Those of a thousand plans are kept until all are made. */
export function valuesForMpi(values: Values): Values {
  return new Map(
    ['hostname', 'mpi', 'user'].flatMap((name) => {
      const value = values.get(name)
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}

/** Rules for nodes that compute together: MPI needs the same architecture, release and user. */
export function checkMpi(nodes: readonly Planned[]): Problem[] {
  const computing = nodes
    .filter(({ values }) => values.has('mpi') && textOf(values, 'mpi') !== 'none')
    .toSorted((a, b) => Number(isMaster(b)) - Number(isMaster(a)))
  const systemOf = ({ facts }: Planned) => `${facts.release} ${facts.architecture}`
  const userOf = ({ values }: Planned) => textOf(values, 'user')
  const nameOf = ({ values }: Planned) => textOf(values, 'hostname')
  return [
    ...oddOnes(computing, systemOf).map(({ odd, other }) => {
      const what = `${nameOf(odd)} is ${systemOf(odd)}, and ${nameOf(other)} is ${systemOf(other)}: MPI cannot run on both`
      return problem(
        odd.values,
        'hostname',
        what,
        `use the image ${other.facts.file} for it, or set mpi = none for it`,
      )
    }),
    ...oddOnes(computing, userOf).map(({ odd, other }): Problem => {
      const what = `${nameOf(odd)} has the user ${userOf(odd)}, and ${nameOf(other)} ${userOf(other)}: MPI needs the same user on all nodes`
      const { values } = toChange(odd, other, ['user'])
      const hint = `set user = ${userOf(other)} for all nodes, or mpi = none for it`
      return { ...problem(values, 'user', what, hint), severity: 'warning' }
    }),
  ]
}

/** The nodes that differ from most nodes, or from the first, each with one that does not. */
function oddOnes(
  nodes: readonly Planned[],
  keyOf: (node: Planned) => string,
): { odd: Planned; other: Planned }[] {
  const counts = new Map<string, number>()
  for (const node of nodes) counts.set(keyOf(node), (counts.get(keyOf(node)) ?? 0) + 1)
  const countOf = (node: Planned) => counts.get(keyOf(node)) ?? 0
  const [other] = nodes.toSorted((a, b) => countOf(b) - countOf(a))
  if (other === undefined) return []
  return nodes.filter((node) => keyOf(node) !== keyOf(other)).map((odd) => ({ odd, other }))
}
