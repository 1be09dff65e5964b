import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { piimg } from '../support/cli.js'
import { isFull } from '../support/full.js'
import { reachable } from '../support/images.js'
import { whyNoPackages } from '../support/package-mirror.js'
import { type Base, bases, cardsOf, nativeBase } from './base.js'
import { type Lab, type Node, openLab } from './lab.js'
import { aptProxy, openOutside, type Outside, router, uplinkAddress, whyNoOutside } from './outside.js'

const example = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../examples/${name}`, import.meta.url)), 'utf8')
/** A container has no Wi-Fi, for which a second network card stands in, and is no Raspberry Pi. */
const wired = (text: string) => text.replace(/^wifi_ssid.*$/m, 'uplink = eth1').replaceAll(/^(wifi_|board).*\n/gm, '').replace('[cluster]\n', `[cluster]\napt_proxy = ${aptProxy}\nclock_wait = 1\n`) // prettier-ignore
const examples = '/usr/share/piimg/examples'
const askDhcp = fileURLToPath(new URL('../../overlays/conflicts/root@serves/usr/lib/piimg/ask-dhcp', import.meta.url)) // prettier-ignore

/** The nodes of one cluster file, all booted and ready. */
class Cluster {
  reason = ''
  lab!: Lab
  outside: Outside | undefined
  readonly nodes = new Map<string, Node>()

  async open(base: Base, file: string, names: readonly string[], hasUplink: (name: string) => boolean) {
    const found = nativeBase(base)
    this.reason = 'reason' in found ? found.reason : whyNoOutside() || (await whyNoPackages(found.file))
    if ('reason' in found || this.reason !== '') return
    const { desk } = cardsOf(found.file, { 'cluster.ini': file })
    const nodes = names.flatMap((name) => ['--node', name])
    const { exitCode, stderr } = await piimg(desk, ['build', ...nodes, '--image', reachable(found.file)])
    if (exitCode !== 0) throw new Error(stderr)
    this.lab = await openLab()
    this.outside = await openOutside(this.lab, names.length)
    for (const name of names) {
      const image = join(desk.folder, 'out', `${name}.img`)
      this.nodes.set(name, this.lab.startNode({ name, image, prepare: base.stock, uplink: hasUplink(name) }))
    }
    await Promise.all([...this.nodes.values()].map((node) => this.#ready(node)))
  }

  async #ready(node: Node): Promise<void> {
    await node.waitUntilRunning(180)
    for (
      const limit = Date.now() + 600_000;
      (await node.run('test -e /var/lib/piimg/ready')).exitCode !== 0;
    ) {
      if (Date.now() > limit) throw new Error(`${node.name} does not get ready\n${await node.journal(200)}`)
      await delay(500)
    }
  }

  node(name: string): Node {
    const node = this.nodes.get(name)
    if (node === undefined) throw new Error(`no node ${name}`)
    return node
  }

  /** What the cluster's user types on a node; its output. */
  async type(name: string, command: string): Promise<string> {
    const { stdout, stderr, exitCode } = await this.node(name).run('exec timeout 100 runuser -l pi -c "$(cat)"', command)
    if (exitCode !== 0) throw new Error(`${name}: ${command}: ${exitCode ?? 'killed'}\n${stdout}${stderr}`)
    return stdout.trimEnd()
  } // prettier-ignore

  async close(): Promise<void> {
    if (this.reason !== '') return
    await this.outside?.close()
    await this.lab.close()
  }
}

function opened(base: Base, file: string, names: readonly string[], hasUplink: (name: string) => boolean): Cluster {
  const cluster = new Cluster()
  beforeAll(() => cluster.open(base, file, names, hasUplink), 1_200_000)
  afterAll(() => cluster.close())
  beforeEach((context) => {
    context.skip(cluster.reason !== '', cluster.reason)
    context.onTestFailed(async () => console.error(await cluster.node('master').journal(200)))
  })
  return cluster
} // prettier-ignore

/** Every node to every node, itself too, by name, full name and address; strictly, and with nobody to ask. */
async function everybodyReachesEverybody(cluster: Cluster, addresses: Readonly<Record<string, string>>) {
  const names = Object.keys(addresses)
  const wanted = Object.entries(addresses).flatMap(([name, ip]) => [name, `${name}.cluster.internal`, ip].map((to) => `${to} ${name}`)) // prettier-ignore
  const line = `for each in ${wanted.map((pair) => pair.split(' ')[0]).join(' ')}; do echo $each $(ssh -o BatchMode=yes -o StrictHostKeyChecking=yes $each hostname 2>&1); done` // prettier-ignore
  const answers = await Promise.all(names.map((name) => cluster.type(name, line)))
  expect(answers.map((answer) => answer.split('\n'))).toEqual(names.map(() => wanted))
}

const route = (node: Node) => node.ask('ip -4 route show default')

for (const base of bases.slice(0, isFull ? 2 : 1)) {
  describe(`the backbone of seed 003 on ${base.name}`, () => {
    const addresses = { master: '10.0.0.1', node2: '10.0.0.2', node3: '10.0.0.3', node4: '10.0.0.4' }
    const cluster = opened(base, wired(example('seed-003.ini')), Object.keys(addresses), () => true)

    it('has the planned addresses, and ways to the internet that are not the wire', async () => {
      for (const [name, address] of Object.entries(addresses)) {
        const node = cluster.node(name)
        expect(await node.ask('ip -4 -oneline address show dev eth0')).toContain(` ${address}/24 `)
        expect(await route(node)).toMatch(new RegExp(`^default via ${router.replaceAll('.', '\\.')} dev eth1 [^\n]*$`))
      }
    }) // prettier-ignore

    it('has no DHCP server', async () => {
      const inside = await cluster.lab.plug('inside', '10.0.0.200/24')
      expect(await inside.run('python3', askDhcp, 'eth0', '3')).toMatchObject({ stdout: '', exitCode: 1 })
    })

    it('trusts itself', () => everybodyReachesEverybody(cluster, addresses))

    it('does what the seed types', async () => {
      await cluster.type('master', `cp ${examples}/prime.py ~/`)
      for (const number of [2, 3, 4]) await cluster.type('master', `scp ~/prime.py 10.0.0.${number}:`)
      const names = await cluster.type('master', 'mpiexec -n 4 --hosts 10.0.0.1,10.0.0.2,10.0.0.2,10.0.0.4 hostname')
      expect(names.split('\n').sort()).toEqual(['master', 'node2', 'node2', 'node4'])
      const before = await bytes(cluster)
      const primes = await cluster.type('master', 'mpiexec -n 4 --host 10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4 python3 prime.py 100000') // prettier-ignore
      expect(primes).toContain('9592 primes up to 100000, by 4 ranks')
      for (const name of Object.keys(addresses)) expect(primes).toMatch(new RegExp(`\\b${name}\\b`))
      const after = await bytes(cluster)
      for (const [name, [wire = 0, other = 0]] of Object.entries(after)) {
        expect(wire - (before[name]?.[0] ?? 0), `bytes of ${name} on the wire`).toBeGreaterThan(5000)
        expect(other - (before[name]?.[1] ?? 0), `bytes of ${name} beside it`).toBeLessThan(2000)
      }
    }) // prettier-ignore
  })

  describe(`the cluster of seed 001 on ${base.name}`, () => {
    const addresses = {
      master: '192.168.5.1',
      node2: '192.168.5.2',
      node3: '192.168.5.3',
      node4: '192.168.5.4',
    }
    const cluster = opened(base, wired(example('seed-001.ini')), Object.keys(addresses), (name) => name === 'master') // prettier-ignore

    it('gives each worker its own address, for a day', async () => {
      for (const [name, address] of Object.entries(addresses).slice(1)) {
        expect(await cluster.node(name).ask('ip -4 -oneline address show dev eth0')).toMatch(new RegExp(` ${address}/24 .* dynamic `)) // prettier-ignore
        expect(await route(cluster.node(name))).toMatch(/^default via 192\.168\.5\.1 dev eth0 /)
      }
      const leases = (await cluster.node('master').ask('cat /var/lib/misc/dnsmasq.leases')).split('\n')
      expect(leases.map((line) => line.split(' ').slice(2, 4).join(' ')).sort()).toEqual(['192.168.5.2 node2', '192.168.5.3 node3', '192.168.5.4 node4']) // prettier-ignore
      const left = leases.map((line) => Number(line.split(' ')[0]) - Date.now() / 1000)
      expect(Math.min(...left)).toBeGreaterThan(23 * 3600)
      expect(Math.max(...left)).toBeLessThanOrEqual(24 * 3600)
    })

    it('trusts itself', () => everybodyReachesEverybody(cluster, addresses))

    it('computes across all nodes, by name and by alias', async () => {
      const primes = await cluster.type('node3', `mpiexec -n 4 --hosts node1,node2,node3,node4 python3 ${examples}/prime.py 100000`) // prettier-ignore
      expect(primes).toContain('9592 primes up to 100000, by 4 ranks')
      for (const name of Object.keys(addresses)) expect(primes).toMatch(new RegExp(`\\b${name}\\b`))
    })

    it('has Fabric on the master', async () => {
      const said = await cluster.type('master', 'fab -H node2,node3 -- hostname')
      expect(said.split('\n').filter((line) => /^node\d$/.test(line))).toEqual(['node2', 'node3'])
    })

    it('shows a worker on the wire, and only the master beside it', async () => {
      const ping = cluster.node('node2').run(`ping -q -c 16 -i 0.5 ${router}`)
      const watch = (card: string) => cluster.node('master').ask(`timeout 20 tcpdump -i ${card} -en -c 4 icmp 2>/dev/null`) // prettier-ignore
      const [wire, uplink] = await Promise.all([watch('eth0'), watch('eth1')])
      expect(await ping).toMatchObject({ exitCode: 0 })
      expect(wire).toMatch(/ 192\.168\.5\.2 > 192\.0\.2\.1: ICMP echo request/)
      expect(uplink).toContain(` ${uplinkAddress} > ${router}: ICMP echo request`)
      expect(uplink).not.toContain('192.168.5.')
    })
  })
}

/** What each node has sent so far, on eth0 and on eth1. */
async function bytes(cluster: Cluster): Promise<Record<string, number[]>> {
  const counts = await Promise.all(
    [...cluster.nodes].map(async ([name, node]) => {
      const text = await node.ask('cat /sys/class/net/eth0/statistics/tx_bytes /sys/class/net/eth1/statistics/tx_bytes')
      return [name, text.split('\n').map(Number)] as const
    }),
  )
  return Object.fromEntries(counts)
} // prettier-ignore
