import {
  type ClusterNode,
  isMaster,
  type ListedNode,
  type Membership,
  type Role,
} from '../model/cluster-node.js'
import { Cidr, hostAddress, isInRange, lastQuarter, networkOf } from '../model/ipv4.js'
import { error, type Problem } from '../model/problem.js'
import { isProvidedFor, isShared, masterProvides } from '../model/topology.js'
import { derived, type Sourced, type Value } from '../model/value.js'
import { addressOf, cidrOf, isGiven, rangeOf, routeTexts, textOf, topologyOf, type Values } from './values.js'

type Draft = Map<string, Sourced<Value>>

/**
 * The values with the node's address and network, which are derived from its own values and its role. A given address
 * defines its network. Otherwise the master has the first address of the network, and a worker's number is the number
 * of its address.
 */
export function withAddress(given: Values, role: Role): { values: Values; problems: Problem[] } {
  const values: Draft = new Map(given)
  const problem = values.has('address') ? undefined : addAddress(values, role)
  const cidr = cidrOf(values, 'address')
  const address = given.get('address')
  if (address !== undefined && cidr !== undefined && values.has('network') && !isGiven(values, 'network')) {
    values.set('network', { ...address, value: networkOf(cidr) })
  }
  addRange(values)
  return { values, problems: problem === undefined ? [] : [problem] }
}

/** The records of the nodes that other nodes use. */
export function clusterOf(nodes: readonly { readonly values: Values; readonly role: Role }[]): ClusterNode[] {
  const taken = new Set(nodes.map(({ values }) => textOf(values, 'hostname')))
  return nodes.map(({ values, role }) => {
    const hostname = textOf(values, 'hostname')
    return {
      hostname,
      fqdn: `${hostname}.${textOf(values, 'domain')}`,
      aliases: isMaster({ role }) ? ['master', 'node1'].filter((name) => !taken.has(name)) : [],
      role,
      ip: addressOf(values),
      mac: textOf(values, 'mac'),
      reserved: values.has('reserved'),
      ...(isMaster({ role }) ? { staticRoutes: routeTexts(values) } : {}),
    }
  })
}

/** A node before its base image is known. */
export interface Member {
  readonly values: Values
  readonly role: Role
  readonly membership: Membership
}

/** The nodes as lists of nodes have them. */
export function listedNodes(members: readonly Member[]): ListedNode[] {
  const cluster = clusterOf(members)
  return members.map(({ values, membership }, index) => ({
    ...(cluster[index] as ClusterNode),
    ...membership,
    serial: textOf(values, 'serial'),
    board: textOf(values, 'board'),
  }))
}

function addAddress(values: Draft, role: Role): Problem | undefined {
  const hostname = values.get('hostname')
  const network = cidrOf(values, 'network')
  if (hostname === undefined || network === undefined) return undefined
  const standard = (value: Value, why: string) => values.set('address', derived(value, why))
  const name = String(hostname.value)
  const topology = topologyOf(values)
  const isFlat = isShared(topology)
  if (isFlat && !isGiven(values, 'network')) {
    values.set('address', derived('dhcp', 'topology = flat', 'topology'))
    return undefined
  }
  const number = isMaster({ role }) && !isFlat ? '1' : /(\d+)$/.exec(name)?.[1]
  const own = number === undefined ? undefined : hostAddress(network, Number(number))
  if (number === undefined || own === undefined) {
    const what =
      number === undefined
        ? `"${name}" has no number for an address`
        : `number ${number} of "${name}" is not a host address in ${network.toString()}`
    const hint = 'give it an address, such as 10.0.0.3/24, or dhcp'
    return error(hostname.origin, what, hint)
  }
  const key = isMaster({ role })
    ? `the master is the first of ${network.toString()}`
    : `number ${number} of ${network.toString()}`
  const range = rangeOf(values)
  // Seed 001: the DHCP server gives this address to this node only.
  if (isProvidedFor(topology, role) && range !== undefined && isInRange(range, own)) {
    if (!values.has('reserved')) values.set('reserved', derived(own, key))
    standard('dhcp', `${own} is in dhcp_range`)
  } else standard(new Cidr(own, network.prefix), key)
  return undefined
}

/** Only a routed cluster has a DHCP server. */
function addRange(values: Draft): void {
  const network = cidrOf(values, 'network')
  if (values.has('dhcp_range') || network === undefined || !masterProvides(topologyOf(values))) return
  values.set('dhcp_range', derived(lastQuarter(network) ?? 'none', 'the last quarter of the network'))
}
