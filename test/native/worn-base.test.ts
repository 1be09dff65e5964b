import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newFolder } from '../support/cli.js'
import { copyImage, debugfs } from '../support/images.js'
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
