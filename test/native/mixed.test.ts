import { describe, expect, it } from 'vitest'
import { bases } from './base.js'
import {
  bootedCluster,
  borderAddress,
  everybodyReachesEverybody,
  onlySshEntersFromOutside,
} from './booted-cluster.js'
import type { Lab } from './lab.js'
import { aptProxy } from './outside.js'
import { listenEverywhere } from './ports.js'
import { askTime, chronyWithoutClock } from './time-server.js'

const [trixie, bookworm, dhcpcd] = bases
const addresses = { master: '10.0.0.1', node2: '10.0.0.2', node3: '10.0.2.3', node4: '10.0.0.4' }
const cluster_ini = `
[cluster]
mpi = none
dhcp_range = 10.0.0.4-10.0.0.9
apt_proxy = ${aptProxy}
clock_wait = 1

[group lab]
network = 10.0.2.0/24
gateway = 10.0.2.254

[master]
uplink = eth1
static_routes = 10.0.2.0/24 via ${borderAddress}

[node2]
[node3]
groups = lab
[node4]
`
const nothing = '[overlay]\nsummary = none here\n'

/** A router with a leg in each of the two networks, which are on one switch here. */
async function border(lab: Lab) {
  const computer = await lab.plug('border', `${borderAddress}/24`)
  await computer.run('ip', 'address', 'add', '10.0.2.254/24', 'dev', 'eth0')
  // It sends no ICMP redirects: the nodes would no longer need it.
  const set = [
    'net.ipv4.ip_forward=1',
    'net.ipv4.conf.all.send_redirects=0',
    'net.ipv4.conf.eth0.send_redirects=0',
  ]
  const { exitCode, stderr } = await computer.run('sysctl', '-q', '-w', ...set)
  if (exitCode !== 0) throw new Error(stderr)
}

describe('a cluster of three systems in two networks, whose master has dhcpcd', () => {
  if (trixie === undefined || bookworm === undefined || dhcpcd === undefined) throw new Error('no bases')
  const cluster = bootedCluster(dhcpcd, {
    files: { 'cluster.ini': cluster_ini, 'overlays/tools/overlay.ini': nothing },
    names: Object.keys(addresses),
    hasUplink: (name) => name === 'master',
    build: [['--node', 'master', '--node', 'node4']],
    bases: { node2: trixie, node3: bookworm },
    prepare: listenEverywhere,
    plug: border,
  })

  it('has the planned addresses, by itself and by DHCP', async () => {
    for (const [name, address] of Object.entries(addresses)) {
      // A worker with nothing to install does not wait for the master; its DHCP client asks less and less often.
      const report = await cluster
        .node(name)
        .selfCheckWhen((each) => each.get('address')?.includes(`eth0 ${address}/24`) === true)
      expect(report.get('address')?.filter((each) => each.startsWith('eth0'))).toEqual([`eth0 ${address}/24`])
    }
    expect(await cluster.node('node4').ask('ip -4 route show default')).toMatch(
      /^default via 10\.0\.0\.1 dev eth0 /,
    )
  })

  it('has the routes of its networks, whatever writes them', async () => {
    const routes = async (name: string) =>
      (await cluster.node(name).ask('ip -4 route show'))
        .split('\n')
        .map((line) => line.replace(/ dev .*/, ''))
    // On the master by dhcpcd's own file, on node2 by a profile of NetworkManager, on node4 by DHCP.
    for (const name of ['master', 'node2', 'node4'])
      expect(await routes(name)).toContain(`10.0.2.0/24 via ${borderAddress}`)
    expect(await routes('node3')).toContain('default via 10.0.2.254')
  })

  it('has one time server, which the other network may ask', async () => {
    await cluster.node('master').ask(chronyWithoutClock)
    const other = await cluster.lab.plug('other', '10.0.2.200/24')
    await other.run('ip', 'route', 'add', 'default', 'via', '10.0.2.254')
    expect((await other.run('python3', '-c', askTime, '10.0.0.1')).stdout).toBe('stratum 10\n')
  })

  it('trusts itself, and knows itself by name', () => everybodyReachesEverybody(cluster, addresses))

  it('is known to its master, which shuts the way to the internet then', async () => {
    const known = /^node2 .* ready.*\nnode3 .* ready.*\nnode4 .* ready[^]*^internet: closed \(auto\)/m
    await expect
      .poll(() => cluster.node('master').ask('cluster-status'), { timeout: 600_000, interval: 1000 })
      .toMatch(known)
  })

  it('lets others in by ssh of the master only, also after its reboot', () =>
    onlySshEntersFromOutside(cluster, addresses))
})
