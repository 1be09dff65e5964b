import { linesOf, textOf } from './lines.js'

export interface HostsParameters {
  readonly hostname: string
  readonly fqdn: string
  /** Empty for a node whose address comes by DHCP. */
  readonly ip: string
  /** Other names, words. */
  readonly aliases?: string
}

/**
 * The node's own names in hosts(5). With a fixed address they resolve to that address, and the line of 127.0.1.1 is
 * removed, because MPI launchers pass the address to other nodes. With DHCP, Debian's 127.0.1.1 is kept.
 */
export function hosts(text: string, { hostname, fqdn, ip, aliases = '' }: HostsParameters): string {
  const own = ip === '' ? '127.0.1.1' : ip
  const line = `${own}\t${[fqdn, hostname, aliases].join(' ').trim()}`
  const lines = linesOf(text)
  const address = (candidate: string): string => candidate.trim().split(/\s+/, 1)[0] ?? ''
  const place = lines.findIndex((candidate) => ['127.0.1.1', own].includes(address(candidate)))
  const others = (part: string[]) => part.filter((other) => !['127.0.1.1', own].includes(address(other)))
  if (place === -1) return textOf([...lines, line])
  return textOf([...others(lines.slice(0, place)), line, ...others(lines.slice(place + 1))])
}
