import type { Duplex } from 'node:stream'

/** A node's cable, and the cable of the computer that only this node sees, if there is one. */
interface Port {
  readonly cable: Duplex
  readonly outside?: Outside | undefined
  /** The MAC address of that computer, after its first frame. */
  outsideAddress?: string
}

export interface Outside {
  readonly cable: Duplex
  /** Whether its DHCP answers reach the node. */
  readonly leases: boolean
}

/** Bytes that are queued for a guest before frames are dropped, as in a real switch. */
const patience = 2 ** 20

/**
 * An Ethernet switch for guests. A cable carries packets as QEMU's `-netdev socket,fd=` does (net/socket.c): the length
 * of a frame in four bytes, big-endian, and the frame. No other program of this computer can plug in or listen.
 */
export class Switch {
  readonly #ports = new Set<Port>()
  /** The port where each MAC address was last seen. */
  readonly #seen = new Map<string, Port>()

  /** Connects a node until its socket closes. */
  plug(cable: Duplex, outside?: Outside): void {
    const port: Port = { cable, outside }
    this.#ports.add(port)
    onPackets(cable, (packet) => this.#fromNode(port, packet))
    cable.once('close', () => this.#unplug(port))
    if (outside === undefined) return
    onPackets(outside.cable, (packet) => {
      port.outsideAddress = sourceOf(packet)
      if (outside.leases || !isDhcpAnswer(packet)) send(cable, packet)
    })
  }

  #fromNode(port: Port, packet: Buffer): void {
    this.#seen.set(sourceOf(packet), port)
    for (const cable of this.#waysTo(targetOf(packet), port)) send(cable, packet)
  }

  /** To the port of an address, or to all other ports. */
  #waysTo(target: string, port: Port): Duplex[] {
    const outside = port.outside === undefined ? [] : [port.outside.cable]
    if (target === port.outsideAddress) return outside
    const known = this.#seen.get(target)
    const others = known === undefined ? [...this.#ports] : [known]
    const cables = others.filter((other) => other !== port).map(({ cable }) => cable)
    return known === undefined ? [...cables, ...outside] : cables
  }

  #unplug(port: Port): void {
    this.#ports.delete(port)
    for (const [address, where] of this.#seen) if (where === port) this.#seen.delete(address)
  }
}

const headerSize = 4

function onPackets(cable: Duplex, take: (packet: Buffer) => void): void {
  let rest = Buffer.alloc(0)
  cable.on('data', (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes])
    for (let size = packetSize(rest); size <= rest.length; size = packetSize(rest)) {
      take(rest.subarray(0, size))
      rest = rest.subarray(size)
    }
  })
}

function packetSize(bytes: Buffer): number {
  return bytes.length < headerSize ? Infinity : headerSize + bytes.readUInt32BE(0)
}

function send(cable: Duplex, packet: Buffer): void {
  if (cable.writable && cable.writableLength < patience) cable.write(packet)
}

function targetOf(packet: Buffer): string {
  return packet.toString('latin1', headerSize, headerSize + 6)
}

function sourceOf(packet: Buffer): string {
  return packet.toString('latin1', headerSize + 6, headerSize + 12)
}

/** IPv4 (EtherType 0x0800), UDP (17), from port 67: RFC 2131. */
function isDhcpAnswer(packet: Buffer): boolean {
  const frame = packet.subarray(headerSize)
  const ip = frame.subarray(14)
  const udp = ip.subarray(((ip[0] ?? 0) & 15) * 4)
  return frame[12] === 8 && frame[13] === 0 && ip[9] === 17 && udp[0] === 0 && udp[1] === 67
}
