import ipaddr from 'ipaddr.js'

export interface Cidr {
  readonly address: string
  /** Bits, 0 to 32. */
  readonly prefix: number
  /** The network's own address, all host bits 0. */
  readonly network: string
  readonly broadcast: string
}

/** `10.0.0.3/24` taken apart; undefined if it is not four decimal numbers and a prefix. */
export function parseCidr(text: string): Cidr | undefined {
  const [, address, bits] = /^([\d.]+)\/(0|[1-9]\d?)$/.exec(text) ?? []
  if (address === undefined || !isIpv4(address) || Number(bits) > 32) return undefined
  return {
    address,
    prefix: Number(bits),
    network: ipaddr.IPv4.networkAddressFromCIDR(text).toString(),
    broadcast: ipaddr.IPv4.broadcastAddressFromCIDR(text).toString(),
  }
}

/** Four decimal numbers without leading zeros. */
export function isIpv4(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text)
}

export function contains(cidr: Cidr, address: string): boolean {
  return ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parse(cidr.network), cidr.prefix)
}

/** The `number`th address of the network; undefined if it is not a host's there. */
export function hostAddress(cidr: Cidr, number: number): string | undefined {
  const first = toNumber(cidr.network)
  const last = toNumber(cidr.broadcast)
  const wanted = first + number
  if (wanted <= first || wanted >= last) return undefined
  return [24, 16, 8, 0].map((shift) => (wanted >>> shift) & 255).join('.')
}

function toNumber(address: string): number {
  return ipaddr.IPv4.parse(address)
    .toByteArray()
    .reduce((sum, byte) => sum * 256 + byte, 0)
}
