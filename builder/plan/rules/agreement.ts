import { masterOf } from '../../model/cluster-node.js'
import type { Problem } from '../../model/problem.js'
import { textOf } from '../values.js'
import { namesOf, type Node, problem, toChange } from './rule.js'

/** Values that must be the same for all nodes, so that they find each other; the topology for those of one network. */
export function strangers(members: readonly Node[]): Problem[] {
  const networks = new Set(members.map(({ values }) => textOf(values, 'network')))
  return [
    ...[...networks].flatMap((network) => {
      const those = members.filter(({ values }) => textOf(values, 'network') === network)
      return differing('topology', those, 'the nodes of one network have one topology')
    }),
    ...differing('domain', members, 'a cluster has one domain, for all nodes'),
  ]
}

function differing(name: string, members: readonly Node[], hint: string): Problem[] {
  const first = masterOf(members) ?? members[0]
  if (first === undefined) return []
  const valueOf = ({ values }: Node) => textOf(values, name)
  const common = valueOf(first)
  // What was refused is reported already.
  const others = members.filter((node) => ![common, ''].includes(common === '' ? '' : valueOf(node)))
  const says = (nodes: readonly Node[], value: string, others: readonly Node[], other: string) =>
    `${namesOf(nodes)} ${nodes.length === 1 ? 'has' : 'have'} the ${name} ${value}, and ${namesOf(others)} ${other}`
  const wrong = others.filter((node) => toChange(node, first, [name]) === node)
  const right = others.filter((node) => !wrong.includes(node))
  return [
    ...wrong.map((node) => problem(node.values, name, says([node], valueOf(node), [first], common), hint)),
    ...[...new Set(right.map(valueOf))].map((value) => {
      const nodes = right.filter((node) => valueOf(node) === value)
      return problem(
        first.values,
        name,
        says([first], common, nodes, value),
        `${hint}: write ${name} = ${common} in [cluster], or for each of them`,
      )
    }),
  ]
}
