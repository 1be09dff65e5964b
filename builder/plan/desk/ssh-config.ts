import { type ClusterNode, isMaster, masterOf } from '../../model/cluster-node.js'
import { isShared, type Topology } from '../../model/topology.js'

/** A node as the user's own computer reaches it. */
export interface Reachable extends ClusterNode {
  readonly user: string
  /** Undefined where it is not known. */
  readonly topology: Topology | undefined
}

/** Files on the user's own computer. */
export interface SshFiles {
  /** What is to be known of hosts. */
  readonly knownHosts: string
  /** Private keys, or public ones whose other half an agent holds. */
  readonly identities: readonly string[]
}

/** What the master is called where it is asked for by its address on the cluster's network. */
export function wiredName({ hostname }: { readonly hostname: string }): string {
  return `${hostname}-eth0`
}

/** The node by way of which another is reached; undefined where it is reached at once. */
export function jumpOf(node: Reachable, nodes: readonly Reachable[]): Reachable | undefined {
  return isShared(node.topology) || isMaster(node) ? undefined : masterOf(nodes)
}

/** Whether this computer finds a node by multicast DNS: a master, whose own network is another than the cluster's. */
export function isReachedByName(node: Reachable): boolean {
  return node.ip === '' || (isMaster(node) && !isShared(node.topology))
}

/** ssh_config(5) of a cluster. Nothing in it is about hosts outside of the cluster, so that others may include it. */
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

/** A node by its names; where these lead elsewhere than its address, by that too. */
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
  // What the jump host is asked for is a name that it knows.
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

/** A path as an argument of ssh_config(5): blanks part arguments, and % begins a token. */
function quoted(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`
}
