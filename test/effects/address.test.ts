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
      file(
        `${connections}/br0.nmconnection`,
        lines('[connection]', 'id=br0', 'type=bridge', 'autoconnect-slaves=1'),
      ),
      file(
        `${connections}/port.nmconnection`,
        profile('interface-name=eth0', 'master=br0', 'slave-type=bridge'),
      ),
    ],
    `root${connections}/br0.nmconnection: the profile br0.nmconnection can take eth0 from the node's own profile`,
  ],
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
    [
      symlink('/etc/systemd/system/multi-user.target.wants/systemd-networkd.service', '/lib/x.service'),
      file('/etc/systemd/network/00-lan.network', lines('[Match]', 'Name=e*', '[Network]', 'DHCP=yes')),
    ],
    'root/etc/systemd/network/00-lan.network: systemd-networkd configures eth0 by 00-lan.network',
  ],
  [
    'a rule of udev',
    'bookworm',
    [file('/etc/udev/rules.d/90-lan.rules', lines('# lan', 'KERNEL=="eth*", ENV{NM_UNMANAGED}="1"'))],
    'root/etc/udev/rules.d/90-lan.rules, line 2: a rule of udev keeps NetworkManager from eth0',
  ],
  [
    'dhcpcd beside NetworkManager',
    'bookworm',
    [symlink('/etc/systemd/system/multi-user.target.wants/dhcpcd.service', '/lib/x.service')],
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
]

describe('the address', () => {
  it.each(setRight)('does not depend on %s', (_, release, entry, fixed) => {
    expect(effectsOn(release, { root: [entry] })).toEqual([])
    expect(textIn(finalRoot({ release, extra: [entry] }), entry.path)).toContain(`${fixed}\n`)
  })

  it.each(reported)('is not promised with %s', (_, release, root, problem) => {
    expect(effectsOn(release, { root })).toEqual([`${release}.img: ${problem}`])
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

  it('is the kernel’s, where ip= gives one', () => {
    const on = (word: string) =>
      effectsOn('trixie', { boot: [file('/cmdline.txt', `root=/dev/mmcblk0p2 ${word}\n`)] })
    for (const word of ['quiet', 'ip=off', 'ip=10.0.0.9::::host:eth1:off', 'ip=:::::eth0:none'])
      expect(on(word)).toEqual([])
    for (const word of ['ip=dhcp', 'ip=192.168.1.77', 'ip=192.168.1.77::192.168.1.1:255.255.255.0::eth0:off'])
      expect(on(word)).toEqual([
        `trixie.img: boot/cmdline.txt, line 1: ${word} gives eth0 an address before the node sets its own`,
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
