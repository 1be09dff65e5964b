import { directory, file, lines, type PracticeEntry, symlink, when } from './entries.js'
import type { ReleaseFacts } from './releases.js'

/** Interfaces, Wi-Fi, firewall and name resolution. */
export function networkFiles(facts: ReleaseFacts): readonly PracticeEntry[] {
  const { version, raspberryPiOS, network } = facts
  return [
    file('/etc/resolv.conf', 'nameserver 8.8.8.8\n'),
    file('/etc/nsswitch.conf', nsswitch),
    file('/etc/network/interfaces', 'source /etc/network/interfaces.d/*\n'),
    directory('/etc/network/interfaces.d'),
    directory('/etc/systemd/network'),
    ...when(raspberryPiOS, symlink('/etc/systemd/network/99-default.link', '/dev/null')),
    ...when(
      raspberryPiOS && version >= 11,
      symlink('/etc/systemd/network/73-usb-net-by-mac.link', '/dev/null'),
    ),
    directory('/etc/sysctl.d'),
    ...when(version < 13, file('/etc/sysctl.conf', lines('# Kernel settings.', '#net.ipv4.ip_forward=1'))),
    ...when(version >= 11, file('/etc/nftables.conf', nftables, { mode: 0o755 })),
    ...when(raspberryPiOS, file('/etc/avahi/avahi-daemon.conf', avahi(version))),
    directory('/etc/wpa_supplicant'),
    ...(network === 'dhcpcd' ? dhcpcdFiles(version) : []),
    ...when(version >= 11, ...networkManagerFiles(facts)),
    ...when(raspberryPiOS && version === 13, ...netplanFiles()),
  ]
}

const nsswitch = lines(
  'passwd:         files systemd',
  'group:          files systemd',
  'shadow:         files',
  'gshadow:        files',
  '',
  'hosts:          files mdns4_minimal [NOTFOUND=return] dns',
  'networks:       files',
)

const nftables = lines(
  '#!/usr/sbin/nft -f',
  '',
  'flush ruleset',
  '',
  'table inet filter {',
  '\tchain input {',
  '\t\ttype filter hook input priority filter;',
  '\t}',
  '}',
)

function avahi(version: number): string {
  return lines(
    '[server]',
    'use-ipv4=yes',
    'use-ipv6=yes',
    '',
    '[publish]',
    'publish-hinfo=no',
    `publish-workstation=${version >= 12 ? 'yes' : 'no'}`,
  )
}

function dhcpcdFiles(version: number): readonly PracticeEntry[] {
  const rfkill = '/var/lib/systemd/rfkill'
  return [
    file('/etc/dhcpcd.conf', dhcpcdConf, { gid: 109, mode: 0o664 }),
    file('/etc/wpa_supplicant/wpa_supplicant.conf', wpaSupplicant, { mode: 0o600 }),
    ...when(
      version === 10,
      file(
        '/etc/systemd/system/dhcpcd.service.d/wait.conf',
        lines('[Service]', 'ExecStart=', 'ExecStart=/usr/lib/dhcpcd5/dhcpcd -q -w'),
      ),
    ),
    file(`${rfkill}/platform-3f300000.mmcnr:wlan`, '1\n'),
    file(`${rfkill}/platform-fe300000.mmcnr:wlan`, '1\n'),
  ]
}

const dhcpcdConf = lines(
  '# Settings of dhcpcd; dhcpcd.conf(5).',
  '',
  'hostname',
  '# The hardware address names this computer to the server.',
  'clientid',
  '#duid',
  'persistent',
  'option rapid_commit',
  'option domain_name_servers, domain_name, domain_search, host_name',
  'option classless_static_routes',
  'option interface_mtu',
  'require dhcp_server_identifier',
  'slaac private',
  '',
  '# A fixed address, for example:',
  '#interface eth0',
  '#static ip_address=192.168.0.10/24',
  '#static routers=192.168.0.1',
  '#static domain_name_servers=192.168.0.1',
)

const wpaSupplicant = lines('ctrl_interface=DIR=/var/run/wpa_supplicant GROUP=netdev', 'update_config=1')

function networkManagerFiles({ version, raspberryPiOS }: ReleaseFacts): readonly PracticeEntry[] {
  return [
    file(
      '/etc/NetworkManager/NetworkManager.conf',
      lines('[main]', 'plugins=ifupdown,keyfile', '', '[ifupdown]', 'managed=false'),
    ),
    directory('/etc/NetworkManager/conf.d'),
    directory('/etc/NetworkManager/dispatcher.d'),
    directory('/etc/NetworkManager/system-connections', { mode: 0o700 }),
    directory('/var/lib/NetworkManager', { mode: 0o700 }),
    ...when(
      raspberryPiOS && version >= 12,
      file('/etc/modprobe.d/rfkill_default.conf', 'options rfkill default_state=0\n'),
      file('/var/lib/NetworkManager/NetworkManager.state', lines('[main]', 'WirelessEnabled=false')),
      ...['107d50c000.serial', '3f215040.serial', '20215040.serial', 'fe215040.serial', 'soc'].map((device) =>
        file(`/var/lib/systemd/rfkill/platform-${device}:bluetooth`, '0\n'),
      ),
    ),
  ]
}

function netplanFiles(): readonly PracticeEntry[] {
  return [
    directory('/etc/netplan'),
    file(
      '/usr/lib/netplan/00-network-manager-all.yaml',
      lines('network:', '  version: 2', '  renderer: NetworkManager'),
      { mode: 0o600 },
    ),
  ]
}
