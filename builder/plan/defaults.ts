import { type ClusterNode, masterOf } from '../model/cluster-node.js'
import type { Facts } from '../model/facts.js'
import { contains, hostAddress } from '../model/ipv4.js'
import { isIsolated, masterProvides } from '../model/topology.js'
import { derived, type Sourced, type Value } from '../model/value.js'
import { firstUid } from '../model/locked-users.js'
import type { LoginKeys } from './login.js'
import { cidrOf, hasUplink, textOf, topologyOf, type Values } from './values.js'

/**
 * The values that are derived from others and from the base image if they are not given.
 * @param facts undefined if there is no readable base image
 */
export function withDefaults(
  given: Values,
  facts: Facts | undefined,
  loginKeys: LoginKeys,
  cluster: readonly ClusterNode[],
): Values {
  const values = new Map(given)
  const standard = (name: string, value: Value | undefined, key: string): void => {
    if (value !== undefined && !values.has(name)) values.set(name, derived(value, key))
  }
  const base = facts?.users.find(({ uid }) => uid === firstUid)?.name
  standard('user', base ?? 'pi', base === undefined ? 'there is no user 1000' : "the base image's user 1000")
  addWayOut(values, cluster)
  addRoutes(values, masterOf(cluster))
  if (!values.has('authorized_keys')) values.set('authorized_keys', loginKeys)
  return values
}

/**
 * Gateway and name servers on the cluster's network. In a routed cluster both are the master, unless another computer
 * is the gateway; a node with its own uplink (Wi-Fi, a second card) uses none of them, unless they are given.
 */
function addWayOut(values: Map<string, Sourced<Value>>, cluster: readonly ClusterNode[]): void {
  const network = cidrOf(values, 'network')
  const own = cidrOf(values, 'address')
  if (network === undefined || own === undefined || !contains(network, own.address)) return
  const first = hostAddress(network, 1) ?? ''
  const topology = topologyOf(values)
  const master = masterProvides(topology) ? (masterOf(cluster)?.ip ?? '') : ''
  const standard = (name: string, value: Value, why: string) => values.set(name, derived(value, why))
  // The master is a valid gateway for all nodes except itself.
  if (own.address === master && textOf(values, 'gateway') === master) values.delete('gateway')
  if (!values.has('gateway') && own.address !== master && !isIsolated(topology) && !hasUplink(values)) {
    standard('gateway', master || first, master === '' ? 'first address of the network' : 'the master')
  }
  const gateway = textOf(values, 'gateway')
  if (values.has('dns') || hasUplink(values) || gateway === '' || gateway === 'none') return
  // The master also serves names if another computer is the gateway.
  if (master !== '' && master !== own.address) standard('dns', [master], 'the master')
  else standard('dns', [gateway], 'the gateway')
}

/**
 * A node in the master's network has the master's routes to other networks, unless it was given others. Where DHCP gives
 * the address, it gives these, too.
 */
function addRoutes(values: Map<string, Sourced<Value>>, master: ClusterNode | undefined): void {
  const own = cidrOf(values, 'address')
  const { ip = '', staticRoutes = [] } = master ?? {}
  if (staticRoutes.length === 0 || values.has('static_routes') || own === undefined) return
  if (ip !== '' && contains(own, ip)) values.set('static_routes', derived(staticRoutes, "the master's"))
}
