import { describe, expect, it } from 'vitest'
import { bases } from './base.js'
import { bootedCluster, everybodyReachesEverybody } from './booted-cluster.js'
import { aptProxy, router } from './outside.js'

const [base] = bases
const cluster_ini = `
[cluster]
topology = flat
network = 192.0.2.0/24
gateway = ${router}
dns = ${router}
mpi = none
apt_proxy = ${aptProxy}
clock_wait = 1

[master]
address = 192.0.2.10/24
packages = tcpdump

[node2]

[node3]
address = dhcp
`
const addresses = { master: '192.0.2.10', node2: '192.0.2.2' }
/** One of the router's. */
const given = '192.0.2.5[0-2]'
const names = ['master', 'node2', 'node3']
const nothing = '[overlay]\nsummary = none here\n'

describe('a cluster on a network that was there before', () => {
  if (base === undefined) throw new Error('no base')
  const cluster = bootedCluster(base, {
    files: { 'cluster.ini': cluster_ini, 'overlays/tools/overlay.ini': nothing },
    names,
    hasUplink: () => false,
    build: [[]],
    router: 'switch',
  })

  it('has its planned addresses, or one from the router, which is the gateway of every node', async () => {
    for (const [name, address] of Object.entries({ ...addresses, node3: given })) {
      expect(await cluster.node(name).ask('ip -4 -oneline address show dev eth0')).toMatch(
        new RegExp(` ${address}/24 `),
      )
      expect(await cluster.node(name).ask('ip -4 route show default')).toMatch(
        /^default via 192\.0\.2\.1 dev eth0 /,
      )
    }
  })

  it('leaves addresses and names to the router, and forwards nothing', async () => {
    const master = cluster.node('master')
    expect(
      (await master.ask('ss --listening --udp --numeric --no-header'))
        .split('\n')
        .filter((line) => /:(53|67)\b/.test(line)),
    ).toEqual([])
    expect(await master.ask('cat /proc/sys/net/ipv4/ip_forward')).toBe('0')
    expect(await master.run('command -v dnsmasq iptables')).toMatchObject({ stdout: '' })
    expect(cluster.outside?.log()).toMatch(new RegExp(`DHCPACK\\(eth0\\) ${given} .* node3\n`))
  })

  it('trusts itself', () => everybodyReachesEverybody(cluster, addresses))

  it('is known to its master, also where the router has given the address', async () => {
    const known = new RegExp(`^node2 +192.0.2.2 +yes +ready.*\nnode3 +${given} +yes +ready`, 'm')
    await expect
      .poll(() => cluster.node('master').ask('cluster-status'), { timeout: 600_000, interval: 1000 })
      .toMatch(known)
    expect(await cluster.type('master', 'ssh -o BatchMode=yes node3 hostname')).toBe('node3')
  })
})
