/** The role of a node: the master is the gateway, name server and time server of the others. */
export type Role = 'master' | 'worker'

/** What the other nodes of a cluster know of a node. */
export interface ClusterNode {
  readonly hostname: string
  readonly fqdn: string
  /** Other names of it, one word each. */
  readonly aliases: readonly string[]
  readonly role: Role
  /** IPv4, fixed or reserved; empty if the node takes any address from DHCP. */
  readonly ip: string
  /** MAC of its network card; empty if unknown. */
  readonly mac: string
  /** Whether the address comes by DHCP. */
  readonly reserved: boolean
}

/** The one master, or the first of several; undefined where none is known. */
export function masterOf<Node extends { readonly role: Role }>(nodes: readonly Node[]): Node | undefined {
  return nodes.find(isMaster)
}

export function isMaster({ role }: { readonly role: Role }): boolean {
  return role === 'master'
}

/** What a node is whose profile is made of these: one that extends that of the master makes a master. */
export function roleOfProfiles(profiles: readonly string[]): Role {
  return profiles.includes('master') ? 'master' : 'worker'
}
