import ipaddr from 'ipaddr.js'

/** An address with its network, such as `10.0.0.3/24`, which is also its text. */
export class Cidr {
  readonly address: string
  /** Bits, 0 to 32. */
  readonly prefix: number
  /** The network's own address, all host bits 0. */
  readonly network: string
  readonly broadcast: string

  constructor(address: string, prefix: number) {
    this.address = address
    this.prefix = prefix
    const text = `${address}/${prefix}`
    this.network = ipaddr.IPv4.networkAddressFromCIDR(text).toString()
    this.broadcast = ipaddr.IPv4.broadcastAddressFromCIDR(text).toString()
  }

  toString(): string {
    return `${this.address}/${this.prefix}`
  }

  toJSON(): string {
    return this.toString()
  }
}

/** Undefined if a text is not four decimal numbers and a prefix. */
export function parseCidr(text: string): Cidr | undefined {
  const [, address, bits] = /^([\d.]+)\/(0|[1-9]\d?)$/.exec(text) ?? []
  if (address === undefined || !isIpv4(address) || Number(bits) > 32) return undefined
  return new Cidr(address, Number(bits))
}

/** The network of an address. */
export function networkOf({ network, prefix }: Cidr): Cidr {
  return new Cidr(network, prefix)
}

/** Four decimal numbers without leading zeros. */
export function isIpv4(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text)
}

export function contains(cidr: Cidr, address: string): boolean {
  return ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parse(cidr.network), cidr.prefix)
}

/** The `number`th address of the network; undefined if that is not a host address. */
export function hostAddress(cidr: Cidr, number: number): string | undefined {
  const first = toNumber(cidr.network)
  const last = toNumber(cidr.broadcast)
  const wanted = first + number
  return wanted <= first || wanted >= last ? undefined : toText(wanted)
}

/** `255.255.255.0` of 24. */
export function netmask(prefix: number): string {
  return ipaddr.IPv4.subnetMaskFromPrefixLength(prefix).toString()
}

/** Addresses from the first to the last, both included; its text is `10.0.0.2-10.0.0.64`. */
export class Ipv4Range {
  readonly first: string
  readonly last: string

  constructor(first: string, last: string) {
    this.first = first
    this.last = last
  }

  toString(): string {
    return `${this.first}-${this.last}`
  }

  toJSON(): string {
    return this.toString()
  }
}

/** Undefined if a text is not two addresses with a hyphen, the lower one first. */
export function parseRange(text: string): Ipv4Range | undefined {
  const [first = '', last = '', ...rest] = text.split('-').map((word) => word.trim())
  if (!isIpv4(first) || !isIpv4(last) || rest.length > 0 || toNumber(first) > toNumber(last)) return undefined
  return new Ipv4Range(first, last)
}

export function isInRange({ first, last }: Ipv4Range, address: string): boolean {
  return toNumber(first) <= toNumber(address) && toNumber(address) <= toNumber(last)
}

/** The last quarter of a network's hosts; undefined where that is fewer than four. */
export function lastQuarter(cidr: Cidr): Ipv4Range | undefined {
  const size = 2 ** (32 - cidr.prefix)
  if (size < 16) return undefined
  const start = toNumber(cidr.network)
  return new Ipv4Range(toText(start + (size / 4) * 3), toText(start + size - 2))
}

/** A network as patterns in which `*` matches the rest: `10.0.0.*`, or one for each number where its prefix ends. */
export function patternsOf({ network, prefix }: Cidr): string[] {
  const numbers = network.split('.')
  const fixed = Math.floor(prefix / 8)
  const begin = numbers.slice(0, fixed)
  if (prefix % 8 === 0) return [[...begin, '*'].join('.')]
  const end = fixed < 3 ? ['*'] : []
  return Array.from({ length: 2 ** (8 - (prefix % 8)) }, (_, index) =>
    [...begin, Number(numbers[fixed]) + index, ...end].join('.'),
  )
}

function toText(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.')
}

function toNumber(address: string): number {
  return ipaddr.IPv4.parse(address)
    .toByteArray()
    .reduce((sum, byte) => sum * 256 + byte, 0)
}
