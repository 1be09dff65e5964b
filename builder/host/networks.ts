import { networkInterfaces } from 'node:os'

/** The IPv4 networks that this computer is in, as `192.168.1.17/24`; without its own loopback. */
export function ownNetworks(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .flatMap(({ cidr }) => cidr ?? [])
}
