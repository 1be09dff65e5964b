import { describe, expect, it } from 'vitest'
import { file, lines, type PracticeEntry } from '../../scripts/practice/entries.js'
import type { Release } from '../../scripts/practice/tree.js'
import { effectsOn } from '../support/effects.js'
import { finalRoot } from '../support/real-programs.js'

const set = { uplink: 'eth1' }
const conf = '/etc/NetworkManager/conf.d/10.conf'
const folder = '/etc/NetworkManager/system-connections'
const noAutomatic = file(conf, lines('[main]', 'no-auto-default=*'))

/** A profile of the uplink, or of any card. */
function profile(
  name: string,
  own: readonly string[],
  ipv4: readonly string[] = ['method=auto'],
): PracticeEntry {
  const text = lines('[connection]', `id=${name}`, 'type=ethernet', ...own, '', '[ipv4]', ...ipv4)
  return file(`${folder}/${name}.nmconnection`, text, { mode: 0o600 })
}

const eth1 = 'interface-name=eth1'

/** What connects it, by one entry of the list each. */
const connected: readonly (readonly [string, Release, readonly PracticeEntry[]])[] = [
  ['NetworkManager’s automatic profile', 'trixie', []],
  ['dhcpcd', 'bullseye', []],
  [
    'ifupdown',
    'trixie',
    [file('/etc/network/interfaces.d/eth1', lines('allow-hotplug eth1', 'iface eth1 inet dhcp'))],
  ],
  ['a profile', 'trixie', [noAutomatic, profile('lan', [eth1])]],
  ['a profile without a method', 'trixie', [noAutomatic, profile('lan', [eth1], [])]],
  ['a profile of any card', 'bookworm', [noAutomatic, profile('any', [])]],
  [
    'a fixed address with a gateway',
    'bookworm',
    [profile('lan', [eth1], ['method=manual', 'address1=192.168.1.7/24,192.168.1.1'])],
  ],
  [
    'the profile with the higher priority',
    'trixie',
    [
      profile('lan', [eth1, 'autoconnect-priority=5', 'uuid=b']),
      profile('other', [eth1, 'uuid=a'], ['method=shared']),
    ],
  ],
  [
    'the profile with the lower UUID',
    'trixie',
    [profile('lan', [eth1, 'uuid=a']), profile('other', [eth1, 'uuid=b'], ['method=shared'])],
  ],
  [
    'it where only the old board’s card has a profile',
    'trixie',
    [
      file(
        `${folder}/old.nmconnection`,
        lines(
          '[connection]',
          'type=ethernet',
          'autoconnect=false',
          '[ethernet]',
          'mac-address=DC:A6:32:00:00:01',
        ),
        { mode: 0o600 },
      ),
    ],
  ],
  [
    'it where NetworkManager leaves the card alone, which the plan changes',
    'trixie',
    [file(conf, lines('[keyfile]', 'unmanaged-devices=eth1'))],
  ],
  [
    'it where only another file of root may read the profile',
    'trixie',
    [{ ...profile('lan', [eth1, 'autoconnect=false']), mode: 0o644 }],
  ],
  [
    'a fixed address on dhcpcd',
    'bullseye',
    [
      file(
        '/etc/dhcpcd.conf',
        lines('interface eth1', 'nodhcp', 'static ip_address=192.168.1.7/24', 'static routers=192.168.1.1'),
      ),
    ],
  ],
]

const byProfile = (lacks: string) =>
  `root${folder}/lan.nmconnection: the profile lan.nmconnection of the uplink eth1 ${lacks}`
const stanza = (text: string) => [file('/etc/network/interfaces.d/eth1', text)]

/** What keeps it from the internet. */
const reported: readonly (readonly [string, Release, readonly PracticeEntry[], string])[] = [
  [
    'no automatic profile',
    'trixie',
    [noAutomatic],
    `root${conf}, line 2: nothing connects the uplink eth1 to the internet, because of no-auto-default=*`,
  ],
  [
    'a stanza without an address',
    'bookworm',
    stanza(lines('auto eth1', 'iface eth1 inet manual')),
    'root/etc/network/interfaces.d/eth1, line 2: "iface eth1 inet manual" gives the uplink eth1 to ifupdown, and no address',
  ],
  [
    'a stanza that nothing brings up',
    'bookworm',
    stanza('iface eth1 inet dhcp\n'),
    'root/etc/network/interfaces.d/eth1, line 1: "iface eth1 inet dhcp" gives the uplink eth1 to ifupdown, and no line "auto eth1" brings it up',
  ],
  [
    'a profile that waits for a person',
    'trixie',
    [profile('lan', [eth1, 'autoconnect=false'])],
    byProfile('does not connect it automatically'),
  ],
  [
    'a profile that shares a connection',
    'bookworm',
    [profile('lan', [eth1], ['method=shared'])],
    byProfile('has the method shared'),
  ],
  [
    'a profile without IPv4',
    'trixie',
    [profile('lan', [eth1], ['method=disabled'])],
    byProfile('has the method disabled'),
  ],
  [
    'a profile without a default route',
    'trixie',
    [profile('lan', [eth1], ['method=auto', 'never-default=true'])],
    byProfile('has no default route'),
  ],
  [
    'a fixed address without a gateway',
    'trixie',
    [profile('lan', [eth1], ['method=manual', 'address1=192.168.1.7/24'])],
    byProfile('has no default route'),
  ],
  ...['noipv4', 'nogateway', 'nodhcp', 'static ip_address=192.168.4.1/24'].map(
    (option) =>
      [
        `${option} of dhcpcd`,
        'bullseye',
        [file('/etc/dhcpcd.conf', lines('interface eth1', option))],
        `root/etc/dhcpcd.conf, line 2: nothing connects the uplink eth1 to the internet, because of "${option}"`,
      ] as const,
  ),
]

describe('the uplink', () => {
  it.each(connected)('is connected by %s', (_, release, root) => {
    expect(effectsOn(release, { set, root })).toEqual([])
  })

  it.each(reported)('is not promised with %s', (_, release, root, problem) => {
    expect(effectsOn(release, { set, root })).toEqual([`${release}.img: ${problem}`])
    expect(effectsOn(release, { root })).toEqual([])
  })

  it('gets its automatic profile also where the old Raspberry Pi’s had been deleted', () => {
    const path = '/var/lib/NetworkManager/no-auto-default.state'
    expect(finalRoot({ release: 'trixie', extra: [file(path, 'dc:a6:32:00:00:01\n')] }).has(path)).toBe(false)
  })
})
