import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Desk, newDesk, newFolder, piimg } from '../support/cli.js'
import { emulated, type Emulated, qemusIn } from '../support/emulated.js'
import { reachable } from '../support/images.js'
import { whyNoPackages } from '../support/package-mirror.js'
import { parseSelfCheck, selfCheckScript } from '../support/self-check.js'
import { describeBooted, plainProfile, qemuBase } from './base.js'

const { base } = qemuBase()
const minutes = 60_000

/** Three times what was measured here, with two guests side by side. */
const limits = { login: 6 * minutes, ready: 45 * minutes, reboot: 6 * minutes, command: 2 * minutes }

/** Nothing is to be installed. */
const plain = { 'profiles/master.ini': plainProfile, 'profiles/worker.ini': plainProfile }
/** All but the tools, which take their time and are tested in a native cluster. */
const whole = { 'overlays/tools/overlay.ini': '[overlay]\nsummary = none here\n' }

/** A desk with the cards of a master and a worker. */
async function builtCluster(files: Readonly<Record<string, string>>): Promise<Desk> {
  const image = reachable(base)
  const desk = newDesk({
    'cluster.ini': `[cluster]\nimage = ${image}\n[master]\nuplink = eth1\n[node2]\nmac = dc:a6:32:01:02:03\n`,
    ...files,
  })
  const built = await piimg(desk, ['build'])
  expect(built.exitCode, built.stderr).toBe(0)
  return desk
}

async function nothingRunsIn(desk: Desk): Promise<void> {
  for (let tries = 0; qemusIn(desk.folder).length > 0 && tries < 20; tries++) await delay(100)
  expect(qemusIn(desk.folder)).toEqual([])
}

function expectOnlyCards(desk: Desk): void {
  expect(readdirSync(join(desk.folder, 'out')).sort()).toEqual(['master.img', 'node2.img'])
  expect(existsSync(join(desk.folder, '.piimg/emulated.json'))).toBe(false)
}

describeBooted('a master and a worker of one cluster.ini', () => {
  let desk: Desk
  let cluster: Emulated
  beforeAll(async () => {
    desk = await builtCluster(whole)
    cluster = emulated(desk, ['--timeout', '0'], 100 * minutes)
  })
  afterAll(() => cluster.child.kill('SIGINT'))

  type Node = 'master' | 'node2'
  const ssh = async (node: Node, command: string, input?: string, limit = limits.command) =>
    await cluster.ssh(command, limit, input, node === 'master' ? '' : '10.0.0.2')
  const selfCheck = async (node: Node) =>
    parseSelfCheck((await ssh(node, 'sudo -n sh -s', selfCheckScript)).stdout)
  const macOf = async (node: Node, card: string) =>
    (await ssh(node, `cat /sys/class/net/${card}/address`)).stdout.trim()
  const expectPing = async (node: Node, address: string, limit = limits.command) => {
    const { stdout } = await ssh(node, `sudo -n ping -c 3 -W 5 ${address}`, '', limit)
    expect(stdout).toMatch(/3 packets transmitted, 3 received/)
  }

  it('says what it takes, and to the own user where the master is', async () => {
    await cluster.hears(/^node2: boot 1: /m, minutes)
    const file = join(desk.folder, '.piimg/emulated.json')
    const { stderr } = cluster.said()
    expect(stderr).toMatch(
      /^2 nodes at one switch, with 2 processors each; they take up to 2\.3 GiB of memory/m,
    )
    const said = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    expect(said).toMatchObject({ sshPort: Number(/^ssh .*-p (\d+) /m.exec(stderr)?.[1]) })
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it(
    'tells when each of them is ready, the worker by way of the master',
    { timeout: limits.ready },
    async (context) => {
      const missing = await whyNoPackages(base)
      context.skip(missing !== '', missing)
      await Promise.all(
        ['master', 'node2'].map(async (node) => {
          await cluster.hears(new RegExp(`^${node}: login after \\d+ s$`, 'm'), limits.login)
          await cluster.hears(new RegExp(`^${node}: ready after \\d+ s$`, 'm'), limits.ready)
        }),
      )
      console.log(
        cluster
          .said()
          .stderr.match(/^.* after \d+ s$/gm)
          ?.join(', '),
      )
    },
  )

  it(
    'has the master between the switch, eth0, and the outside, eth1',
    { timeout: limits.ready },
    async () => {
      const found = await selfCheck('master')
      expect(found.get('state')).toEqual(['running'])
      expect(found.get('address')?.filter((line) => !line.includes(':'))).toEqual([
        'eth0 10.0.0.1/24',
        'eth1 10.0.2.15/24',
      ])
      expect(found.get('route')?.filter((line) => line.startsWith('default'))).toEqual([
        expect.stringMatching(/^default via 10\.0\.2\.2 dev eth1/),
      ])
    },
  )

  it(
    'has the worker at the switch only, with the MAC address of the plan',
    { timeout: limits.ready },
    async () => {
      const found = await selfCheck('node2')
      expect(found.get('state')).toEqual(['running'])
      expect(found.get('address')?.filter((line) => !line.includes(':'))).toEqual(['eth0 10.0.0.2/24'])
      expect(found.get('route')?.filter((line) => line.startsWith('default'))).toEqual([
        expect.stringMatching(/^default via 10\.0\.0\.1 dev eth0/),
      ])
      expect((await ssh('node2', 'ls /sys/class/net')).stdout.split(/\s+/).filter(Boolean)).toEqual([
        'eth0',
        'lo',
      ])
      expect(await macOf('node2', 'eth0')).toBe('dc:a6:32:01:02:03')
      expect(await macOf('master', 'eth0')).not.toBe(await macOf('master', 'eth1'))
    },
  )

  it('lets them reach each other', { timeout: limits.ready }, async () => {
    await expectPing('node2', '10.0.0.1')
    await expectPing('master', '10.0.0.2')
  })

  it('computes across both, from the first boot on, as typed', { timeout: limits.ready }, async (context) => {
    const missing = await whyNoPackages(base)
    context.skip(missing !== '', missing)
    const type = async (command: string) => (await ssh('master', command, '', limits.command)).stdout.trim()
    await type('cp /usr/share/piimg/examples/prime.py . && scp prime.py 10.0.0.2:')
    const names = await type('mpiexec -n 4 --hosts 10.0.0.1,10.0.0.2,10.0.0.2,10.0.0.1 hostname')
    expect(names.split('\n').sort()).toEqual(['master', 'master', 'node2', 'node2'])
    const primes = await type('mpiexec -n 2 --host 10.0.0.1,10.0.0.2 python3 prime.py 100000')
    expect(primes).toContain('9592 primes up to 100000, by 2 ranks')
    for (const node of ['master', 'node2']) expect(primes).toMatch(new RegExp(`^rank \\d on ${node}: `, 'm'))
    expect(await type('cluster-status')).toMatch(/^node2 +10\.0\.0\.2 +yes +ready/m)
  })

  it('finds a worker again that reboots alone', { timeout: 2 * limits.reboot }, async () => {
    await ssh('node2', 'sudo -n systemd-run --quiet --on-active=2 systemctl reboot')
    await cluster.hears(/^node2: boot 2: /m, limits.reboot)
    await delay(5000)
    await expectPing('node2', '10.0.0.1', limits.reboot)
    expect(cluster.said().stderr).not.toMatch(/^master: boot 2: /m)
  })

  it(
    'tells of a kernel that panics, with the last lines of its console, and goes on',
    { timeout: 2 * limits.reboot },
    async () => {
      await ssh(
        'node2',
        'sudo -n systemd-run --quiet --on-active=2 sh -c "echo c >/proc/sysrq-trigger"',
        '',
        limits.reboot,
      )
      await cluster.hears(
        /^node2: its kernel panicked; the console said last:\n[^]*sysrq triggered crash/m,
        limits.reboot,
      )
      expect((await ssh('master', 'hostname')).stdout.trim()).toBe('master')
    },
  )

  it('leaves nothing after SIGINT', { timeout: minutes }, async () => {
    expect(qemusIn(desk.folder).length).toBe(2)
    cluster.child.kill('SIGINT')
    expect((await cluster.finished).exitCode).toBe(130)
    await nothingRunsIn(desk)
    expectOnlyCards(desk)
  })
})

/** A QEMU that only talks: the shell's `$1` is the node's name. */
function talkingQemu(says: string): string {
  const bin = newFolder()
  const program = join(bin, 'qemu-system-aarch64')
  const nodeOf = `node=master; case "$*" in */node2/*) node=node2 ;; esac; set -- $node`
  writeFileSync(program, `#!/bin/sh\n${nodeOf}\n${says}\nexec sleep 60\n`)
  chmodSync(program, 0o755)
  return bin
}

describeBooted('piimg emulate of a whole cluster', () => {
  let desk: Desk
  beforeAll(async () => {
    desk = await builtCluster(plain)
  })

  const run = async (says: string, ...words: string[]) =>
    await emulated(desk, words, 60_000, talkingQemu(says)).finished

  it('leaves no guest after kill -9, and the next run removes the rest', async () => {
    const first = emulated(desk, [], 60_000)
    await first.hears(/^node2: boot 1: /m, 30_000)
    while (qemusIn(desk.folder).length < 2) await delay(100)
    first.child.kill('SIGKILL')
    await nothingRunsIn(desk)
    expect(existsSync(join(desk.folder, '.piimg/emulated.json'))).toBe(true)
    const next = await run('printf "%s login: " "$1"', '--until', 'login')
    expect(next.exitCode, next.stderr).toBe(0)
    expectOnlyCards(desk)
  })

  it('names the node that hangs, with its last words, and tells of the others', async () => {
    const says = 'if [ "$1" = master ]; then printf "master login: "; else echo "I wait for a disk"; fi'
    const { exitCode, stdout, stderr } = await run(says, '--until', 'login', '--timeout', '5', '--json')
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^master: login after \d+ s$/m)
    expect(stderr).toMatch(/^node2: not done after 5 s; the console said last:$/m)
    expect(stderr).toMatch(
      /could not boot node2\.img until login\n {2}not done after 5 s; the console said last:\n {2}I wait for a disk\n/,
    )
    const { nodes } = JSON.parse(stdout) as { nodes: { image: string }[] }
    expect(nodes.map(({ image }) => image)).toEqual(['master.img'])
    await nothingRunsIn(desk)
    expectOnlyCards(desk)
  })

  it('tells at once of a QEMU that fails, and of a worker that nothing leads to', async () => {
    const says = 'if [ "$1" = master ]; then echo "no such machine" >&2; exit 1; fi'
    const { exitCode, stderr } = await run(says, '--until', 'ready')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('could not boot 2 of 2 nodes until ready')
    expect(stderr).toContain('emulate master.img: no such machine')
    expect(stderr).toContain('log in to node2.img: master.img, which leads to it, has ended')
  })

  it('says with --verbose which node says what', async () => {
    const says = 'echo "here is $1"; printf "%s login: " "$1"'
    const { exitCode, stderr } = await run(says, '--until', 'login', '--verbose')
    expect(exitCode, stderr).toBe(0)
    for (const node of ['master', 'node2'])
      expect(stderr).toMatch(new RegExp(`^${node}\\| here is ${node}$`, 'm'))
  })
})
