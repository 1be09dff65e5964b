import { describe, expect, it } from 'vitest'
import { wholeOf } from '../../builder/model/content.js'
import { file, lines, type PracticeEntry, symlink } from '../../scripts/practice/entries.js'
import type { Release } from '../../scripts/practice/tree.js'
import { effectsOn } from '../support/effects.js'
import { planOf } from '../support/node.js'
import { practiceBase } from '../support/practice-base.js'
import { finalRoot, textIn } from '../support/real-programs.js'

const connections = '/etc/NetworkManager/system-connections'
const profile = (...more: string[]): string => lines('[connection]', 'id=old', 'type=ethernet', ...more)
/** A profile that NetworkManager reads: no other user may. */
const keyfile = (name: string, text: string): PracticeEntry =>
  file(`${connections}/${name}`, text, { mode: 0o600 })
const masked = (unit: string): PracticeEntry => symlink(`/etc/systemd/system/${unit}`, '/dev/null')
const enabled = (unit: string): PracticeEntry =>
  symlink(`/etc/systemd/system/multi-user.target.wants/${unit}`, '/lib/x.service')
const rules = (line: string): PracticeEntry => file('/etc/udev/rules.d/90-lan.rules', lines('# lan', line))
const network = (name: string, ...match: string[]): PracticeEntry =>
  file(`/etc/systemd/network/${name}`, lines('[Match]', ...match, '[Network]', 'DHCP=yes'))

/** Changes of a base image that piimg sets right. */
const setRight: readonly (readonly [string, Release, PracticeEntry, fixed: string])[] = [
  [
    'a card that is unmanaged',
    'trixie',
    file('/etc/NetworkManager/conf.d/10.conf', lines('[keyfile]', 'unmanaged-devices=interface-name:eth0')),
    'unmanaged-devices=interface-name:eth0;except:interface-name:eth0',
  ],
  [
    'a card that a package leaves out',
    'bookworm',
    file('/usr/lib/NetworkManager/conf.d/x.conf', lines('[keyfile]', 'unmanaged-devices=*,except:type:wifi')),
    'unmanaged-devices=*,except:type:wifi;except:interface-name:eth0',
  ],
  [
    'devices that are unmanaged',
    'bookworm',
    file('/etc/NetworkManager/NetworkManager.conf', lines('[device]', 'managed=0')),
    'match-device=except:interface-name:eth0',
  ],
  [
    'a profile of the card',
    'trixie',
    file(`${connections}/old.nmconnection`, profile('interface-name=eth0', 'autoconnect-priority=999')),
    'autoconnect=false',
  ],
  [
    'a profile of every card',
    'trixie',
    file(`${connections}/old.nmconnection`, profile('autoconnect-priority=999')),
    'autoconnect-priority=998',
  ],
  [
    'an iface line',
    'bookworm',
    file(
      '/etc/network/interfaces.d/eth0',
      lines('auto eth0', 'iface eth0 inet static', '  address 192.168.1.77/24'),
    ),
    '#iface eth0 inet static',
  ],
  [
    'an iface line on dhcpcd',
    'bullseye',
    file('/etc/network/interfaces', lines('iface eth0 inet dhcp')),
    '#iface eth0 inet dhcp',
  ],
  [
    'netplan',
    'trixie',
    file(
      '/etc/netplan/50-cloud-init.yaml',
      lines('network:', '  ethernets:', '    eth0:', '      dhcp4: true'),
    ),
    '#    eth0:',
  ],
  ['denyinterfaces', 'buster', file('/etc/dhcpcd.conf', 'denyinterfaces eth0\n'), '#denyinterfaces eth0'],
  [
    'allowinterfaces',
    'buster',
    file('/etc/dhcpcd.conf', 'allowinterfaces wlan0\n'),
    'allowinterfaces wlan0 eth0',
  ],
  [
    'a fixed address of the old Pi',
    'bullseye',
    file('/etc/dhcpcd.conf', lines('interface eth0', 'static ip_address=192.168.1.77/24')),
    '#static ip_address=192.168.1.77/24',
  ],
  [
    'networking that is off',
    'trixie',
    file('/var/lib/NetworkManager/NetworkManager.state', lines('[main]', 'NetworkingEnabled=false')),
    'NetworkingEnabled=true',
  ],
]

/** Changes that contradict the node's address. */
const reported: readonly (readonly [string, Release, readonly PracticeEntry[], string])[] = [
  [
    'an iface line in a file of its own',
    'trixie',
    [
      file('/etc/network/interfaces', 'source /srv/network/*\n'),
      file('/srv/network/lan', lines('auto eth0', 'iface eth0 inet dhcp')),
    ],
    'root/srv/network/lan, line 2: "iface eth0 inet dhcp" gives eth0 to ifupdown',
  ],
  [
    'a bridge of ifupdown',
    'bookworm',
    [file('/etc/network/interfaces', lines('iface br0 inet dhcp', '  bridge_ports eth0 eth1'))],
    'root/etc/network/interfaces, line 2: "bridge_ports eth0 eth1" gives eth0 to ifupdown',
  ],
  [
    'a bridge of NetworkManager that connects its ports',
    'trixie',
    [
      keyfile('br0.nmconnection', lines('[connection]', 'id=br0', 'type=bridge', 'autoconnect-slaves=1')),
      keyfile('port.nmconnection', profile('interface-name=eth0', 'master=br0', 'slave-type=bridge')),
    ],
    `root${connections}/br0.nmconnection: the profile br0.nmconnection can take eth0 from the node's own profile`,
  ],
  [
    'an alias in a file of its own',
    'bookworm',
    [
      file('/etc/network/interfaces', 'source-directory more\n'),
      file('/etc/network/more/lan', lines('auto eth0:1', 'iface eth0:1 inet static')),
      file('/etc/network/more/not.read', 'iface eth0 inet dhcp\n'),
    ],
    'root/etc/network/more/lan, line 2: "iface eth0:1 inet static" gives eth0 to ifupdown',
  ],
  [
    'a logical name of ifupdown',
    'trixie',
    [file('/etc/network/interfaces', lines('auto \\', '  /e*=lan', 'iface lan inet dhcp'))],
    'root/etc/network/interfaces, line 1: "auto /e*=lan" gives eth0 to ifupdown',
  ],
  [
    'a mapping of ifupdown',
    'trixie',
    [file('/etc/network/interfaces', lines('mapping eth*', '  script /x'))],
    'root/etc/network/interfaces, line 1: "mapping eth*" gives eth0 to ifupdown',
  ],
  [
    'a bridge of all cards',
    'bookworm',
    [file('/etc/network/interfaces', lines('iface br0 inet dhcp', '  bridge_ports all'))],
    'root/etc/network/interfaces, line 2: "bridge_ports all" gives eth0 to ifupdown',
  ],
  [
    'a bridge of the cards of a pattern',
    'bookworm',
    [file('/etc/network/interfaces', lines('iface br0 inet dhcp', '  bridge_ports regex eth[01] noregex'))],
    'root/etc/network/interfaces, line 2: "bridge_ports regex eth[01] noregex" gives eth0 to ifupdown',
  ],
  [
    'a list of connections without the node’s',
    'trixie',
    [file('/etc/NetworkManager/conf.d/10.conf', lines('[device]', 'allowed-connections=id:lan'))],
    "root/etc/NetworkManager/conf.d/10.conf, line 2: allowed-connections=id:lan keeps the node's profile from eth0",
  ],
  [
    'an exception of all connections',
    'trixie',
    [file('/etc/NetworkManager/conf.d/10.conf', lines('[device]', 'allowed-connections=except:id:eth0'))],
    "root/etc/NetworkManager/conf.d/10.conf, line 2: allowed-connections=except:id:eth0 keeps the node's profile from eth0",
  ],
  [
    'a masked NetworkManager',
    'trixie',
    [masked('NetworkManager.service')],
    'root/etc/systemd/system: NetworkManager.service is masked, and nothing gives eth0 its address',
  ],
  [
    'a masked dhcpcd',
    'bullseye',
    [masked('dhcpcd.service')],
    'root/etc/systemd/system: dhcpcd.service is masked, and nothing gives eth0 its address',
  ],
  [
    'connman',
    'bookworm',
    [enabled('connman.service')],
    'root/etc/systemd/system/multi-user.target.wants/connman.service: connman configures eth0 too',
  ],
  [
    'a definition of netplan on one line',
    'trixie',
    [
      file(
        '/etc/netplan/x.yaml',
        lines('network:', '  ethernets: {all: {match: {name: "e*"}, dhcp4: true}}'),
      ),
    ],
    'root/etc/netplan/x.yaml, line 2: netplan uses eth0 here',
  ],
  ...[
    'ifconfig eth0 192.168.1.77',
    'ip addr add 192.168.1.77/24 dev eth0',
    '/sbin/ip link set eth0 down',
    'dhclient -v eth0',
  ].map(
    (line) =>
      [
        `/etc/rc.local: ${line}`,
        'bookworm',
        [file('/etc/rc.local', lines('#!/bin/sh', line), { mode: 0o755 })],
        `root/etc/rc.local, line 2: "${line}" changes the addresses of eth0`,
      ] as const,
  ),
  [
    'another folder of profiles',
    'trixie',
    [file('/etc/NetworkManager/conf.d/10.conf', lines('[keyfile]', 'path=/srv/connections'))],
    'root/etc/NetworkManager/conf.d/10.conf, line 2: NetworkManager reads its profiles from /srv/connections, not from /etc/NetworkManager/system-connections',
  ],
  [
    'a bridge of netplan',
    'trixie',
    [file('/etc/netplan/br.yaml', lines('network:', '  bridges:', '    br0: {interfaces: [eth0]}'))],
    'root/etc/netplan/br.yaml, line 3: netplan uses eth0 here',
  ],
  [
    'an earlier file of systemd-networkd',
    'trixie',
    [enabled('systemd-networkd.service'), network('00-lan.network', 'Name=e*')],
    'root/etc/systemd/network/00-lan.network: systemd-networkd configures eth0 by 00-lan.network',
  ],
  [
    'a rule of udev',
    'bookworm',
    [rules('KERNEL=="eth*", ENV{NM_UNMANAGED}="1"')],
    'root/etc/udev/rules.d/90-lan.rules, line 2: a rule of udev keeps NetworkManager from eth0',
  ],
  [
    'dhcpcd beside NetworkManager',
    'bookworm',
    [enabled('dhcpcd.service')],
    'root/etc/systemd/system/multi-user.target.wants/dhcpcd.service: dhcpcd configures eth0 too, beside NetworkManager',
  ],
  [
    'any address in /etc/network/interfaces on dhcpcd',
    'bullseye',
    [file('/etc/network/interfaces', 'iface eth1 inet static\n')],
    'root/etc/network/interfaces, line 1: dhcpcd does not start on Raspberry Pi OS because of "iface eth1 inet static", and eth0 gets no address',
  ],
  [
    'an option of dhcpcd for all cards',
    'buster',
    [file('/etc/dhcpcd.conf', lines('hostname', 'noipv4'))],
    'root/etc/dhcpcd.conf, line 2: "noipv4" counts for eth0 too',
  ],
  ...['ipv6only', 'noconfigure', 'noup', 'nogateway', 'static routers=192.168.1.1'].map(
    (option) =>
      [
        `${option} of dhcpcd for all cards`,
        'bullseye',
        [file('/etc/dhcpcd.conf', lines(option, 'interface wlan1', 'noipv4'))],
        `root/etc/dhcpcd.conf, line 1: "${option}" counts for eth0 too`,
      ] as const,
  ),
]

/** What looks like it and is not against the node's address. */
const harmless: readonly (readonly [string, Release, readonly PracticeEntry[]])[] = [
  ...(
    [
      ['other users may read', { path: `${connections}/br0`, mode: 0o644 }],
      ['another user has', { path: `${connections}/br0`, mode: 0o600, uid: 1000 }],
      ['is a backup', { path: `${connections}/br0.nmconnection~`, mode: 0o600 }],
    ] as const
  ).map(
    ([what, own]) =>
      [
        `a bridge in a file that ${what}`,
        'trixie',
        [
          { ...keyfile('x', lines('[connection]', 'id=br0', 'type=bridge', 'autoconnect-ports=1')), ...own },
          keyfile('port', profile('interface-name=eth0', 'controller=br0', 'autoconnect=false')),
        ],
      ] as const,
  ),
  [
    'a bridge of a package that a profile of the same UUID hides',
    'trixie',
    [
      file(
        '/usr/lib/NetworkManager/system-connections/br0.nmconnection',
        lines('[connection]', 'id=br0', 'uuid=b', 'type=bridge', 'autoconnect-ports=1'),
        { mode: 0o600 },
      ),
      keyfile('br0.nmconnection', lines('[connection]', 'id=br0', 'uuid=b', 'type=bridge')),
      keyfile('port', profile('interface-name=eth0', 'controller=br0', 'autoconnect=false')),
    ],
  ],
  [
    'a rule for the old board’s MAC address',
    'bookworm',
    [rules('ATTR{address}=="dc:a6:32:00:00:01", ENV{NM_UNMANAGED}="1"')],
  ],
  [
    'a rule of udev that a section of devices overrules',
    'bookworm',
    [
      rules('KERNEL=="eth*", ENV{NM_UNMANAGED}="1"'),
      file(
        '/etc/NetworkManager/conf.d/10.conf',
        lines('[device]', 'match-device=interface-name:eth0', 'managed=1'),
      ),
    ],
  ],
  [
    'a file of NetworkManager that is off',
    'trixie',
    [
      file(
        '/etc/NetworkManager/conf.d/10.conf',
        lines('[.config]', 'enable=false', '[keyfile]', 'path=/srv'),
      ),
    ],
  ],
  [
    'a list of connections with the node’s',
    'trixie',
    [file('/etc/NetworkManager/conf.d/10.conf', lines('[device]', 'allowed-connections=except:origin:x'))],
  ],
  [
    'systemd-networkd for Wi-Fi',
    'trixie',
    [enabled('systemd-networkd.service'), network('00-a.network', 'Type=wlan')],
  ],
  [
    'systemd-networkd for other names',
    'trixie',
    [enabled('systemd-networkd.service'), network('00-a.network', 'Name=!eth* wlan0')],
  ],
  [
    'systemd-networkd for the old board’s MAC address',
    'trixie',
    [enabled('systemd-networkd.service'), network('00-a.network', 'MACAddress=dc:a6:32:00:00:01')],
  ],
  [
    'a file of systemd-networkd that is masked',
    'trixie',
    [
      enabled('systemd-networkd.service'),
      file('/usr/lib/systemd/network/00-a.network', lines('[Match]', 'Name=e*')),
      symlink('/etc/systemd/network/00-a.network', '/dev/null'),
    ],
  ],
  ['connman that is masked', 'bookworm', [enabled('connman.service'), masked('connman.service')]],
  ['an rc.local that cannot run', 'bookworm', [file('/etc/rc.local', 'ifconfig eth0 down\n')]],
  [
    'commands for the Wi-Fi in rc.local',
    'bookworm',
    [file('/etc/rc.local', 'iwconfig wlan0 power off\nip link set eth0 up\n', { mode: 0o755 })],
  ],
  [
    'a profile of dhcpcd',
    'bullseye',
    [file('/etc/dhcpcd.conf', lines('profile home', 'static ip_address=192.168.1.7/24'))],
  ],
]

describe('the address', () => {
  it.each(setRight)('does not depend on %s', (_, release, entry, fixed) => {
    expect(effectsOn(release, { root: [entry] })).toEqual([])
    expect(textIn(finalRoot({ release, extra: [entry] }), entry.path)).toContain(`${fixed}\n`)
  })

  it.each(reported)('is not promised with %s', (_, release, root, problem) => {
    expect(effectsOn(release, { root })).toEqual([`${release}.img: ${problem}`])
  })

  it.each(harmless)('does not depend on %s either', (_, release, root) => {
    expect(effectsOn(release, { root })).toEqual([])
  })

  it('comes from a DHCP server that dhcpcd listens to, by the node’s own identifier', () => {
    const on = (option: string, address: string) =>
      effectsOn('bullseye', { root: [file('/etc/dhcpcd.conf', `${option}\n`)], set: { address } })
    const own = ['nodhcp', 'inform', 'static ip_address=192.168.1.7/24']
    for (const option of [...own, 'whitelist 192.168.1.1', 'clientid mine', 'duid 00:01', 'anonymous'])
      expect([on(option, 'dhcp'), on(option, '10.0.0.3/24')]).toEqual([
        [`bullseye.img: root/etc/dhcpcd.conf, line 1: "${option}" counts for eth0 too`],
        [],
      ])
    for (const option of ['duid', 'clientid', 'require dhcp_server_identifier'])
      expect(on(option, 'dhcp')).toEqual([])
  })

  it('on Wi-Fi is not that of the Wi-Fi’s section in dhcpcd.conf', () => {
    const conf = (ssid: string) =>
      file('/etc/dhcpcd.conf', lines(`ssid ${ssid}`, 'static routers=192.168.1.1'))
    const set = { interface: 'wlan0', wifi_ssid: 'Home', wifi_country: 'GB' }
    expect(effectsOn('bullseye', { root: [conf('Other')], set })).toEqual([])
    expect(effectsOn('bullseye', { root: [conf('"Home"')], set })).toEqual([
      'bullseye.img: root/etc/dhcpcd.conf, line 2: "static routers=192.168.1.1" counts for wlan0 too',
    ])
  })

  it('comes from NetworkManager, whatever systemd-networkd has for the card', () => {
    const enabled = symlink(
      '/etc/systemd/system/multi-user.target.wants/systemd-networkd.service',
      '/lib/x.service',
    )
    const own = file(
      '/etc/systemd/network/10-lan.network',
      lines('[Match]', 'Name=eth0', '[Network]', 'DHCP=yes'),
    )
    expect(effectsOn('trixie', { root: [enabled, own] })).toEqual([])
    expect(
      textIn(
        finalRoot({ release: 'trixie', extra: [enabled, own] }),
        '/etc/systemd/network/00-piimg.network',
      ),
    ).toBe(
      lines(
        '# systemd-networkd runs, but another program configures this card.',
        '[Match]',
        'Name=eth0',
        '',
        '[Link]',
        'Unmanaged=yes',
      ),
    )
  })

  it('is not the kernel’s, by the base image', () => {
    for (const word of [
      'ip=dhcp',
      'nfsaddrs=192.168.1.77',
      'ip=192.168.1.77::192.168.1.1:255.255.255.0::eth0:off',
    ]) {
      const boot = [file('/cmdline.txt', `root=/dev/mmcblk0p2 ${word} quiet\n`)]
      expect(effectsOn('trixie', { boot })).toEqual([])
      const { plan } = planOf({ base: practiceBase('trixie', [], boot) })
      const line = plan.boot.find(({ path }) => path === '/cmdline.txt')
      expect(line?.kind === 'file' ? String(wholeOf(line.content)) : '').toMatch(
        /^root=\/dev\/mmcblk0p2 quiet/,
      )
    }
    // Debian's hook writes it from there.
    const again = file('/etc/default/raspi-extra-cmdline', 'ip=dhcp systemd.hostname=old quiet\n')
    expect(textIn(finalRoot({ release: 'debian', extra: [again] }), again.path)).toMatch(/^quiet/)
  })

  it('is the kernel’s, where kernel_args gives one', () => {
    const on = (word: string) => effectsOn('trixie', { set: { kernel_args: word } })
    for (const word of ['quiet', 'ip=off', 'ip=10.0.0.9::::host:eth1:off', 'ip=:::::eth0:none'])
      expect(on(word)).toEqual([])
    for (const word of [
      'ip=dhcp',
      'nfsaddrs=192.168.1.77',
      'ip=192.168.1.77::192.168.1.1:255.255.255.0::eth0:off',
    ])
      expect(on(word)).toEqual([
        `command line: --set kernel_args: ${word} gives eth0 an address before the node sets its own`,
      ])
  })

  it('shows no key of the base image’s networks', () => {
    const keys = lines('[wifi-security]', 'key-mgmt=wpa-psk', 'psk=hunter22')
    const entry = file(`${connections}/old.nmconnection`, profile('interface-name=eth0') + keys)
    const { plan } = planOf({ base: practiceBase('trixie', [entry]) })
    const found = plan.root.find(({ path }) => path === entry.path)
    if (found?.kind !== 'file') throw new Error('it is not changed')
    expect(String(wholeOf(found.content))).toContain('psk=hunter22\n')
    expect(String(wholeOf(found.shown))).toContain('key-mgmt=wpa-psk\npsk=********\n')
  })

  it('does not touch settings of other cards', () => {
    const entries = [
      file('/etc/NetworkManager/conf.d/10.conf', lines('[keyfile]', 'unmanaged-devices=interface-name:usb0')),
      file(`${connections}/usb.nmconnection`, profile('interface-name=usb0', 'autoconnect-priority=999')),
      file('/etc/network/interfaces', lines('auto usb0', 'iface usb0 inet manual')),
    ]
    expect(effectsOn('trixie', { root: entries })).toEqual([])
    const root = finalRoot({ release: 'trixie', extra: entries })
    for (const { path, content = '' } of entries) expect(textIn(root, path)).toBe(String(content))
  })
})
