import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Desk, newDesk, newFolder, piimg } from '../support/cli.js'
import { emulated, type Emulated, qemusIn } from '../support/emulated.js'
import { isFull } from '../support/full.js'
import { bootOf, reachable, sha256, tool } from '../support/images.js'
import { whyNoPackages } from '../support/package-mirror.js'
import { parseSelfCheck, type SelfCheck, selfCheckScript } from '../support/self-check.js'
import { describeBooted, plainProfile, qemuBase, talkingQemu } from './base.js'

const { base } = qemuBase()
const minutes = 60_000

/** How long a test waits at most: far longer than a busy computer takes, as nothing here is about time. */
const limits = { login: 30 * minutes, ready: 60 * minutes, initramfs: 60 * minutes, command: 15 * minutes }

/** Nothing is to be installed. */
const plain = { 'profiles/master.ini': plainProfile, 'profiles/worker.ini': plainProfile }
/**
 * All but the tools, which are tested in a native cluster. systemd waits for disks and units as long as they take: on a busy
 * computer, its 90 seconds for the boot partition end in the emergency mode.
 */
const patient = {
  'overlays/tools/overlay.ini': '[overlay]\nsummary = patience\n',
  'overlays/tools/root/etc/systemd/system.conf.d/patience.conf':
    '[Manager]\nDefaultDeviceTimeoutSec=1h\nDefaultTimeoutStartSec=1h\n',
}

/**
 * In every run, nothing is installed, and there is no second boot: apt's lists, packages and a new initramfs take ten minutes
 * of emulation. Native clusters install the same packages in each run.
 */
const whyLight = isFull ? '' : 'takes 10 minutes: scripts/test --full'

/** A desk with the cards of a master and a worker. */
async function builtCluster(files: Readonly<Record<string, string>>): Promise<Desk> {
  const image = reachable(base)
  const desk = newDesk({
    'cluster.ini': `[cluster]\nimage = ${image}\n[master]\nuplink = eth1\n[node2]\nmac = dc:a6:32:01:02:03\n`,
    ...files,
  })
  const built = await piimg(desk, ['build'], { patience: 10 * minutes })
  expect(built.exitCode, built.stderr).toBe(0)
  return desk
}

async function nothingRunsIn(desk: Desk): Promise<void> {
  for (let tries = 0; qemusIn(desk.folder).length > 0 && tries < 600; tries++) await delay(100)
  expect(qemusIn(desk.folder)).toEqual([])
}

function expectOnlyCards(desk: Desk): void {
  expect(readdirSync(join(desk.folder, 'out')).sort()).toEqual(['master.img', 'node2.img'])
  expect(existsSync(join(desk.folder, '.piimg/emulated.json'))).toBe(false)
}

describeBooted('a master and a worker of one cluster.ini', () => {
  let desk: Desk
  let cluster: Emulated
  let cardBefore = ''
  /** What node2 says of itself before anything is installed on it. */
  let first: SelfCheck = new Map()
  let missing = ''
  beforeAll(async () => {
    missing = await whyNoPackages(base)
    desk = await builtCluster(missing === '' && isFull ? patient : { ...patient, ...plain })
    cardBefore = await sha256(join(desk.folder, 'out/node2.img'))
    cluster = emulated(desk, ['--timeout', '0', '--keep', 'kept'], 4 * 60 * minutes)
  })
  afterAll(() => cluster.child.kill('SIGINT'))

  type Node = 'master' | 'node2'
  const ssh = async (node: Node, command: string, input?: string, limit = limits.command) => {
    // Not before: the master would answer in vain, which takes it seconds each time.
    await cluster.hears(new RegExp(`^${node}: login after `, 'm'), limits.login)
    return await cluster.ssh(command, limit, input, node === 'master' ? '' : '10.0.0.2')
  }
  const type = async (node: Node, command: string) => (await ssh(node, command)).stdout.trim()
  const selfCheck = async (node: Node, before = '') =>
    parseSelfCheck((await ssh(node, `${before} sudo -n sh -s`, selfCheckScript, limits.login)).stdout)
  let updating: ReturnType<typeof ssh> | undefined
  const newInitramfs = () => (updating ??= ssh('node2', 'sudo -n update-initramfs -u', '', limits.initramfs))
  const booted = 'systemctl is-system-running --wait >/dev/null;'
  const macOf = async (node: Node, card: string) => await type(node, `cat /sys/class/net/${card}/address`)
  const expectPing = async (node: Node, address: string, limit = limits.command) => {
    const { stdout } = await ssh(node, `sudo -n ping -c 3 -W 5 ${address}`, '', limit)
    expect(stdout).toMatch(/3 packets transmitted, 3 received/)
  }

  it('says what it takes, and to the own user where the master is', { timeout: limits.login }, async () => {
    await cluster.hears(/^node2: boot 1: /m, limits.login)
    const file = join(desk.folder, '.piimg/emulated.json')
    const { stderr } = cluster.said()
    expect(stderr).toMatch(
      /^2 nodes on one switch, (one processor|[234] processors) each, up to 2\.3 GiB of memory/m,
    )
    const said = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    expect(said).toMatchObject({ sshPort: Number(/^ssh .*-p (\d+) /m.exec(stderr)?.[1]) })
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('boots the worker with its own cmdline.txt, except for the serial console', () => {
    expect(/^node2: boot 1: .*$/m.exec(cluster.said().stderr)?.[0]).toContain(
      'cmdline.txt with console=ttyAMA0,115200 instead of console=serial0,115200, otherwise unchanged',
    )
  })

  it('lets the key into the worker by way of the master', { timeout: limits.login }, async () => {
    const { stdout } = await ssh('node2', 'hostname -f', '', limits.login)
    expect(stdout.trim()).toBe('node2.cluster.internal')
  })

  it('has the worker up, without a failed unit, as planned', { timeout: limits.login }, async () => {
    first = await selfCheck('node2', booted)
    const keys = ['state', 'failed', 'job', 'address', 'dns']
    expect(Object.fromEntries(keys.map((key) => [key, first.get(key)]))).toEqual({
      state: ['running'],
      failed: undefined,
      job: undefined,
      address: ['eth0 10.0.0.2/24'],
      dns: ['10.0.0.1'],
    })
    expect(first.get('route')?.[0]).toMatch(/^default via 10\.0\.0\.1 dev eth0/)
    expect(first.get('sshd')).toContain('passwordauthentication no')
    // It takes minutes, in which the worker waits for the master.
    if (isFull) newInitramfs().catch(() => {})
  })

  it('gave the kernel what is in cmdline.txt, from a base without net.ifnames=0', () => {
    const words = (key: string) => first.get(key)?.[0]?.split(' ')
    expect(words('cmdline_txt')).toContain('net.ifnames=0')
    expect(words('kernel_arguments')).toEqual(
      words('cmdline_txt')?.map((word) => word.replace('serial0', 'ttyAMA0')),
    )
    expect(tool('mtype', ['-i', bootOf(base), '::cmdline.txt'])).not.toContain('net.ifnames')
  })

  it('has grown the root of the worker to its card', () => {
    const [, size] = first.get('root')?.[0]?.split(' ') ?? []
    expect(Number(size)).toBeGreaterThan(0.8 * 4 * 1024 ** 3)
  })

  it(
    'has other host keys on the worker than on the master from the same base',
    { timeout: limits.login },
    async () => {
      const master = await selfCheck('master')
      expect(master.get('hostname')).toEqual(['master'])
      expect(master.get('address')).toContain('eth0 10.0.0.1/24')
      const keys = first.get('host_key') ?? []
      expect(keys.length).toBeGreaterThan(0)
      for (const key of keys) expect(master.get('host_key')).not.toContain(key)
      expect(master.get('machine_id')).not.toEqual(first.get('machine_id'))
    },
  )

  it(
    'reports when each of them is ready, the worker through the master',
    { timeout: limits.ready },
    async () => {
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
      expect((await type('node2', 'ls /sys/class/net')).split(/\s+/)).toEqual(['eth0', 'lo'])
      expect(await macOf('node2', 'eth0')).toBe('dc:a6:32:01:02:03')
      expect(await macOf('master', 'eth0')).not.toBe(await macOf('master', 'eth1'))
    },
  )

  it('lets them reach each other', { timeout: limits.ready }, async () => {
    await expectPing('node2', '10.0.0.1')
    await expectPing('master', '10.0.0.2')
  })

  it('has the services of the master, from packages', { timeout: limits.ready }, async (context) => {
    context.skip(whyLight !== '', whyLight)
    context.skip(missing !== '', missing)
    const asked = await type('node2', 'getent -s dns hosts master.cluster.internal')
    expect(asked).toMatch(/^10\.0\.0\.1 +master\.cluster\.internal/)
    expect(await type('master', 'systemctl is-active dnsmasq chrony')).toBe('active\nactive')
    const status = await type('master', 'cluster-status')
    expect(status).toMatch(/^node2 +10\.0\.0\.2 +yes +ready/m)
  })

  it('computes on the worker alone', { timeout: limits.ready }, async (context) => {
    context.skip(whyLight !== '', whyLight)
    context.skip(missing !== '', missing)
    expect(await type('node2', 'sudo piimg-firstboot')).toMatch(/^ready$/m)
    const hello = await type('node2', 'mpiexec -n 3 python3 /usr/share/piimg/examples/hello.py')
    expect(hello.split('\n').sort()).toEqual([0, 1, 2].map((rank) => `rank ${rank} of 3 on node2`))
    const prime = 'mpirun -n 2 --hosts 10.0.0.2 python3 /usr/share/piimg/examples/prime.py 10000'
    expect(await type('node2', prime)).toContain('1229 primes up to 10000, by 2 ranks')
  })

  it('computes across both, from the first boot on, as typed', { timeout: limits.ready }, async (context) => {
    context.skip(whyLight !== '', whyLight)
    context.skip(missing !== '', missing)
    await type('master', 'cp /usr/share/piimg/examples/prime.py . && scp prime.py 10.0.0.2:')
    const names = await type('master', 'mpiexec -n 4 --hosts 10.0.0.1,10.0.0.2,10.0.0.2,10.0.0.1 hostname')
    expect(names.split('\n').sort()).toEqual(['master', 'master', 'node2', 'node2'])
    const primes = await type('master', 'mpiexec -n 2 --host 10.0.0.1,10.0.0.2 python3 prime.py 100000')
    expect(primes).toContain('9592 primes up to 100000, by 2 ranks')
    for (const node of ['master', 'node2']) expect(primes).toMatch(new RegExp(`^rank \\d on ${node}: `, 'm'))
  })

  it(
    'finds a worker again that reboots alone, after update-initramfs, and its card is still eth0',
    { timeout: limits.initramfs + limits.login },
    async (context) => {
      context.skip(whyLight !== '', whyLight)
      expect((await newInitramfs()).exitCode).toBe(0)
      await ssh('node2', 'sudo -n systemd-run --quiet --on-active=2 systemctl reboot')
      await cluster.hears(/^node2: boot 2: /m, limits.login)
      await expectPing('node2', '10.0.0.1', limits.login)
      expect(cluster.said().stderr).not.toMatch(/^master: boot 2: /m)
      const found = await selfCheck('node2', booted)
      for (const key of ['state', 'failed', 'address', 'hostname', 'host_key', 'machine_id', 'root']) {
        const of = (each: SelfCheck) =>
          each.get(key)?.map((value) => (key === 'root' ? value.split(' ')[1] : value))
        expect(of(found), key).toEqual(of(first))
      }
      expect(found.get('kernel_arguments')?.[0]).toContain('net.ifnames=0')
    },
  )

  it(
    'reports a kernel panic with the last lines of the console, and goes on',
    { timeout: limits.login },
    async () => {
      await ssh(
        'node2',
        'sudo -n systemd-run --quiet --on-active=2 sh -c "sync; echo c >/proc/sysrq-trigger"',
      )
      await cluster.hears(
        /^node2: its kernel panicked; the last lines of the console:\n[^]*sysrq triggered crash/m,
        limits.login,
      )
      expect(await type('master', 'hostname')).toBe('master')
    },
  )

  it('reports a master that is switched off', { timeout: limits.login }, async () => {
    expect(qemusIn(desk.folder).length).toBe(2)
    // Not at once: a log-in that the shutdown cuts off looks like none, and would be tried again.
    await ssh('master', 'sudo -n systemd-run --quiet --on-active=2 systemctl poweroff')
    await cluster.hears(/^master: it is off$/m, limits.login)
    expect(qemusIn(desk.folder).length).toBe(1)
  })

  it('leaves nothing after SIGINT, and the card images as they were', { timeout: limits.login }, async () => {
    cluster.child.kill('SIGINT')
    expect((await cluster.finished).exitCode).toBe(130)
    await nothingRunsIn(desk)
    expectOnlyCards(desk)
    expect(await sha256(join(desk.folder, 'out/node2.img'))).toBe(cardBefore)
    for (const node of ['master', 'node2']) {
      const kept = readdirSync(join(desk.folder, 'kept', node)).sort()
      expect(kept).toEqual(['card.json', 'card.qcow2', 'console.log'])
    }
    const card = join(newFolder(), 'card.img')
    tool('qemu-img', ['convert', '-O', 'raw', join(desk.folder, 'kept/node2/card.qcow2'), card])
    expect(tool('mtype', ['-i', bootOf(card), '::piimg.txt'])).toMatch(
      /^This card is node2, a worker at 10\.0\.0\.2\/24\.\nState: {3}(ready|working|waiting)\n/,
    )
  })
})

/** A QEMU that only talks: the shell's `$1` is the node's name. */
const talking = (says: string) =>
  talkingQemu(`node=master; case "$*" in */node2/*) node=node2 ;; esac; set -- $node\n${says}`)

describeBooted('piimg emulate of a whole cluster', () => {
  let desk: Desk
  beforeAll(async () => {
    desk = await builtCluster(plain)
  })

  const run = async (says: string, ...words: string[]) =>
    await emulated(desk, words, 10 * minutes, talking(says)).finished

  it('leaves no guest after kill -9, and the next run removes the rest', async () => {
    const first = emulated(desk, [], 10 * minutes)
    await first.hears(/^node2: boot 1: /m, 5 * minutes)
    while (qemusIn(desk.folder).length < 2 && first.child.exitCode === null) await delay(100)
    first.child.kill('SIGKILL')
    await nothingRunsIn(desk)
    expect(existsSync(join(desk.folder, '.piimg/emulated.json'))).toBe(true)
    const next = await run('printf "%s login: " "$1"', '--until', 'login')
    expect(next.exitCode, next.stderr).toBe(0)
    expectOnlyCards(desk)
  })

  it('names the node that hangs, with its last lines, and reports the others', async () => {
    const says = 'if [ "$1" = master ]; then printf "master login: "; else echo "I wait for a disk"; fi'
    const { exitCode, stdout, stderr } = await run(says, '--until', 'login', '--timeout', '5', '--json')
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^master: login after \d+ s$/m)
    expect(stderr).toMatch(/^node2: not done after 5 s; the last lines of the console:$/m)
    expect(stderr).toMatch(
      /could not boot node2\.img until login\n {2}not done after 5 s; the last lines of the console:\n {2}I wait for a disk\n/,
    )
    const { nodes } = JSON.parse(stdout) as { nodes: { image: string }[] }
    expect(nodes.map(({ image }) => image)).toEqual(['master.img'])
    await nothingRunsIn(desk)
    expectOnlyCards(desk)
  })

  it('reports at once a QEMU that fails, and a worker that is no longer reachable', async () => {
    const says = 'if [ "$1" = master ]; then echo "no such machine" >&2; exit 1; fi'
    const { exitCode, stderr } = await run(says, '--until', 'ready')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('could not boot 2 of 2 nodes until ready')
    expect(stderr).toContain('emulate master.img: no such machine')
    expect(stderr).toContain('log in to node2.img: master.img, through which it is reached, has stopped')
  })

  it('says with --verbose which node says what', async () => {
    const says = 'echo "here is $1"; printf "%s login: " "$1"'
    const { exitCode, stderr } = await run(says, '--until', 'login', '--verbose')
    expect(exitCode, stderr).toBe(0)
    for (const node of ['master', 'node2'])
      expect(stderr).toMatch(new RegExp(`^${node}\\| here is ${node}$`, 'm'))
  })
})
