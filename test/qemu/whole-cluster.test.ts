import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Desk, newDesk, piimg } from '../support/cli.js'
import { emulated, type Emulated } from '../support/emulated.js'
import { isFull } from '../support/full.js'
import { reachable } from '../support/images.js'
import { type Laptop, plugIn, switchWithSocket, whyNoLaptop } from '../support/laptop.js'
import { whyNoPackages } from '../support/package-mirror.js'
import { describeBooted, qemuBase } from './base.js'

const { base } = qemuBase()
const minutes = 60_000
const nodes = ['master', 'node2', 'node3', 'node4']

describeBooted('a master and three workers, with their packages on their cards and no gateway', () => {
  if (!isFull) {
    it('get ready and compute', (context) => context.skip('takes 15 minutes: scripts/test --full'))
    return
  }
  let desk: Desk
  let cluster: Emulated | undefined
  let laptop: Laptop | undefined
  let missing = ''
  beforeAll(async () => {
    missing = whyNoLaptop() || (await whyNoPackages(base))
    if (missing !== '') return
    desk = newDesk({
      'cluster.ini': `[cluster]\nimage = ${reachable(base)}\n[master]\nuplink = eth1\n[node2..node4]\n`,
      'overlays/tools/overlay.ini': '[overlay]\nsummary = none here\n',
    })
    const built = await piimg(desk, ['build', '--packages-from', 'bundle'], { patience: 10 * minutes })
    expect(built.exitCode, built.stderr).toBe(0)
    const socket = switchWithSocket(false)
    cluster = emulated(desk, ['--timeout', '0'], 100 * minutes, socket.programs)
    await cluster.hears(/^node4: boot 1: /m, minutes)
    laptop = await plugIn(socket, desk, '10.0.0.66/24')
  }, 12 * minutes)
  afterAll(() => {
    laptop?.unplug()
    cluster?.child.kill('SIGINT')
  })

  const type = async (node: string, command: string, ms = 2 * minutes) => {
    const { stdout = '', stderr, exitCode } = (await laptop?.ssh(node, command, ms)) ?? {}
    expect(exitCode, stderr).toBe(0)
    return stdout.trim()
  }

  it('get ready, each from its own card', { timeout: 60 * minutes }, async (context) => {
    context.skip(missing !== '', missing)
    const started = performance.now()
    const ready = 'until [ -e /var/lib/piimg/ready ]; do sleep 5; done; cat /var/lib/piimg/first-boot.log'
    await Promise.all(
      nodes.map(async (node) => {
        const log = await type(node, ready, 55 * minutes)
        console.log(`${node}: ready after ${((performance.now() - started) / 1000).toFixed(0)} s`)
        expect(log).toContain('file:/var/lib/piimg/packages')
        expect(log).not.toMatch(/https?:\/\/|waiting: /)
      }),
    )
    expect(await type('master', 'ls /sys/class/net; ip route show default')).toBe('eth0\nlo')
  })

  it('compute, a rank on each, as typed', { timeout: 10 * minutes }, async (context) => {
    context.skip(missing !== '', missing)
    const hosts = `--hosts ${nodes.join(',')}`
    expect((await type('master', `mpiexec -n 4 ${hosts} hostname`, 4 * minutes)).split('\n').sort()).toEqual(
      nodes,
    )
    const prime = 'python3 /usr/share/piimg/examples/prime.py 100000'
    const said = await type('master', `mpiexec -n 4 ${hosts} ${prime}`, 4 * minutes)
    expect(said).toContain('9592 primes up to 100000, by 4 ranks')
    expect(said.match(/(?<=^rank \d on )\w+/gm)?.sort()).toEqual(nodes)
  })

  it('are all known to the master', { timeout: 5 * minutes }, async (context) => {
    context.skip(missing !== '', missing)
    const said = await type('master', 'cluster-status')
    for (const [index, node] of nodes.entries())
      expect(said).toMatch(new RegExp(`^${node} +10\\.0\\.0\\.${index + 1} +(here|yes) +ready: `, 'm'))
  })
})
