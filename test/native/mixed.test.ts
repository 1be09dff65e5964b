import { describe, expect, it } from 'vitest'
import { bases } from './base.js'
import { bootedCluster, everybodyReachesEverybody, onlySshEntersFromOutside } from './booted-cluster.js'
import { aptProxy } from './outside.js'
import { listenEverywhere } from './ports.js'

const [trixie, bookworm, dhcpcd] = bases
const addresses = { master: '10.0.0.1', node2: '10.0.0.2', node3: '10.0.0.3', node4: '10.0.0.4' }
const cluster_ini = `
[cluster]
mpi = none
dhcp_range = 10.0.0.4-10.0.0.9
apt_proxy = ${aptProxy}
clock_wait = 1

[master]
uplink = eth1

[node2..node4]
`
const nothing = '[overlay]\nsummary = none here\n'

describe('a cluster of three systems, whose master has dhcpcd', () => {
  if (trixie === undefined || bookworm === undefined || dhcpcd === undefined) throw new Error('no bases')
  const cluster = bootedCluster(dhcpcd, {
    files: { 'cluster.ini': cluster_ini, 'overlays/tools/overlay.ini': nothing },
    names: Object.keys(addresses),
    hasUplink: (name) => name === 'master',
    build: [['--node', 'master', '--node', 'node4']],
    bases: { node2: trixie, node3: bookworm },
    prepare: listenEverywhere,
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
