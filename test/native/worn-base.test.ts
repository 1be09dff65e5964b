import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { file, symlink } from '../../scripts/practice/entries.js'
import { newFolder } from '../support/cli.js'
import { effectsOn } from '../support/effects.js'
import { copyImage, debugfs } from '../support/images.js'
import { finalRoot, textIn } from '../support/real-programs.js'
import { bases, type Cards, cardsOf, nativeBase } from './base.js'
import { far, type Lab, type Node, openLab } from './lab.js'

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
    await expect.poll(async () => (await addresses()).trim(), { timeout: far * 1000 }).toBe('10.0.0.3/24')
    expect(await node.ask('ip -4 route show default')).toBe('')
  })
})

/** That the node is given. */
const server = '10.0.0.9'

/** Each fault alone: what the base image has keeps the node from its address, and what piimg makes of it does not. */
describe('NetworkManager itself', () => {
  let reason = ''
  let lab: Lab | undefined
  let node: Node
  beforeAll(async () => {
    const found = trixie === undefined ? { reason: 'no base' } : nativeBase(trixie)
    if ('reason' in found) return void (reason = found.reason)
    const image = await cardsOf(found.file).build('node3', 'gateway=none', `dns=${server}`, 'mpi=none')
    lab = await openLab()
    node = lab.startNode({ name: 'node3', image, prepare: trixie?.stock ?? '' })
    await node.waitUntilStarted()
  })
  afterAll(() => lab?.close())
  beforeEach((context) => context.skip(reason !== '', reason))

  const profiles = '/etc/NetworkManager/system-connections'

  /** Starts NetworkManager with other files; empty texts are no files. */
  async function startWith(files: Readonly<Record<string, string>>, before = ':'): Promise<void> {
    // NetworkManager keeps what it did with a card in /run, for its next start in the same boot.
    await node.ask('systemctl stop NetworkManager; rm -rf /run/NetworkManager')
    await node.ask('ip addr flush dev eth0; ip link set eth0 down')
    for (const [path, text] of Object.entries(files)) {
      const mode = path.startsWith(profiles) ? '600' : '644'
      const write = `mkdir -p ${dirname(path)}; cat >${path}; chmod ${mode} ${path}`
      expect((await node.run(text === '' ? `rm -f ${path}` : write, text)).exitCode).toBe(0)
    }
    await node.ask(`${before}; systemctl reset-failed NetworkManager; systemctl start NetworkManager`)
  }

  const addresses = async (): Promise<string> => {
    const output = await node.ask('ip -4 -brief address show dev eth0')
    return output.trim().split(/\s+/).slice(2).join(' ')
  }

  const hasPlannedAddress = () => expect.poll(addresses, { timeout: far * 1000 }).toBe('10.0.0.3/24')

  /** Waits for as long as the planned address takes to come on a busy computer. */
  async function hasAnotherOrNone(): Promise<void> {
    for (let tries = 0; tries < 15 && (await addresses()) === ''; tries++) await delay(100)
    expect(await addresses()).not.toBe('10.0.0.3/24')
  }

  const conf = '/etc/NetworkManager/conf.d/10.conf'
  const uuid = 'uuid=00000000-0000-4000-8000-000000000001'
  const timestamps = lines('[timestamps]', '00000000-0000-4000-8000-000000000001=1900000000')
  const used = { '/var/lib/NetworkManager/timestamps': timestamps }
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
      'a profile whose name has no ending',
      `${profiles}/other`,
      other('id=other', uuid, 'autoconnect-priority=999'),
    ],
    [
      'networking off',
      '/var/lib/NetworkManager/NetworkManager.state',
      lines('[main]', 'NetworkingEnabled=false'),
    ],
    ['an iface line', '/etc/network/interfaces', lines('iface eth0 inet manual')],
  ])('%s', async (_, path, text) => {
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

  it.each<[string, path: string, text: string]>([
    ['allowed-connections', conf, lines('[device]', 'allowed-connections=id:lan')],
    ['except:', conf, lines('[device]', 'allowed-connections=except:id:eth0')],
    [
      'a bridge of ifupdown',
      '/etc/network/interfaces',
      lines('iface br0 inet manual', '  bridge_ports eth0'),
    ],
  ])('%s, which is reported', async (_, path, text) => {
    expect(effectsOn('trixie', { root: [file(path, text)] })).toHaveLength(1)
    await startWith({ [path]: text })
    await node.run('nm-online -s -q -t 20')
    expect(await addresses()).toBe('')
    await startWith({ [path]: '' })
    await hasPlannedAddress()
  })

  const high = other('id=other', uuid, 'autoconnect-priority=999', 'interface-name=eth0')
  it.each<[string, path: string, text: string, before: string]>([
    ['a profile that others may read', `${profiles}/other`, high, `chmod 644 ${profiles}/other`],
    ['a backup of a profile', `${profiles}/other.nmconnection~`, high, ':'],
    ['a file that is off', conf, lines('[.config]', 'enable=false', '[keyfile]', 'unmanaged-devices=*'), ':'],
    ['a list of connections with the node’s', conf, lines('[device]', 'allowed-connections=id:eth0'), ':'],
  ])('%s, which is not against the node', async (_, path, text, before) => {
    await startWith({ ...used, [path]: text }, before)
    await hasPlannedAddress()
    await startWith({ [path]: '' })
  })

  const old = 'rm -f /etc/resolv.conf; echo nameserver 8.8.8.8 >/etc/resolv.conf'
  const servers = () => node.ask("sed -n 's/^nameserver //p' /etc/resolv.conf")
  it.each([
    ['dns=none', '[main]', '8.8.8.8'],
    ['rc-manager=unmanaged', '[main]', '8.8.8.8'],
    ['dns=systemd-resolved', '[main]', '8.8.8.8'],
    ['servers=1.1.1.1', '[global-dns-domain-*]', '1.1.1.1'],
  ])('does not write the name servers with %s', async (setting, section, found) => {
    const text = lines(section, setting)
    expect(effectsOn('trixie', { root: [file(conf, text)] })).toHaveLength(1)
    await startWith({ [conf]: text }, old)
    await node.run('nm-online -s -q -t 20')
    await hasPlannedAddress()
    expect(await servers()).toBe(found)
    await startWith({ [conf]: '' }, old)
    await expect.poll(servers, { timeout: far * 1000 }).toBe(server)
  })

  it('gives an uplink its automatic profile only where nothing else is for the card', async () => {
    const own = `${profiles}/eth0.nmconnection`
    const connected = async (files: Readonly<Record<string, string>>) => {
      await startWith(files)
      await node.run('nm-online -s -q -t 20')
      return await node.ask('nmcli -g GENERAL.CONNECTION device show eth0')
    }
    const text = await node.ask(`cat ${own}`)
    const state = '/var/lib/NetworkManager/no-auto-default.state'
    const lan = `${profiles}/lan.nmconnection`
    const waiting = lines('[connection]', 'id=lan', uuid, 'type=ethernet', 'autoconnect=false')
    try {
      expect(await connected({ [own]: '' })).toBe('Wired connection 1')
      // A cable between namespaces has no address of a board; else there is one here.
      expect(await connected({ [state]: 'interface-name:=eth0\n' })).toBe('')
      expect(await connected({ [state]: '', [lan]: waiting })).toBe('')
    } finally {
      await startWith({ [state]: '', [lan]: '', [own]: `${text}\n` })
    }
    await hasPlannedAddress()
  })

  it('uses the radio where the plan has a country', async () => {
    const path = '/var/lib/NetworkManager/NetworkManager.state'
    const off = lines('[main]', 'WirelessEnabled=false')
    const radio = () => node.ask('nmcli radio wifi')
    await startWith({ [path]: off })
    expect(await radio()).toBe('disabled')
    const extra = [file(path, off)]
    expect(finalRoot({ release: 'trixie', set: { wifi_country: 'GB' }, extra }).has(path)).toBe(false)
    await startWith({ [path]: '' })
    expect(await radio()).toBe('enabled')
  })

  it('beside systemd-networkd', async () => {
    const path = '/etc/systemd/network/10.network'
    const text = lines('[Match]', 'Name=eth0', '', '[Network]', 'Address=192.168.1.77/24')
    const networkd = 'systemctl restart systemd-networkd'
    await startWith({ [path]: text }, networkd)
    await expect.poll(addresses, { timeout: far * 1000 }).toContain('192.168.1.77/24')
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
      .poll(async () => (await master.run('nft list table inet piimg')).stdout, { timeout: far * 1000 })
      .toContain('policy drop')
  })
})
