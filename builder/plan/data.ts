import { type ListedNode, masterOf, type Role } from '../model/cluster-node.js'
import { commandLinesOf, type Facts } from '../model/facts.js'
import { type Cidr, hostAddress, netmask } from '../model/ipv4.js'
import { isIsolated, isProvidedFor, isProvider, isShared } from '../model/topology.js'
import { isListType } from '../model/types/variable-types.js'
import { plain, type PlainValue } from '../model/value.js'
import type { Variable } from '../model/variable.js'
import type { Overlay } from '../model/overlay.js'
import { lockedUsers } from '../model/locked-users.js'
import { loginOf } from './login.js'
import { memo } from '../model/memo.js'
import { listsOf, recordsOf } from './node-lists.js'
import { sshHosts } from './ssh-hosts.js'
import type { Data } from './template.js'
import { noTrust } from './trust.js'
import { nameUuid } from './uuid.js'
import {
  addressOf,
  cidrOf,
  hasUplink,
  isOnWifi,
  rangeOf,
  routesOf,
  textOf,
  topologyOf,
  type Values,
} from './values.js'

/** The inputs of a node's data besides its values. */
interface Fixed {
  readonly variables: ReadonlyMap<string, Variable>
  readonly facts: Facts
  readonly clusterId: string
  readonly profile: string
  readonly groups: readonly string[]
  readonly overlays: readonly Overlay[]
  readonly role: Role
  /** All known nodes, including this one. */
  readonly cluster: readonly ListedNode[]
  /** Whether these are all nodes, as listed in a cluster file, and not only those that were built so far. */
  readonly isWhole?: boolean
  /** Seconds since 1970. */
  readonly builtAt: number
}

/** What is still being put together: copies would take longer than what they hold. */
type NewData = Record<string, Data[string] & {}>

/** Every value by name: variables, facts as switches, and derived values. */
export function templateData(
  values: Values,
  { variables, facts, clusterId, profile, groups, overlays, role, cluster, isWhole = false, builtAt }: Fixed,
): NewData {
  const data: Record<string, PlainValue> = {}
  for (const [name, { type }] of variables) data[name] = plain(values.get(name)?.value ?? emptyValue(type))
  Object.assign(data, facts.tags)
  const text = (name: string): string => String(data[name])
  const login = loginOf(facts, text('user'))
  const cidr = cidrOf(values, 'address')
  const locale = text('locale')
  const hostname = text('hostname')
  const own = cluster.find((node) => node.hostname === hostname)
  return Object.assign(data, noTrust, wayOut(values, { role, cluster, isWhole }), {
    aliases: own?.aliases ?? [],
    base_user: login.base?.name ?? '',
    boot_mount: facts.bootMount,
    built_at: String(builtAt),
    command_line: commandLinesOf(facts.commandLines, text('board'))[0]?.slice(1) ?? '',
    eth_uuid: nameUuid(clusterId, `${hostname}/${text('interface')}`),
    fqdn: `${hostname}.${text('domain')}`,
    gid: String(login.gid),
    group: groups,
    home: login.home,
    ip: addressOf(values),
    locale_ready: locale === '' || locale === 'C.UTF-8' || facts.locales.includes(locale),
    locked_users: lockedUsers(facts, data['keep_users']),
    ...listsOf(cluster, overlays),
    nodes: recordsOf(cluster, []),
    on_wifi: isOnWifi(values),
    overlay: namesOf(overlays),
    prefix: cidr === undefined ? '' : String(cidr.prefix),
    profile,
    role,
    root_device: facts.rootDevice,
    ssh_hosts: sshHosts(
      cluster,
      text('domain'),
      isShared(topologyOf(values)) ? undefined : cidrOf(values, 'network'),
    ),
    static: cidr !== undefined,
    uid: String(login.uid),
    user_is_new: login.base === undefined,
    user_renamed: login.base !== undefined && login.base.name !== login.name,
    wifi_uuid: nameUuid(clusterId, `${hostname}/wifi`),
  })
}

/** Changes a list in a node's data, and what follows from it. */
export function setList(data: NewData, values: Values, name: string, fixed: Fixed): void {
  const { variables, role, cluster, isWhole = false } = fixed
  if (!variables.has(name)) return
  data[name] = plain(values.get(name)?.value ?? [])
  if (name === 'dns' || name === 'static_routes')
    Object.assign(data, wayOut(values, { role, cluster, isWhole }))
}

/** The largest number of nodes in /etc/hosts of each node, so that names resolve before the master answers. */
const smallCluster = 128

/** The values that follow from a node's place in the network. */
function wayOut(
  values: Values,
  { role, cluster, isWhole }: Required<Pick<Fixed, 'role' | 'cluster' | 'isWhole'>>,
): Data {
  const text = (name: string): string => textOf(values, name)
  const topology = topologyOf(values)
  const network = cidrOf(values, 'network')
  const master = masterOf(cluster)
  const masterIp = master?.ip ?? (network === undefined ? '' : (hostAddress(network, 1) ?? ''))
  const gateway = text('gateway') === 'none' ? '' : text('gateway')
  const dns = values.get('dns')?.value
  const takesAll = cidrOf(values, 'address') === undefined && dns === undefined
  const pool = rangeOf(values)
  const asksMaster =
    isProvidedFor(topology, role) &&
    !hasUplink(values) &&
    (takesAll || (Array.isArray(dns) && dns.includes(masterIp)))
  return {
    asks_master: asksMaster,
    gateway,
    lists_nodes: !asksMaster || (isWhole && cluster.length <= smallCluster),
    master_ip: masterIp,
    master_name: master?.hostname ?? 'master',
    networks: networksOf(values).map(String),
    netmask: network === undefined ? '' : netmask(network.prefix),
    // A node with its own uplink uses no gateway of the cluster, unless one is given.
    no_gateway: gateway === '' && (text('gateway') === 'none' || hasUplink(values) || isIsolated(topology)),
    pool_first: pool?.first ?? '',
    pool_last: pool?.last ?? '',
    routes: isProvider(topology, role) && gateway === '',
    serves: isProvider(topology, role),
  }
}

/** The node's network, and those that its routes lead to. */
function networksOf(values: Values): Cidr[] {
  const own = cidrOf(values, 'network')
  return [...(own === undefined ? [] : [own]), ...routesOf(values).map(({ network }) => network)]
}

const namesOf = memo((overlays: readonly Overlay[]) => overlays.map(({ name }) => name))

function emptyValue(type: Variable['type']): PlainValue {
  if (type === 'switch') return false
  return isListType(type) ? [] : ''
}
