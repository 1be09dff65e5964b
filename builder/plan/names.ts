import { factNames } from '../model/facts.js'
import { isListType, type Variable, type VariableType } from '../model/variable.js'

/** What a name stands for; a template may write only texts. Of `nodes`, each is a record of texts. */
export type NameKind = 'list' | 'text' | 'switch' | 'nodes'

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
