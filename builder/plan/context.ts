import type { ClusterNode, Role } from '../model/cluster-node.js'
import { hostAddress, netmask, parseCidr, parseRange } from '../model/ipv4.js'
import { type Facts, factNames, type User } from '../model/facts.js'
import type { Condition } from '../model/overlay.js'
import { isListType, type Sourced, type Value, type Variable, type VariableType } from '../model/variable.js'
import { addressOf } from './addresses.js'
import type { NameKind } from './check-template.js'
import { hasUplink, masterOf } from './defaults.js'
import type { Data, NodeRecord } from './template.js'
import { sshHosts } from './ssh-hosts.js'
import { noTrust } from './trust.js'
import { nameUuid } from './uuid.js'

/** The names beside variables and facts that a template or condition may use, and what each stands for. */
const derivedNames = {
  aliases: 'list',
  asks_master: 'switch',
  base_user: 'text',
  boot_mount: 'text',
  built_at: 'text',
  ca_key: 'text',
  eth_uuid: 'text',
  fqdn: 'text',
  gid: 'text',
  home: 'text',
  host_certificate: 'text',
  host_key: 'text',
  ip: 'text',
  lists_nodes: 'switch',
  locale_ready: 'switch',
  master_ip: 'text',
  master_name: 'text',
  netmask: 'text',
  no_gateway: 'switch',
  nodes: 'nodes',
  pool_first: 'text',
  pool_last: 'text',
  prefix: 'text',
  profile: 'text',
  role: 'text',
  root_device: 'text',
  routes: 'switch',
  serves: 'switch',
  ssh_hosts: 'list',
  static: 'switch',
  uid: 'text',
  user_certificate: 'text',
  user_is_new: 'switch',
  user_key: 'text',
  user_renamed: 'switch',
  wifi_uuid: 'text',
} as const satisfies Record<string, NameKind>

/** Every name that an overlay may use, beside the variables that it declares itself. */
export function knownNames(core: readonly Variable[]): Map<string, NameKind> {
  return new Map<string, NameKind>([
    ...core.map(({ name, type }) => [name, kindOfType(type)] as const),
    ...factNames.map((name) => [name, 'switch'] as const),
    ...Object.entries(derivedNames),
  ])
}

export function kindOfType(type: VariableType): NameKind {
  return type === 'switch' ? 'switch' : isListType(type) ? 'list' : 'text'
}

/** The node's user: the base image's user 1000 under its new name, or one that is made. */
export interface Login {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
  readonly base: User | undefined
}

/** The first user that Debian and Raspberry Pi OS make; adduser.conf(5), FIRST_UID. */
export const firstUid = 1000

export function loginOf(facts: Facts, name: string): Login {
  const base = facts.users.find((user) => user.uid === firstUid)
  if (base === undefined) return { name, uid: firstUid, gid: firstUid, home: `/home/${name}`, base }
  const home = base.home === `/home/${base.name}` ? `/home/${name}` : base.home
  return { name, uid: base.uid, gid: base.gid, home, base }
}

/** What a node's data follows from beside its values. */
interface Fixed {
  readonly variables: ReadonlyMap<string, Variable>
  readonly facts: Facts
  readonly clusterId: string
  readonly profile: string
  readonly role: Role
  /** All nodes that are known, this one among them. */
  readonly cluster: readonly ClusterNode[]
  /** Whether those are all nodes, as a cluster file names them, and not those that happen to be remembered. */
  readonly isWhole?: boolean
  /** Seconds since 1970. */
  readonly builtAt: number
}

/** Every value under its name: variables, facts as switches, and what follows from both. */
export function templateData(
  values: ReadonlyMap<string, Sourced<Value>>,
  { variables, facts, clusterId, profile, role, cluster, isWhole = false, builtAt }: Fixed,
): Data {
  const data: Record<string, Value> = {}
  for (const [name, { type }] of variables) data[name] = values.get(name)?.value ?? emptyValue(type)
  Object.assign(data, facts.tags)
  const text = (name: string): string => String(data[name])
  const login = loginOf(facts, text('user'))
  const cidr = parseCidr(text('address'))
  const locale = text('locale')
  const hostname = text('hostname')
  const own = cluster.find((node) => node.hostname === hostname)
  return Object.assign(data, noTrust, wayOut(values, { role, cluster, isWhole }), {
    aliases: own?.aliases ?? [],
    base_user: login.base?.name ?? '',
    boot_mount: facts.bootMount,
    built_at: String(builtAt),
    eth_uuid: nameUuid(clusterId, `${hostname}/${text('interface')}`),
    fqdn: `${hostname}.${text('domain')}`,
    gid: String(login.gid),
    home: login.home,
    ip: addressOf(values),
    locale_ready: locale === '' || locale === 'C.UTF-8' || facts.locales.includes(locale),
    nodes: recordsOf(cluster),
    prefix: cidr === undefined ? '' : String(cidr.prefix),
    profile,
    role,
    root_device: facts.rootDevice,
    ssh_hosts: sshHosts(
      cluster,
      text('domain'),
      text('topology') === 'flat' ? undefined : parseCidr(text('network')),
    ),
    static: cidr !== undefined,
    uid: String(login.uid),
    user_is_new: login.base === undefined,
    user_renamed: login.base !== undefined && login.base.name !== login.name,
    wifi_uuid: nameUuid(clusterId, `${hostname}/wifi`),
  })
}

/** As many nodes as stand in /etc/hosts of each, so that they have names before the master answers. */
const smallCluster = 128

/** What a node's place in the network makes of it. */
function wayOut(
  values: ReadonlyMap<string, Sourced<Value>>,
  { role, cluster, isWhole }: Required<Pick<Fixed, 'role' | 'cluster' | 'isWhole'>>,
): Data {
  const text = (name: string): string => String(values.get(name)?.value ?? '')
  const cidr = parseCidr(text('network'))
  const master = masterOf(cluster)
  const masterIp = master?.ip ?? (cidr === undefined ? '' : (hostAddress(cidr, 1) ?? ''))
  const isRouted = text('topology') === 'routed'
  const gateway = text('gateway') === 'none' ? '' : text('gateway')
  const dns = values.get('dns')?.value
  const takesAll = parseCidr(text('address')) === undefined && dns === undefined
  const pool = parseRange(text('dhcp_range'))
  const asksMaster =
    isRouted &&
    role === 'worker' &&
    !hasUplink(values) &&
    (takesAll || (Array.isArray(dns) && dns.includes(masterIp)))
  return {
    asks_master: asksMaster,
    gateway,
    lists_nodes: !asksMaster || (isWhole && cluster.length <= smallCluster),
    master_ip: masterIp,
    master_name: master?.hostname ?? 'master',
    netmask: cidr === undefined ? '' : netmask(cidr.prefix),
    // A node with a way out of its own takes none from the cluster unless it is told so.
    no_gateway:
      gateway === '' && (text('gateway') === 'none' || hasUplink(values) || text('topology') === 'backbone'),
    pool_first: pool?.first ?? '',
    pool_last: pool?.last ?? '',
    routes: isRouted && role === 'master' && gateway === '',
    serves: isRouted && role === 'master',
  }
}

const records = new WeakMap<readonly ClusterNode[], readonly NodeRecord[]>()

/** The nodes as templates see them: texts only, of which an empty one is false. Made once for all nodes. */
function recordsOf(cluster: readonly ClusterNode[]): readonly NodeRecord[] {
  const made =
    records.get(cluster) ??
    cluster.map(({ hostname, fqdn, aliases, role, ip, mac, reserved }) => {
      return { hostname, fqdn, aliases: aliases.join(' '), role, ip, mac, reserved: reserved ? 'yes' : '' }
    })
  records.set(cluster, made)
  return made
}

/** Whether all conditions hold; a name is one of `data`. */
export function holds(conditions: readonly Condition[], data: Data): boolean {
  return conditions.every(({ name, equals, negated }) => {
    const value = data[name] ?? ''
    const met = equals === undefined ? isSet(value) : wordOf(value) === equals
    return met !== negated
  })
}

function isSet(value: Data[string] & {}): boolean {
  return typeof value === 'object' ? value.length > 0 : value !== false && value !== ''
}

/** A value as a condition spells it. */
function wordOf(value: Data[string] & {}): string {
  if (typeof value === 'object')
    return value.map((item) => (typeof item === 'string' ? item : item.hostname)).join(' ')
  return value === true ? 'yes' : value === false ? 'no' : value
}

function emptyValue(type: Variable['type']): Value {
  if (type === 'switch') return false
  return isListType(type) ? [] : ''
}
