import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { isFull } from '../support/full.js'
import { slowness } from '../support/slowness.js'
import { bases } from './base.js'
import { type BootedCluster, bootedCluster, everybodyReachesEverybody } from './booted-cluster.js'
import type { Node } from './lab.js'
import { aptProxy, router } from './outside.js'

const example = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../examples/${name}`, import.meta.url)), 'utf8')
/** A container has no Wi-Fi, so the uplink is a second network card. It is no Raspberry Pi, so no board is set. */
const wired = (text: string) =>
  text
    .replace(/^wifi_ssid.*$/m, 'uplink = eth1')
    .replaceAll(/^(wifi_|board).*\n/gm, '')
    .replace('[cluster]\n', `[cluster]\napt_proxy = ${aptProxy}\nclock_wait = 1\n`)
const examples = '/usr/share/piimg/examples'
const askDhcp = fileURLToPath(
  new URL('../../overlays/conflicts/root/usr/lib/piimg/ask-dhcp', import.meta.url),
)

/** Some nodes of an example. */
const asIn = (file: string, names: readonly string[], hasUplink: (name: string) => boolean) => ({
  files: { 'cluster.ini': wired(example(file)) },
  names,
  hasUplink,
  build: [names.flatMap((name) => ['--node', name])],
})

const route = (node: Node) => node.ask('ip -4 route show default')

for (const base of bases.slice(0, isFull ? 2 : 1)) {
  describe(`the backbone of seed 003 on ${base.name}`, () => {
    const addresses = { master: '10.0.0.1', node2: '10.0.0.2', node3: '10.0.0.3', node4: '10.0.0.4' }
    const cluster = bootedCluster(
      base,
      asIn('seed-003.ini', Object.keys(addresses), () => true),
    )

    it('has the planned addresses, and ways to the internet that are not the wire', async () => {
      for (const [name, address] of Object.entries(addresses)) {
        const node = cluster.node(name)
        expect(await node.ask('ip -4 -oneline address show dev eth0')).toContain(` ${address}/24 `)
        expect(await route(node)).toMatch(
          new RegExp(`^default via ${router.replaceAll('.', '\\.')} dev eth1 [^\n]*$`),
        )
      }
    })

    it('has no DHCP server', async () => {
      const inside = await cluster.lab.plug('inside', '10.0.0.200/24')
      expect(await inside.run('python3', askDhcp, 'eth0', '3')).toMatchObject({ stdout: '', exitCode: 1 })
    })

    it('trusts itself', () => everybodyReachesEverybody(cluster, addresses))

    it('does what the seed types', async () => {
      await cluster.type('master', `cp ${examples}/prime.py ~/`)
      for (const number of [2, 3, 4]) await cluster.type('master', `scp ~/prime.py 10.0.0.${number}:`)
      const names = await cluster.type(
        'master',
        'mpiexec -n 4 --hosts 10.0.0.1,10.0.0.2,10.0.0.2,10.0.0.4 hostname',
      )
      expect(names.split('\n').sort()).toEqual(['master', 'node2', 'node2', 'node4'])
      // A hostfile has an address or a name, and the ranks of each node.
      const inFile = await cluster.type(
        'master',
        "printf '10.0.0.2 slots=2\\nnode3:1\\n10.0.0.1 slots=1\\n' >f && mpiexec -n 4 --hostfile f hostname",
      )
      expect(inFile.split('\n').sort()).toEqual(['master', 'node2', 'node2', 'node3'])
      // Open MPI 5 waits for ever once in ten times, where it is not kept from it.
      for (let times = 0; times < 20; times++)
        await cluster.type('master', 'mpiexec -n 3 --hosts node2,node3,node4 hostname')
      const before = await bytes(cluster)
      const primes = await cluster.type(
        'master',
        'mpiexec -n 4 --host 10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4 python3 prime.py 100000',
      )
      expect(primes).toContain('9592 primes up to 100000, by 4 ranks')
      for (const name of Object.keys(addresses)) expect(primes).toMatch(new RegExp(`\\b${name}\\b`))
      const after = await bytes(cluster)
      for (const [name, [wire = 0, other = 0]] of Object.entries(after)) {
        expect(wire - (before[name]?.[0] ?? 0), `bytes of ${name} on the wire`).toBeGreaterThan(5000)
        expect(other - (before[name]?.[1] ?? 0), `bytes of ${name} beside it`).toBeLessThan(2000 * slowness())
      }
    })
  })

  describe(`the cluster of seed 001 on ${base.name}`, () => {
    const addresses = {
      master: '192.168.5.1',
      node2: '192.168.5.2',
      node3: '192.168.5.3',
      node4: '192.168.5.4',
    }
    const cluster = bootedCluster(
      base,
      asIn('seed-001.ini', Object.keys(addresses), (name) => name === 'master'),
    )

    it('gives each worker its own address, for a day', async () => {
      for (const [name, address] of Object.entries(addresses).slice(1)) {
        expect(await cluster.node(name).ask('ip -4 -oneline address show dev eth0')).toMatch(
          new RegExp(` ${address}/24 .* dynamic `),
        )
        expect(await route(cluster.node(name))).toMatch(/^default via 192\.168\.5\.1 dev eth0 /)
      }
      const leases = (await cluster.node('master').ask('cat /var/lib/misc/dnsmasq.leases')).split('\n')
      expect(leases.map((line) => line.split(' ').slice(2, 4).join(' ')).sort()).toEqual([
        '192.168.5.2 node2',
        '192.168.5.3 node3',
        '192.168.5.4 node4',
      ])
      const left = leases.map((line) => Number(line.split(' ')[0]) - Date.now() / 1000)
      expect(Math.min(...left)).toBeGreaterThan(23 * 3600)
      expect(Math.max(...left)).toBeLessThanOrEqual(24 * 3600)
    })

    it('trusts itself', () => everybodyReachesEverybody(cluster, addresses))

    it('computes across all nodes, by name and by alias', async () => {
      const primes = await cluster.type(
        'node3',
        `mpiexec -n 4 --hosts node1,node2,node3,node4 python3 ${examples}/prime.py 100000`,
      )
      expect(primes).toContain('9592 primes up to 100000, by 4 ranks')
      for (const name of Object.keys(addresses)) expect(primes).toMatch(new RegExp(`\\b${name}\\b`))
    })

    it('has Fabric on the master', async () => {
      const said = await cluster.type('master', 'fab -H node2,node3 -- hostname')
      expect(said.split('\n').filter((line) => /^node\d$/.test(line))).toEqual(['node2', 'node3'])
    })

    it('shows a worker on the wire, and only the master beside it', async () => {
      let isSeen = false
      const pings = async () => {
        let last = await cluster.node('node2').run(`ping -q -c 4 -i 0.5 ${router}`)
        while (!isSeen) last = await cluster.node('node2').run(`ping -q -c 4 -i 0.5 ${router}`)
        return last
      }
      const ping = pings()
      const watch = (card: string) =>
        cluster.node('master').ask(`tcpdump -i ${card} -en -c 4 icmp 2>/dev/null`)
      const [wire, uplink] = await Promise.all([watch('eth0'), watch('eth1')]).finally(() => (isSeen = true))
      expect(await ping).toMatchObject({ exitCode: 0 })
      expect(wire).toMatch(/ 192\.168\.5\.2 > 192\.0\.2\.1: ICMP echo request/)
      const own =
        /inet ([\d.]+)\//.exec(
          await cluster.node('master').ask('ip -4 -oneline address show dev eth1'),
        )?.[1] ?? ''
      expect(uplink).toContain(` ${own} > ${router}: ICMP echo request`)
      expect(uplink).not.toContain('192.168.5.')
    })
  })
}

/** What each node has sent so far, on eth0 and on eth1. */
async function bytes(cluster: BootedCluster): Promise<Record<string, number[]>> {
  const counts = await Promise.all(
    [...cluster.nodes].map(async ([name, node]) => {
      const text = await node.ask(
        'cat /sys/class/net/eth0/statistics/tx_bytes /sys/class/net/eth1/statistics/tx_bytes',
      )
      return [name, text.split('\n').map(Number)] as const
    }),
  )
  return Object.fromEntries(counts)
}
