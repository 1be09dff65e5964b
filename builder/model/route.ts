import { type Cidr, contains, parseCidr } from './ipv4.js'

/** A route to another network, as `static_routes` has it: `10.0.2.0/24 via 10.0.0.254`. */
export interface Route {
  readonly network: Cidr
  /** The address of the router, in the network of the node. */
  readonly router: string
}

/** The routes that a value of the type `routes` has; that the texts are routes was checked when they were read. */
export function routesIn(texts: readonly string[]): Route[] {
  return texts.flatMap((text) => {
    const [network = '', , router = ''] = text.split(' ')
    const cidr = parseCidr(network)
    return cidr === undefined ? [] : [{ network: cidr, router }]
  })
}

/** Whether a route leads to every address of a network. */
export function leadsTo({ network }: Pick<Route, 'network'>, { prefix, address }: Cidr): boolean {
  return network.prefix <= prefix && contains(network, address)
}
