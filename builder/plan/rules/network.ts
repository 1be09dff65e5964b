import { isMaster } from '../../model/cluster-node.js'
import { contains, isInRange } from '../../model/ipv4.js'
import { leadsTo } from '../../model/route.js'
import { isIsolated, isProvider, isShared, masterProvides } from '../../model/topology.js'
import { addressOf, cidrOf, isGiven, rangeOf, routesOf, textOf, topologyOf } from '../values.js'
import { problem, type Rule } from './rule.js'

const addressInNetwork: Rule = ({ values }) => {
  const own = cidrOf(values, 'address')
  const network = cidrOf(values, 'network')
  if (own === undefined || network === undefined) return undefined
  if (contains(network, own.address) && own.prefix === network.prefix) return undefined
  const what = `${own.toString()} is not an address of ${network.toString()}`
  return problem(values, 'address', what, 'change address or network')
}

const gatewayInNetwork: Rule = ({ values }) => {
  const gateway = textOf(values, 'gateway')
  const own = cidrOf(values, 'address')
  if (gateway === '' || gateway === 'none' || own === undefined || contains(own, gateway)) return undefined
  // The rules of the cluster report problems of the master's address.
  if (!isGiven(values, 'gateway')) return undefined
  return problem(
    values,
    'gateway',
    `${gateway} cannot be reached from ${own.toString()}`,
    'the gateway must be in the same network',
  )
}

const routesToOthers: Rule = ({ values }) => {
  const network = cidrOf(values, 'network')
  // The master's own are reported there.
  if (network === undefined || !isGiven(values, 'static_routes')) return undefined
  const inside = routesOf(values).find((route) => leadsTo({ network }, route.network))
  if (inside === undefined) return undefined
  const what = `${inside.network.toString()} is in ${textOf(values, 'hostname')}'s own network, ${network.toString()}`
  return problem(values, 'static_routes', what, 'a route leads to another network')
}

const routersInNetwork: Rule = ({ values }) => {
  const own = cidrOf(values, 'address')
  // Where the router of a flat network gives the address, that may be one of another network.
  const network = own ?? (isShared(topologyOf(values)) ? undefined : cidrOf(values, 'network'))
  if (network === undefined || !isGiven(values, 'static_routes')) return undefined
  const others = [addressOf(values), network.network, network.broadcast]
  const wrong = routesOf(values).find(({ router }) => !contains(network, router) || others.includes(router))
  if (wrong === undefined) return undefined
  const what = `${wrong.router} cannot be a router of ${textOf(values, 'hostname')} (${network.toString()})`
  return problem(values, 'static_routes', what, 'the router must be another computer in the same network')
}

const gatewayIsAnother: Rule = ({ values }) => {
  const own = addressOf(values)
  if (own === '' || own !== textOf(values, 'gateway')) return undefined
  const isMaster = !isGiven(values, 'gateway') && masterProvides(topologyOf(values))
  const hint = 'number the workers from node2, or set address or gateway'
  return problem(
    values,
    'address',
    `${own} is the gateway's address${isMaster ? ", the master's" : ''}`,
    hint,
  )
}

/** In a routed cluster the master is the DHCP server; on a backbone there is none. */
const dhcpHasServer: Rule = ({ values, role }) => {
  const topology = topologyOf(values)
  const isServer = isProvider(topology, role)
  if (textOf(values, 'address') !== 'dhcp' || (!isServer && !isIsolated(topology))) return undefined
  const what = isServer
    ? 'the master is the DHCP server, so it needs a fixed address'
    : 'a backbone has no DHCP server'
  return problem(values, 'address', what, 'leave address out, or set one such as 10.0.0.3/24')
}

/** If the master is not a DHCP server, a given range would have no effect. */
const rangeHasServer: Rule = ({ values }) => {
  const topology = topologyOf(values)
  if (masterProvides(topology) || rangeOf(values) === undefined) return undefined
  const what = isShared(topology)
    ? 'in a flat network the router is the DHCP server, not the master'
    : 'a backbone has no DHCP server'
  return problem(values, 'dhcp_range', what, 'leave dhcp_range out')
}

/** Of the DHCP server's own network; a worker may be in another one. */
const rangeInNetwork: Rule = ({ values, role }) => {
  if (!isMaster({ role })) return undefined
  const range = rangeOf(values)
  const network = cidrOf(values, 'network')
  if (range === undefined || network === undefined) return undefined
  const ends = [range.first, range.last]
  if (ends.every((end) => contains(network, end) && end !== network.network && end !== network.broadcast))
    return undefined
  return problem(
    values,
    'dhcp_range',
    `${textOf(values, 'dhcp_range')} is not within ${network.toString()}`,
    'change dhcp_range or network',
  )
}

const rangeLeavesMasterOut: Rule = ({ values, role }) => {
  const range = rangeOf(values)
  const own = cidrOf(values, 'address')
  // dnsmasq never gives out its own address, so this is reported only for a range that the user gave.
  if (!isGiven(values, 'dhcp_range')) return undefined
  if (!isMaster({ role }) || range === undefined || own === undefined || !isInRange(range, own.address))
    return undefined
  return problem(
    values,
    'dhcp_range',
    `${textOf(values, 'dhcp_range')} contains the master's own address, ${own.address}`,
    'let the range begin after it',
  )
}

const reservedInNetwork: Rule = ({ values }) => {
  const reserved = textOf(values, 'reserved')
  const network = cidrOf(values, 'network')
  // In a flat cluster without a network, the router makes the reservation.
  const isForeign = isShared(topologyOf(values)) && !isGiven(values, 'network')
  if (reserved === '' || network === undefined || isForeign) return undefined
  const isHost = contains(network, reserved) && reserved !== network.network && reserved !== network.broadcast
  if (isHost) return undefined
  return problem(
    values,
    'reserved',
    `${reserved} is not a host address in ${network.toString()}`,
    'change reserved or network',
  )
}

/** Of a node's place in the cluster's network. */
export const networkRules: readonly Rule[] = [
  addressInNetwork,
  gatewayInNetwork,
  routesToOthers,
  routersInNetwork,
  gatewayIsAnother,
  dhcpHasServer,
  rangeHasServer,
  rangeInNetwork,
  rangeLeavesMasterOut,
  reservedInNetwork,
]
