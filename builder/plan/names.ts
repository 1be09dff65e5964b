import { factNames } from '../model/facts.js'
import { memo } from '../model/memo.js'
import { isListType, type VariableType } from '../model/types/variable-types.js'
import type { Variable } from '../model/variable.js'

/** The kind of a name; a template can print only texts. `nodes` is a list of records of texts. */
export type NameKind = 'list' | 'text' | 'switch' | 'nodes'

/** The names beside variables and facts that a template or condition may use; the documents list them from here. */
export const derivedNames = {
  aliases: ['list', "the node's other names"],
  asks_master: ['switch', 'the node uses the master as DNS server'],
  base_user: ['text', "the name of the base image's user 1000"],
  boot_mount: ['text', 'where the boot partition is mounted'],
  built_at: ['text', 'the build time, in seconds since 1970'],
  ca_key: ['text', "the public key of the cluster's certificate authority"],
  command_line: ['text', 'the file of the boot partition with the kernel command line: cmdline.txt'],
  eth_uuid: ['text', "a UUID for the connection of the card on the cluster's network"],
  fqdn: ['text', 'hostname and domain'],
  gid: ['text', "the group number of the node's user"],
  group: [
    'list',
    "the node's groups: its profile, those that it extends, and those of `groups =`; in overlay.ini `group=front`",
  ],
  home: ['text', "the home directory of the node's user"],
  host_certificate: ['text', "the certificate of the node's host key"],
  host_key: ['text', "the node's private host key; secret"],
  ip: ['text', "the node's address on the cluster's network; empty if DHCP gives it any"],
  lists_nodes: ['switch', 'the node has all nodes in /etc/hosts'],
  locale_ready: ['switch', 'the base image has the locale already'],
  locked_users: ['list', 'the accounts of the base image that piimg locks'],
  master_ip: ['text', 'the address of the master'],
  master_name: ['text', 'the hostname of the master'],
  netmask: ['text', 'the netmask of the address, such as 255.255.255.0'],
  networks: ['list', 'the network of the node, and those that its `static_routes` lead to'],
  no_gateway: ['switch', 'the node has no gateway'],
  nodes: ['nodes', 'all nodes, for `#each`'],
  on_wifi: ['switch', "the cluster's network is the Wi-Fi: `interface` is a Wi-Fi card"],
  overlay: ['list', "the node's overlays; in overlay.ini `overlay=mpi`"],
  pool_first: ['text', 'the first address of dhcp_range'],
  pool_last: ['text', 'the last address of dhcp_range'],
  prefix: ['text', 'the prefix length of the address, such as 24'],
  profile: ['text', "the node's profile"],
  role: [
    'text',
    '`master` or `worker`; in a template `{{#if (eq role "master")}}`, in overlay.ini `role=master`',
  ],
  root_device: ['text', "the kernel's root device"],
  routes: ['switch', 'the node is the gateway to the internet'],
  serves: ['switch', 'the node is DHCP and DNS server'],
  ssh_hosts: ['list', 'the names and addresses for which the authority vouches, as patterns of ssh'],
  static: ['switch', 'the address is fixed'],
  uid: ['text', "the user number of the node's user"],
  user_certificate: ['text', "the certificate of the node's user key"],
  user_is_new: ['switch', 'the base image has no user 1000, so one is made'],
  user_key: ['text', "the node's private user key; secret"],
  user_renamed: ['switch', "the base image's user 1000 gets another name"],
  wifi_uuid: ['text', 'a UUID for the connection of the Wi-Fi'],
} as const satisfies Readonly<Record<string, readonly [kind: NameKind, summary: string]>>

/** Every name that an overlay can use, besides the variables that it declares itself. */
export const knownNames = memo((core: readonly Variable[]): ReadonlyMap<string, NameKind> => {
  return new Map<string, NameKind>([
    ...core.map(({ name, type }) => [name, kindOfType(type)] as const),
    ...factNames.map((name) => [name, 'switch'] as const),
    ...Object.entries(derivedNames).map(([name, [kind]]) => [name, kind] as const),
  ])
})

export function kindOfType(type: VariableType): NameKind {
  return type === 'switch' ? 'switch' : isListType(type) ? 'list' : 'text'
}
