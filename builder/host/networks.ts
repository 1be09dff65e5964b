import { networkInterfaces } from 'node:os'
import { type Cidr, parseCidr } from '../model/ipv4.js'

/** This computer's IPv4 addresses with their networks; without its own loopback. */
export function ownNetworks(): Cidr[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .flatMap(({ cidr }) => parseCidr(cidr ?? '') ?? [])
}
