import type { Role } from './cluster-node.js'

/** The kinds of a cluster's network, and who on it gives addresses, names and the way to the internet. */
const providers = {
  /** A network of its own behind the master. */
  routed: 'master',
  /** A network that was there before, with a router and other computers in it. */
  flat: 'router',
  /** A network without a gateway: each node has an uplink of its own. */
  backbone: 'nobody',
} as const

export type Topology = keyof typeof providers

export const topologies = Object.keys(providers) as readonly Topology[]

export function isTopology(value: unknown): value is Topology {
  return typeof value === 'string' && Object.hasOwn(providers, value)
}

/** Whether the master gives addresses, names and the way to the internet. Of one that is not known nothing holds. */
export function masterProvides(topology: Topology | undefined): boolean {
  return topology !== undefined && providers[topology] === 'master'
}

/** Whether the network has a router and other computers in it. */
export function isShared(topology: Topology | undefined): boolean {
  return topology !== undefined && providers[topology] === 'router'
}

/** Whether nobody on the network gives addresses or a way to the internet. */
export function isIsolated(topology: Topology | undefined): boolean {
  return topology !== undefined && providers[topology] === 'nobody'
}

/** Whether this node is the one that provides for the others. */
export function isProvider(topology: Topology | undefined, role: Role): boolean {
  return masterProvides(topology) && role === 'master'
}

/** Whether this node has what the master provides. */
export function isProvidedFor(topology: Topology | undefined, role: Role): boolean {
  return masterProvides(topology) && role === 'worker'
}
