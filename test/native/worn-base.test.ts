import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { file, symlink } from '../../scripts/practice/entries.js'
import { newFolder } from '../support/cli.js'
import { copyImage, debugfs } from '../support/images.js'
import { finalRoot, textIn } from '../support/real-programs.js'
import { bases, type Cards, cardsOf, nativeBase } from './base.js'
import { type Lab, type Node, openLab } from './lab.js'

const [trixie, , bookworm] = bases
const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`
const other = (...more: readonly string[]): string =>
  lines('[connection]', ...more, 'type=ethernet', '', '[ipv4]', 'method=manual', 'address1=192.168.1.77/24')

/** What each of these alone does to a stock node: no address, or 192.168.1.77. */
const networkManager: Readonly<Record<string, string>> = {
  '/etc/NetworkManager/conf.d/10-mine.conf': lines('[keyfile]', 'unmanaged-devices=interface-name:eth*'),
  '/etc/NetworkManager/conf.d/20-mine.conf': lines('[device-mine]', 'managed=0'),
  '/etc/NetworkManager/system-connections/mine.nmconnection': other(
    'id=mine',
    'uuid=00000000-0000-4000-8000-000000000001',
    'interface-name=eth0',
    'autoconnect-priority=999',
  ),
  '/etc/NetworkManager/system-connections/any.nmconnection': other(
    'id=any',
    'uuid=00000000-0000-4000-8000-000000000002',
    'autoconnect-priority=999',
  ),
  '/var/lib/NetworkManager/timestamps': lines(
    '[timestamps]',
    '00000000-0000-4000-8000-000000000001=1900000000',
    '00000000-0000-4000-8000-000000000002=1900000000',
  ),
  '/var/lib/NetworkManager/NetworkManager.state': lines('[main]', 'NetworkingEnabled=false'),
  '/etc/network/interfaces': lines('auto eth0', 'iface eth0 inet static', '  address 192.168.1.77/24'),
}

const dhcpcd: Readonly<Record<string, string>> = {
  '/etc/dhcpcd.conf': lines(
    'denyinterfaces eth*',
    'allowinterfaces wlan0',
    'interface eth0',
    'static ip_address=192.168.1.77/16',
    'static routers=192.168.1.1',
  ),
}

/** A copy of a base image with other files, and its cards. */
function worn(base: string, files: Readonly<Record<string, string>>): Cards {
  const folder = newFolder()
  const image = copyImage(base, join(folder, 'worn.img'))
  const source = join(folder, 'file')
  for (const [path, text] of Object.entries(files)) {
    writeFileSync(source, text)
    // What is there already is an error of mkdir and rm alone, which does not matter.
    for (const command of [`mkdir ${dirname(path)}`, `rm ${path}`, `write ${source} ${path}`])
      debugfs(image, command)
    debugfs(image, `sif ${path} mode 0100600`)
  }
  return cardsOf(image)
}

describe.each([
  ['NetworkManager', trixie, networkManager],
  ['dhcpcd', bookworm, dhcpcd],
])('a base image with its own network on %s', (_, base, files) => {
  let reason = ''
  let lab: Lab | undefined
  let node: Node
  beforeAll(async () => {
    const found = base === undefined ? { reason: 'no base' } : nativeBase(base)
    if ('reason' in found) return void (reason = found.reason)
    const image = await worn(found.file, files).build('node3', 'gateway=none', 'mpi=none')
    lab = await openLab()
    node = lab.startNode({ name: 'node3', image, prepare: base?.stock ?? '' })
    await node.waitUntilStarted()
  })
  afterAll(() => lab?.close())
  beforeEach((context) => context.skip(reason !== '', reason))

  it('becomes a node with its planned address, and no other', async () => {
    const addresses = () => node.ask('ip -4 -brief address show dev eth0 | awk \'{$1 = $2 = ""; print}\'')
    await expect.poll(async () => (await addresses()).trim(), { timeout: 60_000 }).toBe('10.0.0.3/24')
    expect(await node.ask('ip -4 route show default')).toBe('')
  })
})

/** Each fault alone: what the base image has keeps the node from its address, and what piimg makes of it does not. */
describe('NetworkManager itself', () => {
  let reason = ''
  let lab: Lab | undefined
  let node: Node
  beforeAll(async () => {
    const found = trixie === undefined ? { reason: 'no base' } : nativeBase(trixie)
    if ('reason' in found) return void (reason = found.reason)
    const image = await cardsOf(found.file).build('node3', 'gateway=none', 'mpi=none')
    lab = await openLab()
    node = lab.startNode({ name: 'node3', image, prepare: trixie?.stock ?? '' })
    await node.waitUntilStarted()
  })
  afterAll(() => lab?.close())
  beforeEach((context) => context.skip(reason !== '', reason))

  /** Starts NetworkManager with other files; empty texts are no files. */
  async function startWith(files: Readonly<Record<string, string>>, before = ':'): Promise<void> {
    // NetworkManager keeps what it did with a card in /run, for its next start in the same boot.
    await node.ask('systemctl stop NetworkManager; rm -rf /run/NetworkManager')
    await node.ask('ip addr flush dev eth0; ip link set eth0 down')
    for (const [path, text] of Object.entries(files)) {
      const mode = path.endsWith('.nmconnection') ? '600' : '644'
      const write = `mkdir -p ${dirname(path)}; cat >${path}; chmod ${mode} ${path}`
      expect((await node.run(text === '' ? `rm -f ${path}` : write, text)).exitCode).toBe(0)
    }
    await node.ask(`${before}; systemctl reset-failed NetworkManager; systemctl start NetworkManager`)
  }

  const addresses = async (): Promise<string> => {
    const output = await node.ask('ip -4 -brief address show dev eth0')
    return output.trim().split(/\s+/).slice(2).join(' ')
  }

  const hasPlannedAddress = () => expect.poll(addresses, { timeout: 60_000 }).toBe('10.0.0.3/24')

  /** Waits for as long as the planned address takes to come on a busy computer. */
  async function hasAnotherOrNone(): Promise<void> {
    for (let tries = 0; tries < 15 && (await addresses()) === ''; tries++) await delay(100)
    expect(await addresses()).not.toBe('10.0.0.3/24')
  }

  const profiles = '/etc/NetworkManager/system-connections'
  const conf = '/etc/NetworkManager/conf.d/10.conf'
  const uuid = 'uuid=00000000-0000-4000-8000-000000000001'
  it.each<[string, path: string, text: string]>([
    ['unmanaged-devices', conf, lines('[keyfile]', 'unmanaged-devices=interface-name:eth0')],
    ['a pattern', conf, lines('[keyfile]', 'unmanaged-devices=interface-name:e*;type:wifi')],
    ['a list that is added to', conf, lines('[keyfile]', 'unmanaged-devices+=*')],
    ['a list of exceptions', conf, lines('[keyfile]', 'unmanaged-devices=except:interface-name:wlan0')],
    ['managed=0', conf, lines('[device]', 'managed=0')],
    ['managed=0 of a kind', conf, lines('[device-x]', 'match-device=type:ethernet', 'managed=false')],
    [
      'a profile of the card',
      `${profiles}/other.nmconnection`,
      other('id=other', uuid, 'interface-name=eth0', 'autoconnect-priority=999'),
    ],
    [
      'a profile of any card',
      `${profiles}/other.nmconnection`,
      other('id=other', uuid, 'autoconnect-priority=999'),
    ],
    [
      'networking off',
      '/var/lib/NetworkManager/NetworkManager.state',
      lines('[main]', 'NetworkingEnabled=false'),
    ],
    ['an iface line', '/etc/network/interfaces', lines('iface eth0 inet manual')],
  ])('%s', async (_, path, text) => {
    const timestamps = lines('[timestamps]', '00000000-0000-4000-8000-000000000001=1900000000')
    const used = { '/var/lib/NetworkManager/timestamps': timestamps }
    await startWith({ ...used, [path]: text })
    await hasAnotherOrNone()
    const fixed = textIn(finalRoot({ release: 'trixie', extra: [file(path, text)] }), path)
    await startWith({ ...used, [path]: fixed })
    await hasPlannedAddress()
    await startWith({ [path]: '' })
    await hasPlannedAddress()
  })

  it('in another folder', async () => {
    await startWith({ [conf]: lines('[keyfile]', 'path=/srv/connections') })
    await hasAnotherOrNone()
    await startWith({ [conf]: '' })
    await hasPlannedAddress()
  })

  it('beside systemd-networkd', async () => {
    const path = '/etc/systemd/network/10.network'
    const text = lines('[Match]', 'Name=eth0', '', '[Network]', 'Address=192.168.1.77/24')
    const networkd = 'systemctl restart systemd-networkd'
    await startWith({ [path]: text }, networkd)
    await expect.poll(addresses, { timeout: 60_000 }).toContain('192.168.1.77/24')
    const enabled = symlink('/etc/systemd/system/multi-user.target.wants/systemd-networkd.service', '/x')
    const own = '/etc/systemd/network/00-piimg.network'
    await startWith({ [own]: textIn(finalRoot({ release: 'trixie', extra: [enabled] }), own) }, networkd)
    await hasPlannedAddress()
  })
})

describe('the firewall of a master', () => {
  let reason = ''
  let lab: Lab | undefined
  let master: Node
  beforeAll(async () => {
    const found = trixie === undefined ? { reason: 'no base' } : nativeBase(trixie)
    if ('reason' in found) return void (reason = found.reason)
    const image = await cardsOf(found.file).build('master', '--profile=master', 'uplink=eth1', 'mpi=none')
    lab = await openLab()
    const enable = 'ln -s /usr/lib/systemd/system/nftables.service etc/systemd/system/sysinit.target.wants/'
    master = lab.startNode({ name: 'master', image, uplink: true, prepare: (trixie?.stock ?? '') + enable })
    await master.waitUntilStarted()
  })
  afterAll(() => lab?.close())
  beforeEach((context) => context.skip(reason !== '', reason))

  /** Debian's nftables.conf begins with `flush ruleset`. */
  it.each([
    'true',
    'systemctl restart nftables',
    'systemctl reload nftables',
    'systemctl stop nftables',
    'systemctl start nftables',
  ])('is there with nftables.service after: %s', async (command) => {
    await master.ask(command)
    await expect
      .poll(async () => (await master.run('nft list table inet piimg')).stdout, { timeout: 60_000 })
      .toContain('policy drop')
  })
})
