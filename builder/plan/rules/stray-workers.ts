import { isMaster, masterOf } from '../../model/cluster-node.js'
import { type Cidr, contains, networkOf } from '../../model/ipv4.js'
import type { Problem } from '../../model/problem.js'
import { leadsTo } from '../../model/route.js'
import { isProvidedFor, isShared } from '../../model/topology.js'
import { addressOf, cidrOf, hasUplink, isGiven, routesOf, textOf, topologyOf } from '../values.js'
import { namesOf, type Node, problem, toChange } from './rule.js'

/** The master, and its address in its network. */
interface Center {
  readonly master: Node
  readonly at: Cidr
}

/** Workers that are not in the master's network, where no router is known that connects the two networks. */
export function strayWorkers(members: readonly Node[]): Problem[] {
  const master = masterOf(members)
  const at = master === undefined ? undefined : cidrOf(master.values, 'address')
  if (master === undefined || at === undefined) return []
  const center = { master, at }
  const elsewhere = members.filter((node) => !isMaster(node) && !isInNetwork(node, at))
  const isReached = new Map(elsewhere.map((node) => [node, hasWay(master, networkIn(node) ?? at)]))
  const isReaching = new Map(elsewhere.map((node) => [node, hasWay(node, at)]))
  const those = (reached: boolean, reaching: boolean) =>
    elsewhere.filter((node) => isReached.get(node) === reached && isReaching.get(node) === reaching)
  return [
    ...apart(center, those(false, false)),
    ...withoutRoute(center, those(true, false)),
    ...withoutWayBack(center, those(false, true)),
    ...withoutServer(center, those(true, true)),
  ]
}

/** Also where its network is not known. */
function isInNetwork(node: Node, at: Cidr): boolean {
  const network = networkIn(node)
  return network === undefined || (contains(network, at.address) && network.prefix === at.prefix)
}

/** Undefined where it was refused, and where the router of a flat network gives the address. */
function networkIn({ values }: Node): Cidr | undefined {
  const isLeased = isShared(topologyOf(values)) && cidrOf(values, 'address') === undefined
  return isLeased && isGiven(values, 'network') ? undefined : cidrOf(values, 'network')
}

/** Whether a node has a route to a network, or a gateway that may have one. */
function hasWay({ values }: Node, network: Cidr): boolean {
  if (routesOf(values).some((route) => leadsTo(route, network))) return true
  const gateway = textOf(values, 'gateway')
  if (gateway === '') return isShared(topologyOf(values)) && !hasUplink(values)
  return gateway !== 'none' && gateway !== addressOf(values) && gateway !== network.address
}

/** Neither knows a way to the other: one of them was probably given a wrong network. */
function apart({ master, at }: Center, nodes: readonly Node[]): Problem[] {
  const keys = ['address', 'network']
  const wrong = nodes.filter((node) => toChange(node, master, keys) === node)
  const right = nodes.filter((node) => !wrong.includes(node))
  const keyOf = ({ values }: Node) => (isGiven(values, 'address') ? 'address' : 'network')
  const own = networkOf(at).toString()
  const hint = `if a router connects the two networks, set gateway or static_routes for both; or put all nodes into one network:`
  return [
    ...wrong.map((node) => {
      const what = `${namesOf([node])} is in ${textOf(node.values, 'network')}, but ${namesOf([master])} (${at.toString()}) is not`
      return problem(node.values, keyOf(node), what, `${hint} network = ${own}`)
    }),
    ...byNetwork(right).map(([network, those]) => {
      const what = `${namesOf([master])} (${at.toString()}) is not in ${network}, but ${namesOf(those)} ${those.length === 1 ? 'is' : 'are'}`
      const fix = `write network = ${own} in [cluster], or for each of them`
      return problem(master.values, keyOf(master), what, `${hint} ${fix}`)
    }),
  ]
}

function withoutRoute({ master, at }: Center, nodes: readonly Node[]): Problem[] {
  const own = networkOf(at).toString()
  return byNetwork(nodes).flatMap(([network, those]) =>
    those.slice(0, 1).map(({ values }) => {
      const what = `${namesOf(those)} ${those.length === 1 ? 'has' : 'have'} no route to ${own}, the network of ${namesOf([master])}`
      const hint = `set gateway, or static_routes = ${own} via …: the router's address in ${network}`
      return problem(values, 'network', what, hint)
    }),
  )
}

function withoutWayBack({ master, at }: Center, nodes: readonly Node[]): Problem[] {
  const own = networkOf(at).toString()
  return byNetwork(nodes).flatMap(([network, those]) =>
    those.slice(0, 1).map((node) => {
      const what = `${namesOf([master])} has no route to ${network}, the network of ${namesOf(those)}`
      const again = master.isRemembered === true ? ', and build its card again' : ''
      const hint = `for ${namesOf([master])} set static_routes = ${network} via …: the router's address in ${own}${again}`
      const isHere = toChange(node, master, []) === master || node.isRemembered === master.isRemembered
      return problem(isHere ? master.values : node.values, isHere ? 'hostname' : 'network', what, hint)
    }),
  )
}

/** DHCP reaches no other network. */
function withoutServer({ master, at }: Center, nodes: readonly Node[]): Problem[] {
  return nodes
    .filter(({ values, role }) => isProvidedFor(topologyOf(values), role))
    .filter(({ values }) => cidrOf(values, 'address') === undefined)
    .map(({ values }) => {
      const what = `${textOf(values, 'hostname')} is in ${textOf(values, 'network')}, and the DHCP server, ${namesOf([master])}, in ${networkOf(at).toString()}`
      return problem(
        values,
        'address',
        what,
        'give it an address outside dhcp_range, or set dhcp_range = none',
      )
    })
}

function byNetwork(nodes: readonly Node[]): (readonly [network: string, nodes: readonly Node[]])[] {
  const networks = new Set(nodes.map(({ values }) => textOf(values, 'network')))
  return [...networks].map((network) => [
    network,
    nodes.filter(({ values }) => textOf(values, 'network') === network),
  ])
}
