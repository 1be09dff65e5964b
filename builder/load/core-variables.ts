import type { VariableType } from '../model/types/variable-types.js'
import type { Variable } from '../model/variable.js'

const rows: readonly (readonly [name: string, type: VariableType, summary: string, standard?: string])[] = [
  [
    'address',
    'address',
    "the node's address on the cluster's network, or dhcp; default: the number in its name: node3 is 10.0.0.3/24",
  ],
  ['apt_mirror', 'url', "the archive of the packages; default: the distribution's own"],
  ['apt_proxy', 'url', 'a proxy for packages, such as apt-cacher-ng'],
  [
    'authorized_keys',
    'ssh-keys',
    'who may log in: public keys, or paths of .pub files; default: ~/.ssh/id_*.pub, or else a key that piimg makes in .piimg/',
  ],
  ['board', 'board', 'the board that the card is for; checked against the image'],
  ['boot_config', 'config-lines', 'lines for config.txt'],
  [
    'dhcp_range',
    'ipv4-range',
    "the addresses that the master's DHCP server gives out, or none; default: the network's last quarter",
  ],
  ['dns', 'ipv4-list', 'name servers; default: the master, or the gateway'],
  ['domain', 'domain', "the cluster's domain", 'cluster.internal'],
  [
    'gateway',
    'gateway',
    'the gateway to the internet, or none; default: the master; none for a node with an uplink of its own',
  ],
  ['hostname', 'hostname', "the node's name"],
  ['interface', 'interface', "the network card on the cluster's network", 'eth0'],
  [
    'keep_users',
    'usernames',
    'accounts of the base image that can log in as before; default: only the user can',
  ],
  ['kernel_args', 'kernel-args', 'words for cmdline.txt'],
  ['keyboard', 'keyboard', "the keyboard layout, or several, such as us,ru; default: the base image's"],
  [
    'keyboard_variant',
    'variant',
    'the variant of the keyboard layout, such as nodeadkeys; of several: ,phonetic',
  ],
  ['locale', 'locale', "the system's language; default: the base image's"],
  ['mac', 'mac', 'the MAC address of the network card; the DHCP server recognises the node by it'],
  ['name', 'hostname', "the cluster's name", 'cluster'],
  ['network', 'network', "the cluster's network", '10.0.0.0/24'],
  [
    'packages',
    'packages',
    'Debian packages that the first boot installs, in addition to those of the overlays',
  ],
  [
    'password_hash',
    'password-hash',
    "the hash of the user's password, made by openssl passwd -6; default: the password is locked",
  ],
  [
    'reserved',
    'ipv4',
    'the address that the DHCP server reserves for this node; default: the number in its hostname, if that is in dhcp_range',
  ],
  ['serial', 'serial', "the board's serial number, as its boot ROM reports it"],
  [
    'static_routes',
    'routes',
    "other networks behind a router on the cluster's network, such as 10.0.2.0/24 via 10.0.0.254, one a line; default: the master's, in its network",
  ],
  ['timezone', 'timezone', "the time zone, such as Europe/London; default: the base image's"],
  [
    'topology',
    'topology',
    'routed: the master is the gateway; flat: an existing network; backbone: a separate network without a gateway',
    'routed',
  ],
  ['uplink', 'interface', 'a second network card that is connected to the internet, such as eth1'],
  ['user', 'username', "the node's user; default: the base image's user 1000"],
  ['wifi_country', 'country', 'the country where the Wi-Fi is used; the radio stays off until it is set'],
  ['wifi_hidden', 'switch', 'the Wi-Fi does not send its name; default: no'],
  ['wifi_psk', 'psk', 'the Wi-Fi password; empty for an open network'],
  ['wifi_ssid', 'ssid', 'the name of the Wi-Fi'],
]

/** The variables that every overlay may use and every profile and `--set` may give. */
export const coreVariables: readonly Variable[] = rows.map(([name, type, summary, standard]) => ({
  name,
  type,
  summary,
  ...(standard === undefined ? {} : { default: standard }),
  origin: { file: 'piimg', isShipped: true },
}))
