import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { releases } from '../support/practice-base.js'
import { ask, type Card, finalRoot, hasNoNamespaces, isMissing } from '../support/real-programs.js'
import { sharedFolder, textIn, writeTree } from '../support/real-programs.js'

const folder = sharedFolder()
const noDnsmasq = isMissing({ dnsmasq: 'dnsmasq-base' })
const noFilter =
  isMissing({ 'iptables-restore': 'iptables', 'ip6tables-restore': 'iptables', nft: 'nftables' }) ||
  hasNoNamespaces()
const noPython = isMissing({ python3: 'python3' })
const noSystemd = isMissing({ 'systemd-analyze': 'systemd' })

const uplink = { hostname: 'master', uplink: 'eth1' }
const master = (release: Card['release'], set: Card['set'] = {}, others: Card['others'] = []) =>
  finalRoot({ release, profile: 'master', set: { ...uplink, ...set }, others })

const seed = { network: '192.168.5.0/24', dhcp_range: '192.168.5.2-192.168.5.64' }

/** Masters whose settings for dnsmasq have something of their own. */
const masters: readonly (readonly [string, Card['set'], Card['others']])[] = [
  ['with nothing given', {}, []],
  ['without a pool', { dhcp_range: 'none', lease_time: '45m' }, [{ hostname: 'node2', dhcp_range: 'none' }]],
  ['beside another gateway', { gateway: '10.0.0.254' }, [{ hostname: 'node2', gateway: '10.0.0.254' }]],
  [
    'of a large network',
    { network: '10.32.0.0/12', lease_time: 'infinite' },
    [{ hostname: 'node2', network: '10.32.0.0/12' }],
  ],
  [
    'whose nodes are in the pool, with a MAC and without',
    { ...seed, lease_time: '24h' },
    [
      { ...seed, hostname: 'node2', mac: 'dc:a6:32:01:02:03' },
      { ...seed, hostname: 'node3' },
      { ...seed, hostname: 'node4', address: '192.168.5.4/24' },
      { ...seed, hostname: 'printer', address: 'dhcp', mac: 'dc:a6:32:0a:0b:0c' },
      { ...seed, hostname: 'scanner', address: 'dhcp' },
    ],
  ],
]

describe.skipIf(noDnsmasq).each(releases)('dnsmasq reads the settings of a master of %s', (release) => {
  it.each(masters)('%s', (_, set, others) => {
    const root = master(release, set, others)
    const tree = mkdtempSync(join(folder, 'dnsmasq-'))
    writeTree(tree, root, ['/etc/dnsmasq.d', '/etc/piimg'])
    mkdirSync(join(tree, 'dhcp'))
    const path = join(tree, 'etc/dnsmasq.d/piimg.conf')
    writeFileSync(
      path,
      textIn(root, '/etc/dnsmasq.d/piimg.conf').replace('/var/lib/piimg/dhcp', join(tree, 'dhcp')),
    )
    const { status, errors } = ask(['dnsmasq', '--test', `--conf-file=${path}`])
    expect({ status, errors }).toEqual({ status: 0, errors: 'dnsmasq: syntax check OK.\n' })
  })
})

it('dnsmasq gives nobody the address of another gateway', () => {
  const settings = (set: Card['set']) => textIn(master('trixie', set), '/etc/dnsmasq.d/piimg.conf')
  expect(settings({ gateway: '10.0.0.200' })).toContain('\ndhcp-host=id:fixed-gateway,10.0.0.200\n')
  expect(settings({})).not.toContain('gateway,')
})

describe.skipIf(noFilter).each(releases)('the filter of a master of %s', (release) => {
  const inside = (script: string) => ask(['unshare', '--net', 'sh', '-euc', script])

  it('is read whole by iptables, and by nft where iptables comes later', () => {
    const tree = mkdtempSync(join(folder, 'filter-'))
    writeTree(tree, master(release), ['/etc/iptables.ipv4.nat', '/etc/iptables.ipv6', '/usr/lib/piimg'])
    const rules = release === 'buster' ? 'usr/lib/piimg/guard.ipv' : 'etc/iptables.ipv'
    const { status, output, errors } = inside(`
      cd ${tree}
      iptables-restore <etc/iptables.ipv4.nat && ip6tables-restore <etc/iptables.ipv6
      iptables-save && ip6tables-save
      nft -f usr/lib/piimg/guard.nft && nft -f usr/lib/piimg/guard.nft && nft list table inet piimg
      for file in ${rules}4* ; do iptables-restore --test <$file; done
      for file in ${rules}6* ; do ip6tables-restore --test <$file; done`)
    expect({ status, errors }).toEqual({ status: 0, errors: '' })
    expect(output.match(/^:(INPUT|FORWARD) DROP /gm)).toHaveLength(4)
    expect(output.match(/policy drop;/g)).toHaveLength(2)
    expect(output).toContain('-A POSTROUTING -s 10.0.0.0/24 ! -o eth0 -j MASQUERADE')
  })
})

describe.skipIf(noSystemd).each(releases)('systemd reads the units of a master of %s', (release) => {
  it('without a complaint', () => {
    const tree = mkdtempSync(join(folder, 'units-'))
    const root = master(release)
    writeTree(tree, root, ['/etc/systemd/system', '/usr/lib/piimg', '/usr/local/bin'])
    const units = [...root.keys()].map(
      (path) => /^\/etc\/systemd\/system\/(piimg-[a-z-]+\.[a-z]+)$/.exec(path)?.[1] ?? '',
    )
    const own = units.filter((unit) => unit !== '')
    expect(own).toEqual(
      expect.arrayContaining(['piimg-firewall.service', 'piimg-internet.timer', 'piimg-conflicts.service']),
    )
    const { errors } = ask([
      'systemd-analyze',
      'verify',
      `--root=${tree}`,
      '--recursive-errors=no',
      '--man=no',
      ...own,
    ])
    expect(textIn(root, '/etc/systemd/system/piimg-firewall.service')).toMatch(/^After=nftables\.service /m)
    expect(errors.split('\n').filter((line) => line.includes('piimg'))).toEqual([])
  })
})

describe('whether two networks overlap', () => {
  const script = textIn(master('trixie'), '/usr/lib/piimg/conflicts')
  const part = (name: string) => new RegExp(`^${name}\\(\\) \\{\n[^]*?\n\\}$`, 'm').exec(script)?.[0] ?? ''

  it.each([
    ['10.0.0.77/24', '10.0.0.0/24', true],
    ['10.0.1.77/24', '10.0.0.0/24', false],
    ['10.0.1.77/16', '10.0.0.0/24', true],
    ['10.0.0.130/25', '10.0.0.0/24', true],
    ['192.168.5.64/26', '192.168.5.0/26', false],
    ['192.168.5.1/8', '192.168.5.0/24', true],
    ['255.255.255.255/32', '255.255.255.0/24', true],
    ['100.64.0.1/32', '10.0.0.0/8', false],
    ['11.0.0.1/0', '10.0.0.0/24', true],
  ])('%s and %s: %s', (one, other, overlap) => {
    const { status } = ask(['sh', '-c', `${part('overlaps')}\n${part('number')}\noverlaps ${one} ${other}`])
    expect(status).toBe(overlap ? 0 : 1)
  })
})

describe.skipIf(noPython)('the question for DHCP servers', () => {
  const path = join(folder, 'ask-dhcp')
  const python = (code: string) => {
    writeFileSync(path, textIn(master('trixie'), '/usr/lib/piimg/ask-dhcp'))
    const { output, errors } = ask([
      'python3',
      '-c',
      `import runpy\nask = runpy.run_path(${JSON.stringify(path)})\n${code}`,
    ])
    expect(errors).toBe('')
    return output.trim()
  }

  it('has sums that are right (RFC 1071)', () => {
    const header = 'ask["packet"](ask["message"](bytes(6), 1, b""))[:20]'
    expect(python(`print(ask["checksum"](${header}), len(${header}))`)).toBe('0 20')
  })

  // Whatever else is on the wire must not be taken for an answer, nor end the question.
  it('takes nothing else for an answer, whatever it is', () => {
    expect(
      python(`
import os, random
random.seed(1)
good = ask["packet"](ask["HEADER"].pack(2, 1, 6, 0, 7, 0, 0, *[bytes(4)] * 4, bytes(6), b"", b"", ask["COOKIE"]) + bytes([53, 1, 2, 54, 4, 10, 0, 0, 9, 255]))
good = good[:20] + bytes([0, 67, 0, 68]) + good[24:]
print(ask["server_of"](good, 7), ask["server_of"](good, 8))
for _ in range(20000):
    cut = bytearray(good[:random.randrange(20, len(good))] if random.random() < 0.5 else good)
    for _ in range(random.randrange(4)):
        cut[random.randrange(len(cut))] = random.randrange(256)
    ask["server_of"](bytes(cut), 7)
for _ in range(20000):
    ask["server_of"](os.urandom(random.randrange(1, 400)), 7)
print("done")`),
    ).toBe('10.0.0.9 None\ndone')
  })
})
