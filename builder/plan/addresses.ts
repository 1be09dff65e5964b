import type { ClusterNode, Role } from '../model/cluster-node.js'
import { hostAddress, isInRange, lastQuarter, parseCidr, parseRange } from '../model/ipv4.js'
import type { Problem } from '../model/problem.js'
import { derived, type Sourced, type Value } from '../model/value.js'
import { addressOf, isGiven, textOf, type Values } from './values.js'

type Draft = Map<string, Sourced<Value>>

/**
 * The values with the node's address and network, which follow from nothing but its own values and its role. A given
 * address brings its network with it; else the master is the first of the network, and a worker's number counts in it.
 */
export function withAddress(given: Values, role: Role): { values: Values; problems: Problem[] } {
  const values: Draft = new Map(given)
  const problem = values.has('address') ? undefined : addAddress(values, role)
  const cidr = parseCidr(String(values.get('address')?.value))
  const address = given.get('address')
  if (address !== undefined && cidr !== undefined && values.has('network') && !isGiven(values, 'network')) {
    values.set('network', { ...address, value: `${cidr.network}/${cidr.prefix}` })
  }
  addRange(values)
  return { values, problems: problem === undefined ? [] : [problem] }
}

/** What the nodes of a cluster know of each other. */
export function clusterOf(nodes: readonly { readonly values: Values; readonly role: Role }[]): ClusterNode[] {
  const taken = new Set(nodes.map(({ values }) => textOf(values, 'hostname')))
  return nodes.map(({ values, role }) => {
    const hostname = textOf(values, 'hostname')
    return {
      hostname,
      fqdn: `${hostname}.${textOf(values, 'domain')}`,
      aliases: role === 'master' ? ['master', 'node1'].filter((name) => !taken.has(name)) : [],
      role,
      ip: addressOf(values),
      mac: textOf(values, 'mac'),
      reserved: values.has('reserved'),
    }
  })
}

function addAddress(values: Draft, role: Role): Problem | undefined {
  const hostname = values.get('hostname')
  const network = values.get('network')
  const cidr = parseCidr(String(network?.value))
  if (hostname === undefined || cidr === undefined) return undefined
  const standard = (value: string, why: string) => values.set('address', derived(value, why))
  const name = String(hostname.value)
  const topology = textOf(values, 'topology')
  const isFlat = topology === 'flat'
  if (isFlat && !isGiven(values, 'network')) {
    standard('dhcp', 'topology = flat')
    return undefined
  }
  const number = role === 'master' && !isFlat ? '1' : /(\d+)$/.exec(name)?.[1]
  const own = number === undefined ? undefined : hostAddress(cidr, Number(number))
  if (number === undefined || own === undefined) {
    const what =
      number === undefined
        ? `"${name}" has no number to make an address of`
        : `number ${number} of "${name}" is no host of ${cidr.network}/${cidr.prefix}`
    const hint = 'give it an address, such as 10.0.0.3/24, or dhcp'
    return { severity: 'error', where: hostname.origin, what, hint }
  }
  const key =
    role === 'master'
      ? `the master is the first of ${cidr.network}/${cidr.prefix}`
      : `number ${number} of ${cidr.network}/${cidr.prefix}`
  const range = parseRange(textOf(values, 'dhcp_range'))
  // Seed 001: the server hands the address out, to this node and no other.
  if (topology === 'routed' && role === 'worker' && range !== undefined && isInRange(range, own)) {
    if (!values.has('reserved')) values.set('reserved', derived(own, key))
    standard('dhcp', `${own} lies in dhcp_range`)
  } else standard(`${own}/${cidr.prefix}`, key)
  return undefined
}

/** Only a routed cluster has a DHCP server. */
function addRange(values: Draft): void {
  const cidr = parseCidr(textOf(values, 'network'))
  if (values.has('dhcp_range') || cidr === undefined || textOf(values, 'topology') !== 'routed') return
  const range = lastQuarter(cidr)
  const value = range === undefined ? 'none' : `${range.first}-${range.last}`
  values.set('dhcp_range', derived(value, 'the last quarter of the network'))
}
