import { isMaster, masterOf } from '../../model/cluster-node.js'
import { contains, networkOf } from '../../model/ipv4.js'
import type { Problem } from '../../model/problem.js'
import { cidrOf, isGiven, textOf } from '../values.js'
import { namesOf, type Node, problem, toChange } from './rule.js'

/** Values that must be the same for all nodes, so that they find each other. */
export function strangers(members: readonly Node[]): Problem[] {
  const first = masterOf(members) ?? members[0]
  if (first === undefined) return []
  return ['topology', 'domain'].flatMap((name) => {
    const valueOf = ({ values }: Node) => textOf(values, name)
    const common = valueOf(first)
    // What was refused is reported already.
    const others = members.filter((node) => ![common, ''].includes(common === '' ? '' : valueOf(node)))
    const says = (nodes: readonly Node[], value: string, others: readonly Node[], other: string) =>
      `${namesOf(nodes)} ${nodes.length === 1 ? 'has' : 'have'} the ${name} ${value}, and ${namesOf(others)} ${other}`
    const wrong = others.filter((node) => toChange(node, first, [name]) === node)
    const right = others.filter((node) => !wrong.includes(node))
    const hint = `a cluster has one ${name}, for all nodes`
    return [
      ...wrong.map((node) => problem(node.values, name, says([node], valueOf(node), [first], common), hint)),
      ...[...new Set(right.map(valueOf))].map((value) => {
        const nodes = right.filter((node) => valueOf(node) === value)
        return problem(
          first.values,
          name,
          says([first], common, nodes, value),
          `${hint}: ${inCluster(name, common)}`,
        )
      }),
    ]
  })
}

/** Workers that cannot reach the master over the cluster's network. */
export function strayWorkers(members: readonly Node[]): Problem[] {
  const master = masterOf(members)
  const at = master === undefined ? undefined : cidrOf(master.values, 'address')
  if (master === undefined || at === undefined) return []
  const isReached = ({ values }: Node) => {
    const network = cidrOf(values, 'network')
    return network === undefined || (contains(network, at.address) && network.prefix === at.prefix)
  }
  const stray = members.filter((node) => !isMaster(node) && !isReached(node))
  const keys = ['address', 'network']
  const wrong = stray.filter((node) => toChange(node, master, keys) === node)
  const right = stray.filter((node) => !wrong.includes(node))
  const keyOf = ({ values }: Node) => (isGiven(values, 'address') ? 'address' : 'network')
  const network = networkOf(at).toString()
  const hint = 'put all nodes into one network'
  return [
    ...wrong.map((node) => {
      const what = `${namesOf([node])} is in ${textOf(node.values, 'network')}, but ${namesOf([master])} (${at.toString()}) is not`
      return problem(node.values, keyOf(node), what, `${hint}: network = ${network}`)
    }),
    ...[...new Set(right.map(({ values }) => textOf(values, 'network')))].map((other) => {
      const nodes = right.filter(({ values }) => textOf(values, 'network') === other)
      const what = `${namesOf([master])} (${at.toString()}) is not in ${other}, but ${namesOf(nodes)} ${nodes.length === 1 ? 'is' : 'are'}`
      return problem(master.values, keyOf(master), what, `${hint}: ${inCluster('network', network)}`)
    }),
  ]
}

function inCluster(name: string, value: string): string {
  return `write ${name} = ${value} in [cluster], or for each of them`
}
