/** The role of a node: the master is the gateway, name server and time server of the others. */
export const roles = ['master', 'worker'] as const

export type Role = (typeof roles)[number]

/** What a node is part of, and what other nodes can read of it. */
export interface Membership {
  readonly profile: string
  /** The profile, those that it extends, and its groups. */
  readonly groups: readonly string[]
  /** The names of its overlays. */
  readonly overlays: readonly string[]
  /** The values that its overlays publish, as texts. */
  readonly published: Readonly<Record<string, string>>
}

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
  /** Of a master: its routes to other networks, which the nodes of its network use, too. */
  readonly staticRoutes?: readonly string[]
}

/** A node as lists of nodes have it. */
export interface ListedNode extends ClusterNode, Membership {
  /** Empty where they are not known. */
  readonly serial: string
  readonly board: string
}

/** The one master, or the first of several; undefined where none is known. */
export function masterOf<Node extends { readonly role: Role }>(nodes: readonly Node[]): Node | undefined {
  return nodes.find(isMaster)
}

export function isMaster({ role }: { readonly role: string }): boolean {
  return role === 'master'
}

/** The role of a node whose profile is made of these: a profile that extends `master` makes a master. */
export function roleOfProfiles(profiles: readonly string[]): Role {
  return profiles.some((profile) => isMaster({ role: profile })) ? 'master' : 'worker'
}

/** The profile of a node where none is given. */
export function defaultProfile(hostname: string): Role {
  return roleOfProfiles([hostname])
}
