import { when } from './entries.js'
import type { ReleaseFacts } from './releases.js'
import type { Unit } from './unit.js'

/** What brings the network up, and what hangs on it. */
export function networkUnits(facts: ReleaseFacts): readonly Unit[] {
  const { version, raspberryPiOS, network } = facts
  return [
    wpaSupplicant,
    ...when(network === 'dhcpcd', dhcpcd),
    ...when(version >= 11, ...networkManager(network === 'NetworkManager')),
    ...when(version >= 11, nftables),
    ...when(raspberryPiOS, avahi, netMods(version)),
    ...when(raspberryPiOS && version <= 12, nfsClient),
  ]
}

const wpaSupplicant: Unit = {
  name: 'wpa_supplicant.service',
  description: 'Keys of wireless networks',
  service: ['Type=dbus', 'BusName=fi.w1.wpa_supplicant1', 'ExecStart=/sbin/wpa_supplicant -u -s'],
  wantedBy: 'multi-user.target',
  alias: 'dbus-fi.w1.wpa_supplicant1.service',
  enabled: true,
}

const dhcpcd: Unit = {
  name: 'dhcpcd.service',
  description: 'Addresses of all interfaces, by DHCP or fixed',
  unit: ['Wants=network.target', 'Before=network.target'],
  service: ['Type=forking', 'PIDFile=/run/dhcpcd.pid', 'ExecStart=/usr/lib/dhcpcd5/dhcpcd -q -b'],
  wantedBy: 'multi-user.target',
  alias: 'dhcpcd5.service',
  enabled: true,
}

function networkManager(enabled: boolean): readonly Unit[] {
  return [
    {
      name: 'NetworkManager.service',
      description: 'Connections of all interfaces',
      unit: ['Wants=network.target', 'Before=network.target'],
      service: ['Type=dbus', 'BusName=org.freedesktop.NetworkManager', 'ExecStart=/usr/sbin/NetworkManager'],
      wantedBy: 'multi-user.target',
      enabled,
    },
    {
      name: 'NetworkManager-wait-online.service',
      description: 'Waits until a connection is up',
      unit: [
        'Requires=NetworkManager.service',
        'After=NetworkManager.service',
        'Before=network-online.target',
      ],
      service: ['Type=oneshot', 'ExecStart=/usr/bin/nm-online -s -q', 'RemainAfterExit=yes'],
      wantedBy: 'network-online.target',
      enabled,
    },
    {
      name: 'NetworkManager-dispatcher.service',
      description: 'Scripts that follow connections',
      service: ['Type=dbus', 'BusName=org.freedesktop.nm_dispatcher'],
      alias: 'dbus-org.freedesktop.nm-dispatcher.service',
      enabled,
    },
  ]
}

const nftables: Unit = {
  name: 'nftables.service',
  description: 'Packet filter',
  unit: ['Wants=network-pre.target', 'Before=network-pre.target'],
  service: ['Type=oneshot', 'RemainAfterExit=yes', 'ExecStart=/usr/sbin/nft -f /etc/nftables.conf'],
  wantedBy: 'sysinit.target',
}

const avahi: Unit = {
  name: 'avahi-daemon.service',
  description: 'Names under .local',
  service: ['Type=dbus', 'BusName=org.freedesktop.Avahi', 'ExecStart=/usr/sbin/avahi-daemon -s'],
  wantedBy: 'multi-user.target',
  alias: 'dbus-org.freedesktop.Avahi.service',
  enabled: true,
}

function netMods(version: number): Unit {
  return {
    name: 'raspberrypi-net-mods.service',
    description: 'Takes wpa_supplicant.conf from the boot partition',
    unit: ['ConditionPathExists=/boot/wpa_supplicant.conf', 'Before=dhcpcd.service'],
    service: ['Type=oneshot', 'ExecStart=/bin/mv /boot/wpa_supplicant.conf /etc/wpa_supplicant/'],
    wantedBy: 'multi-user.target',
    enabled: version <= 11,
  }
}

const nfsClient: Unit = {
  name: 'nfs-client.target',
  description: 'Mounts over NFS',
  wantedBy: 'multi-user.target',
  enabled: true,
}
