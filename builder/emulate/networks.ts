import { createHash } from 'node:crypto'
import { isMaster, type Role } from '../model/cluster-node.js'
import { Cidr, contains, hostAddress, networkOf } from '../model/ipv4.js'
import { isIsolated, isProvider, isShared, type Topology } from '../model/topology.js'

/** QEMU's user network, which represents everything outside the node. */
export interface UserNetwork {
  /** CIDR. */
  readonly network: string
  /** QEMU's own address, which also routes to the outside. */
  readonly host: string
  /** Answers DNS by asking this computer's resolver. */
  readonly dns: string
  /** The first address that its DHCP server gives. */
  readonly lease: string
  /** Where the node listens. */
  readonly guest: string
}

/** A user network, and the port of this computer that is forwarded to port 22 of its node. */
export interface UserPort {
  readonly network: UserNetwork
  readonly sshPort?: number
}

/** A network card, and what it is connected to. */
export interface NetworkCard {
  readonly mac: string
  readonly lead: 'switch' | UserPort
}

/** All of a node's network, eth0 first. */
export interface NodeNetwork {
  readonly cards: readonly NetworkCard[]
  /** A computer on the switch that only this node sees; `leases`: whether it is the DHCP server. */
  readonly outside?: UserPort & { readonly leases: boolean }
}

/** What a card image says of its node's place; empty texts, or undefined, where it says nothing. */
export interface NodePlace {
  /** The image's name: each card has MAC addresses of its own. */
  readonly label: string
  readonly role: Role
  readonly topology: Topology | undefined
  /** Undefined also where DHCP gives it. */
  readonly address: Cidr | undefined
  readonly network: Cidr | undefined
  /** The address that the master's DHCP server reserves for it. */
  readonly reserved: string
  /** On the cluster's network. */
  readonly gateway: string
  readonly dns: readonly string[]
  readonly mac: string
  /** Whether it has Wi-Fi or a second card. The emulator uses a second card for both. */
  readonly hasUplink: boolean
  /** Whether its card on the cluster's network is a Wi-Fi card, which QEMU does not have. */
  readonly isOnWifi: boolean
}

/**
 * The network of a node that is booted alone. Except for a master, QEMU replaces the other computers. A node on Wi-Fi has a
 * wired card beside it, for which it asks for an address as on any computer.
 */
export function networkAlone(node: NodePlace, sshPort: number): NodeNetwork {
  if (node.isOnWifi) return { cards: [uplinkOf(node, { sshPort })] }
  if (isMaster(node)) return networksOfCluster([node], sshPort)[0] ?? { cards: [] }
  const network = userNetwork(node.address, node.gateway, node.dns)
  const uplink = isOnItsOwn(node) ? [uplinkOf(node, {})] : []
  return { cards: [{ mac: macOf(node), lead: { network, sshPort } }, ...uplink] }
}

/**
 * The networks of nodes that are booted together: each eth0 is connected to one switch. A node with its own internet
 * connection has it on eth1. If another computer is the gateway, QEMU replaces it for each node separately.
 * @param sshPort is forwarded to the master
 */
export function networksOfCluster(nodes: readonly NodePlace[], sshPort: number): NodeNetwork[] {
  const own = nodes.map(({ address, reserved }) => address?.address ?? reserved).filter(Boolean)
  const isOutside = (address: string) => address !== '' && !own.includes(address)
  const common = nodes.map((node) => node.gateway).find(isOutside)
  return nodes.map((node, index) => {
    // Nodes in another network have a router of their own; a node whose address comes by DHCP says of none.
    const gateway = node.gateway === '' || isOutside(node.gateway) ? node.gateway || common : undefined
    const forward = isMaster(node) ? { sshPort } : {}
    const eth0 = { mac: macOf(node), lead: 'switch' } as const
    if (isOnItsOwn(node)) return { cards: [eth0, uplinkOf(node, forward)] }
    const leases = isShared(node.topology)
    if (gateway === undefined && !leases) return { cards: [eth0] }
    const dns = node.dns.filter((address) => !own.includes(address))
    const network =
      leases && node.address === undefined
        ? ordinaryNetwork(index)
        : userNetwork(addressOf(node), gateway, dns, own)
    return { cards: [eth0], outside: { network, ...forward, leases } }
  })
}

/** Whether a node's gateway to the internet is outside the cluster's network. */
function isOnItsOwn({ role, topology, gateway, hasUplink }: NodePlace): boolean {
  return hasUplink || isIsolated(topology) || (isProvider(topology, role) && gateway === '')
}

/** The node's address, or its network, as far as they are known. */
function addressOf({ address, reserved, network }: NodePlace): Cidr | undefined {
  return address ?? (reserved === '' ? network : new Cidr(reserved, network?.prefix ?? 24))
}

function uplinkOf({ label, network }: NodePlace, forward: { readonly sshPort?: number }): NetworkCard {
  return { mac: derivedMac(`${label} uplink`), lead: { network: networkBeside(network), ...forward } }
}

function macOf({ mac, label }: NodePlace): string {
  return mac === '' ? derivedMac(label) : mac
}

/** One of Raspberry Pi's own, so that the kernel names the card eth0 even if it names USB cards by address. */
function derivedMac(label: string): string {
  const [a = '', b = '', c = ''] = createHash('sha256').update(label).digest('hex').match(/../g) ?? []
  return `dc:a6:32:${a}:${b}:${c}`
}

/** QEMU's own (qemu(1), `-netdev user`), and the one that replaces it if the cluster uses that network. */
const ordinaryNumbers = ['10.0.2', '172.20.2'] as const

/** @param index of the node; no two nodes get the same address */
function ordinaryNetwork(index = 0, numbers: string = ordinaryNumbers[0]): UserNetwork {
  const lease = `${numbers}.${15 + index}`
  return { network: `${numbers}.0/24`, host: `${numbers}.2`, dns: `${numbers}.3`, lease, guest: lease }
}

/** A network that does not overlap another one. */
function networkBeside(other: Cidr | undefined): UserNetwork {
  const overlaps = (numbers: string) => other !== undefined && contains(widerOf(other, 24), `${numbers}.0`)
  return ordinaryNetwork(
    0,
    ordinaryNumbers.find((numbers) => !overlaps(numbers)),
  )
}

/**
 * A network that contains the gateway and the DNS server of a node with a fixed address.
 * @param cidr the node's address; undefined: QEMU gives one
 * @param others addresses that QEMU must not use
 */
export function userNetwork(
  cidr: Cidr | undefined,
  gateway: string | undefined,
  dns: readonly string[],
  others: readonly string[] = [],
): UserNetwork {
  if (cidr === undefined) return ordinaryNetwork()
  // QEMU needs room for its own addresses.
  const network = widerOf(cidr, 24)
  const taken = new Set([cidr.address, ...others])
  const isInside = (candidate: string | undefined): candidate is string =>
    candidate !== undefined && candidate !== '' && contains(network, candidate) && candidate !== cidr.address
  const take = (wanted: string | undefined): string => {
    let number = 1
    let found = isInside(wanted) && !taken.has(wanted) ? wanted : undefined
    while (found === undefined) {
      const next = hostAddress(network, number++) ?? ''
      if (next === '' || !taken.has(next)) found = next
    }
    taken.add(found)
    return found
  }
  // QEMU answers for each of its addresses, so gateway and DNS server can have the same address.
  const server = take(dns.find(isInside) ?? gateway)
  const host = take(gateway)
  const lease = take(undefined)
  return { network: networkOf(network).toString(), host, dns: server, lease, guest: cidr.address }
}

/** The network that contains another one and has at most this prefix length. */
function widerOf(cidr: Cidr, bits: number): Cidr {
  return cidr.prefix <= bits ? cidr : new Cidr(cidr.address, bits)
}
