import { type Cidr, isIpv4, networkOf, parseCidr, parseRange } from '../ipv4.js'
import { isTopology, topologies } from '../topology.js'
import type { Value } from '../value.js'
import { isRefusal, type Parse, type Refusal, refuse } from './refusal.js'

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'

/** RFC 1123. */
export const parseHostname: Parse = (text) =>
  new RegExp(`^${label}$`).test(text) && text !== 'localhost'
    ? text
    : refuse(`"${text}" is not a hostname`, 'up to 63 of a-z, 0-9 and -, such as node3 (RFC 1123)')

export function parseDomain(text: string): Value | Refusal {
  if (!new RegExp(`^${label}(\\.${label})*$`).test(text) || text.length > 200) {
    return refuse(`"${text}" is not a domain`, 'such as cluster.internal')
  }
  return /(^|\.)local$/.test(text)
    ? refuse(
        `"${text}" is reserved for multicast DNS`,
        'names that end in .local are for mDNS only (RFC 6762)',
      )
    : text
}

/** A node's own address with its network, or `dhcp`. */
export const parseAddress: Parse = (text) =>
  text === 'dhcp'
    ? text
    : (hostOf(text) ?? refuse(`"${text}" is not an address of a host`, 'write 10.0.0.3/24, or dhcp'))

function hostOf(text: string): Cidr | undefined {
  const cidr = parseCidr(text)
  if (cidr === undefined || cidr.prefix < 8 || cidr.prefix > 30) return undefined
  return cidr.address === cidr.network || cidr.address === cidr.broadcast ? undefined : cidr
}

export function parseNetwork(text: string): Value | Refusal {
  const cidr = parseCidr(text)
  if (cidr === undefined) return refuse(`"${text}" is not a network`, 'write 10.0.0.0/24')
  if (cidr.prefix < 8 || cidr.prefix > 30)
    return refuse(`/${cidr.prefix} is not a size for a cluster`, '/8 to /30')
  return hostNetwork(text, cidr)
}

function hostNetwork(text: string, cidr: Cidr): Cidr | Refusal {
  if (/^(0|127|169\.254|2(2[4-9]|[345]\d))\./.test(text))
    return refuse(
      `${text} is not a network for hosts`,
      'such as 10.0.0.0/24 or 192.168.5.0/24 (RFC 1918, RFC 6890)',
    )
  if (cidr.address === cidr.network) return cidr
  return refuse(`${text} is an address in a network`, `the network is ${networkOf(cidr).toString()}`)
}

export const parseGateway: Parse = (text) =>
  text === 'none' || isIpv4(text) ? text : refuse(`"${text}" is not an IPv4 address`, 'or write none')

export const parseIpv4: Parse = (text) => (isIpv4(text) ? text : refuse(`"${text}" is not an IPv4 address`))

/** Routes as ip-route(8) has them: `10.0.2.0/24 via 10.0.0.254`. */
export function parseRoutes(text: string): Value | Refusal {
  const words = text.split(/[\s,]+/).filter((word) => word !== '')
  const routes = Array.from({ length: Math.ceil(words.length / 3) }, (_, index) =>
    words.slice(3 * index, 3 * index + 3),
  )
  const networks = new Set<string>()
  for (const [network = '', via = '', router = ''] of routes) {
    const refusal = refusedRoute(network, via, router)
    if (refusal !== undefined) return refusal
    if (networks.has(network)) return refuse(`two routes to ${network}`, 'a network has one route')
    networks.add(network)
  }
  return routes.map((route) => route.join(' '))
}

function refusedRoute(network: string, via: string, router: string): Refusal | undefined {
  const hint = 'write 10.0.2.0/24 via 10.0.0.254, one a line'
  if (via !== 'via' || router === '') return refuse(`"${`${network} ${via}`.trim()}" is not a route`, hint)
  const cidr = parseCidr(network)
  if (cidr === undefined) return refuse(`"${network}" is not a network`, hint)
  if (cidr.prefix === 0) return refuse(`${network} is the default route`, 'write gateway = …')
  const found = hostNetwork(network, cidr)
  if (isRefusal(found)) return found
  return isIpv4(router) ? undefined : refuse(`"${router}" is not an IPv4 address`, hint)
}

export function parseAddresses(text: string): Value | Refusal {
  const addresses = text.split(/[\s,]+/).filter((word) => word !== '')
  const wrong = addresses.find((address) => !isIpv4(address))
  return wrong === undefined ? addresses : refuse(`"${wrong}" is not an IPv4 address`)
}

export const parseIpv4Range: Parse = (text) =>
  text === 'none'
    ? text
    : (parseRange(text) ??
      refuse(`"${text}" is not a range of addresses`, 'write 10.0.0.100-10.0.0.150, or none'))

/** Of one card: not of a group of cards (IEEE 802, first bit of the first byte). */
export const parseMac: Parse = (text) =>
  /^(?!00([:-]00){5})[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text) &&
  (Number.parseInt(text.slice(0, 2), 16) & 1) === 0
    ? text.toLowerCase().replaceAll('-', ':')
    : refuse(`"${text}" is not the MAC address of a network card`, 'such as dc:a6:32:01:02:03')

export const parseTopology: Parse = (text) =>
  isTopology(text)
    ? text
    : refuse(
        `"${text}" is not a topology`,
        `${topologies.slice(0, -1).join(', ')} or ${topologies.at(-1) ?? ''}`,
      )
