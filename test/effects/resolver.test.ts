import { describe, expect, it } from 'vitest'
import { file, lines, type PracticeEntry, symlink } from '../../scripts/practice/entries.js'
import type { Release } from '../../scripts/practice/tree.js'
import { effectsOn } from '../support/effects.js'
import { stockText } from '../support/practice-base.js'

const conf = '/etc/NetworkManager/conf.d/90.conf'
const stopped = 'NetworkManager does not write the name servers into resolv.conf'

/** A package that is installed beside those of the stock image. */
function installed(release: Release, name: string): PracticeEntry {
  const status = stockText(release, 'root/var/lib/dpkg/status') ?? ''
  const own = lines('', `Package: ${name}`, 'Status: install ok installed', 'Architecture: all', 'Version: 1')
  return file('/var/lib/dpkg/status', status + own)
}

/** The stock image without a package. */
function removed(release: Release, name: string): PracticeEntry {
  const status = stockText(release, 'root/var/lib/dpkg/status') ?? ''
  const own = new RegExp(`^Package: ${name}\\n(.+\\n)*\\n?`, 'm')
  return file('/var/lib/dpkg/status', status.replace(own, ''))
}

/** Each alone, on the release, and what is reported of it: its place, and what is wrong. */
const reported: readonly (readonly [string, Release, readonly PracticeEntry[], string])[] = [
  [
    'systemd-resolved, for which it is no link',
    'bookworm',
    [file(conf, lines('[main]', 'dns=systemd-resolved'))],
    `root${conf}, line 2: ${stopped}: dns=systemd-resolved`,
  ],
  [
    'name servers for all networks',
    'trixie',
    [file(conf, lines('[global-dns-domain-*]', 'servers=1.1.1.1'))],
    `root${conf}, line 2: these name servers replace the network's: servers=1.1.1.1`,
  ],
  [
    'dnsmasq of NetworkManager, which is not installed',
    'bookworm',
    [file(conf, lines('[main]', 'dns=dnsmasq')), removed('bookworm', 'dnsmasq-base')],
    `root${conf}, line 2: dnsmasq is not installed, and NetworkManager leaves the names to it: dns=dnsmasq`,
  ],
  [
    'the settings that NetworkManager itself saved',
    'bookworm',
    [file('/var/lib/NetworkManager/NetworkManager-intern.conf', lines('[main]', 'dns=none'))],
    `root/var/lib/NetworkManager/NetworkManager-intern.conf, line 2: ${stopped}: dns=none`,
  ],
  [
    'resolvconf of Debian, which writes through its link only',
    'bookworm',
    [installed('bookworm', 'resolvconf')],
    'root/etc/resolv.conf: resolvconf is installed, and writes only where this is its link',
  ],
  [
    'name servers of resolvconf',
    'bookworm',
    [
      installed('bookworm', 'resolvconf'),
      symlink('/etc/resolv.conf', '/run/resolvconf/resolv.conf'),
      file('/etc/resolvconf/resolv.conf.d/head', lines('# mine', 'nameserver 8.8.8.8')),
    ],
    "root/etc/resolvconf/resolv.conf.d/head, line 2: resolvconf does not write the network's name servers alone: nameserver 8.8.8.8",
  ],
  [
    'name servers of openresolv',
    'bullseye',
    [
      installed('bullseye', 'openresolv'),
      file(
        '/etc/resolvconf.conf',
        lines('resolv_conf=/etc/resolv.conf', '#name_servers=x', 'name_servers=127.0.0.1'),
      ),
    ],
    "root/etc/resolvconf.conf, line 3: resolvconf does not write the network's name servers alone: name_servers=127.0.0.1",
  ],
  [
    'openresolv that is off',
    'trixie',
    [installed('trixie', 'openresolv'), file('/etc/resolvconf.conf', 'resolvconf=NO\n')],
    "root/etc/resolvconf.conf, line 1: resolvconf does not write the network's name servers alone: resolvconf=NO",
  ],
  [
    'name servers in front of dhcpcd’s',
    'bullseye',
    [file('/etc/resolv.conf.head', 'nameserver 8.8.8.8\n')],
    "root/etc/resolv.conf.head, line 1: these name servers come before the network's",
  ],
  [
    'another script of dhcpcd',
    'buster',
    [file('/etc/dhcpcd.conf', 'script /bin/true\n')],
    'root/etc/dhcpcd.conf, line 1: dhcpcd does not write the name servers into resolv.conf: script /bin/true',
  ],
]

const server = 'static domain_name_servers=1.1.1.1'
const none = 'nooption domain_name_servers'

describe('/etc/resolv.conf', () => {
  it.each(reported)('does not have the network’s name servers with %s', (_, release, root, problem) => {
    expect(effectsOn(release, { root })).toEqual([`${release}.img: ${problem}`])
  })

  it('has those of dhcpcd.conf only where the network gives others', () => {
    const on = (text: string, address: string) =>
      effectsOn('bullseye', { root: [file('/etc/dhcpcd.conf', text)], set: { address } })
    const place = 'bullseye.img: root/etc/dhcpcd.conf, line 1'
    expect(on(`${server}\n`, 'dhcp')).toEqual([`${place}: ${server} replaces the network's name servers`])
    expect(on(`${none}\n`, 'dhcp')).toEqual([`${place}: "${none}" leaves the network's name servers out`])
    expect(on(`${server}\n${none}\n`, '10.0.0.3/24')).toEqual([])
    expect(on(`interface wlan1\n${server}\n`, 'dhcp')).toEqual([])
  })

  it('is written where nothing is against it', () => {
    const resolvconf = [
      installed('bullseye', 'openresolv'),
      file('/etc/resolvconf.conf', lines('resolv_conf=/etc/resolv.conf', '#name_servers=127.0.0.1')),
      file('/etc/resolv.conf.head', 'nameserver 8.8.8.8\n'),
    ]
    expect(effectsOn('bullseye', { root: resolvconf })).toEqual([])
    for (const text of ['dns=default', 'dns=dnsmasq', 'rc-manager=file'])
      expect(effectsOn('bookworm', { root: [file(conf, lines('[main]', text))] })).toEqual([])
    const off = file(conf, lines('[.config]', 'enable=false', '[main]', 'dns=none'))
    expect(effectsOn('bookworm', { root: [off] })).toEqual([])
  })

  const linked = (target: string) => ({ root: [symlink('/etc/resolv.conf', target)] })
  const nothing = (target: string) => [
    `bookworm.img: root/etc/resolv.conf: it is a link to ${target}, which no program writes here`,
  ]

  it('is written by NetworkManager, unless it is the link of another program', () => {
    expect(effectsOn('bookworm', linked('/run/NetworkManager/resolv.conf'))).toEqual([])
    expect(effectsOn('bookworm', linked('../run/systemd/resolve/stub-resolv.conf'))).toEqual(
      nothing('/run/systemd/resolve/stub-resolv.conf'),
    )
    expect(effectsOn('bookworm', linked('/etc/resolvconf/run/resolv.conf'))).toEqual(
      nothing('/etc/resolvconf/run/resolv.conf'),
    )
    expect(effectsOn('bookworm', linked('/nowhere'))).toEqual(nothing('/nowhere'))
    const resolved = symlink('/etc/systemd/system/sysinit.target.wants/systemd-resolved.service', '/x')
    const { root } = linked('../run/systemd/resolve/stub-resolv.conf')
    expect(effectsOn('bookworm', { root: [...root, resolved] })).toEqual([])
  })

  const manager = (path: string, text: string) => ({ root: [file(`/etc/NetworkManager/${path}`, text)] })
  const off = (place: string, key: string) => [
    `bookworm.img: root/etc/NetworkManager/${place}: NetworkManager does not write the name servers into resolv.conf: ${key}`,
  ]
  it('is not written by a NetworkManager that leaves names to others', () => {
    const none = manager('conf.d/90-dns.conf', '[main]\ndns=none\n')
    expect(effectsOn('bookworm', none)).toEqual(off('conf.d/90-dns.conf, line 2', 'dns=none'))
    expect(effectsOn('bookworm', manager('conf.d/90.conf', '[main]\nrc-manager=unmanaged\n'))).toEqual(
      off('conf.d/90.conf, line 2', 'rc-manager=unmanaged'),
    )
    expect(effectsOn('bookworm', manager('conf.d/90.conf', '[connection]\ndns=none\n'))).toEqual([])
    const later = manager('conf.d/95.conf', '[main]\ndns=default\n')
    expect(effectsOn('bookworm', { root: [...none.root, ...later.root] })).toEqual([])
    const vendor = file('/usr/lib/NetworkManager/conf.d/90-dns.conf', '[main]\ndns=none\n')
    expect(effectsOn('bookworm', { root: [vendor] })).not.toEqual([])
    expect(
      effectsOn('bookworm', { root: [vendor, file('/etc/NetworkManager/conf.d/90-dns.conf', '')] }),
    ).toEqual([])
  })

  it('is not written by dhcpcd without its hook', () => {
    const conf = (line: string) => ({ root: [file('/etc/dhcpcd.conf', `hostname\n${line}\n`)] })
    expect(effectsOn('bullseye', conf('#nohook resolv.conf'))).toEqual([])
    const what = 'dhcpcd does not write the name servers into resolv.conf'
    for (const line of ['nohook resolv.conf', 'nohook lookup-hostname, resolv.conf', 'nohook 20-resolv.conf'])
      expect(effectsOn('bullseye', conf(line))).toEqual([
        `bullseye.img: root/etc/dhcpcd.conf, line 2: ${what}`,
      ])
  })

  it('cannot be written where it is immutable', () => {
    const fixed = file('/etc/resolv.conf', 'nameserver 9.9.9.9\n', { isImmutable: true })
    expect(effectsOn('bookworm', { root: [fixed] })).toEqual([
      'bookworm.img: root/etc/resolv.conf: it is immutable: it keeps its name servers',
    ])
  })
})
