import { type ClusterNode, isMaster, masterOf } from '../../model/cluster-node.js'
import { isShared, type Topology } from '../../model/topology.js'

/** A node as the user's computer reaches it. */
export interface Reachable extends ClusterNode {
  readonly user: string
  /** Undefined where it is not known. */
  readonly topology: Topology | undefined
}

/** Files on the user's own computer. */
export interface SshFiles {
  /** The known hosts. */
  readonly knownHosts: string
  /** Private keys, or public keys whose private half is in an agent. */
  readonly identities: readonly string[]
}

/** The host alias of the master for its address on the cluster's network. */
export function wiredName({ hostname }: { readonly hostname: string }): string {
  return `${hostname}-eth0`
}

/** The jump node for another node; undefined if it is reached directly. */
export function jumpOf(node: Reachable, nodes: readonly Reachable[]): Reachable | undefined {
  return isShared(node.topology) || isMaster(node) ? undefined : masterOf(nodes)
}

/**
 * Whether this computer finds a node by multicast DNS: a master, whose uplink is in another network than the
 * cluster's.
 */
export function isReachedByName(node: Reachable): boolean {
  return node.ip === '' || (isMaster(node) && !isShared(node.topology))
}

/** ssh_config(5) of a cluster. It contains no settings for hosts outside the cluster, so it can be included. */
export function sshConfig(nodes: readonly Reachable[], { knownHosts, identities }: SshFiles): string {
  const hosts = nodes.flatMap((node) => hostsOf(node, jumpOf(node, nodes)))
  return [
    '# piimg writes this at every build. In the folder of the cluster: ssh -F .piimg/ssh_config NODE',
    ...hosts.flatMap(({ names, settings }) => [`Host ${names.join(' ')}`, ...settings]),
    `Host ${hosts.flatMap(({ names }) => names).join(' ')}`,
    ...identities.map((path) => `  IdentityFile ${quoted(path)}`),
    `  UserKnownHostsFile ${quoted(knownHosts)}`,
    '  GlobalKnownHostsFile /dev/null',
    '  StrictHostKeyChecking yes',
    '  CheckHostIP no',
    '',
  ].join('\n')
}

/** A node by its names, and by its address if the names resolve to another one. */
function hostsOf(node: Reachable, jump: Reachable | undefined) {
  const host = (names: readonly string[], address: string) => ({
    names,
    settings: [
      `  HostName ${address}`,
      `  HostKeyAlias ${node.hostname}`,
      `  User ${node.user}`,
      ...(jump === undefined ? [] : [`  ProxyJump ${jump.hostname}`]),
    ],
  })
  const { hostname, ip } = node
  // A name that the jump host can resolve.
  if (jump !== undefined) return [host([...namesOf(node), ...addressOf(node)], ip || hostname)]
  if (!isReachedByName(node)) return [host([...namesOf(node), ip], ip)]
  const byName = host(namesOf(node), `${hostname}.local`)
  return ip === '' ? [byName] : [byName, host([wiredName(node), ip], ip)]
}

function namesOf({ hostname, fqdn, aliases }: Reachable): string[] {
  return [hostname, fqdn, `${hostname}.local`, ...aliases]
}

function addressOf({ ip }: Reachable): string[] {
  return ip === '' ? [] : [ip]
}

/** A path as an argument of ssh_config(5): spaces separate arguments, and % starts a token. */
function quoted(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`
}
