import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Desk, newDesk, piimg } from '../support/cli.js'
import { emulated, type Emulated, qemusIn } from '../support/emulated.js'
import { isFull } from '../support/full.js'
import { bootOf, reachable, sha256, tool } from '../support/images.js'
import { whyNoPackages } from '../support/package-mirror.js'
import { parseSelfCheck, type SelfCheck, selfCheckScript } from '../support/self-check.js'
import { describeBooted, plainProfile, qemuBase } from './base.js'

const { base } = qemuBase()
const minutes = 60_000

/** At least three times what was measured here, with two guests side by side: 45 s, 60 s, 5 minutes, 4 minutes. */
const limits = { boot: 180_000, up: 3 * minutes, ready: 15 * minutes, initramfs: 12 * minutes }

describeBooted('two workers, from a stock image to their second boot', () => {
  if (!isFull) {
    it('as the worker of a cluster, but by themselves', (context) =>
      context.skip('takes 10 minutes: scripts/test --full'))
    return
  }
  let desk: Desk
  let node3: Emulated
  let node4: Promise<{ exitCode: number | null; stdout: string; stderr: string }>
  let cardBefore = ''
  const reports: SelfCheck[] = []

  beforeAll(async () => {
    desk = newDesk({ 'profiles/plain.ini': plainProfile })
    const image = reachable(base)
    for (const words of ['--profile worker --hostname node3', '--profile plain --hostname node4']) {
      const built = await piimg(desk, ['build', ...words.split(' '), '--image', image])
      expect(built.exitCode, built.stderr).toBe(0)
    }
    cardBefore = await sha256(join(desk.folder, 'out/node3.img'))
    node3 = emulated(desk, ['node3', '--keep', 'kept'], 40 * minutes)
    const other = ['node4', '--until', 'ready', '--timeout', String((2 * limits.up) / 1000), '--json']
    node4 = emulated(desk, other, 10 * minutes).finished
  })
  afterAll(() => {
    node3.child.kill('SIGINT')
  })

  const report = async (ms: number) => {
    const { stdout } = await node3.ssh(
      'systemctl is-system-running --wait >/dev/null; sudo -n sh -s',
      ms,
      selfCheckScript,
    )
    const found = parseSelfCheck(stdout)
    reports.push(found)
    return found
  }

  it('boots with its own cmdline.txt, except for the serial console', async () => {
    await node3.hears(/^boot 1: /m, 60_000)
    const line = /^boot 1: .*$/m.exec(node3.said().stderr)?.[0]
    expect(line).toContain(
      'cmdline.txt with console=ttyAMA0,115200 instead of console=serial0,115200, otherwise unchanged',
    )
  })

  it(
    'lets the key in within 180 s',
    async () => {
      const { stdout } = await node3.ssh('hostname -f', limits.boot)
      expect(stdout.trim()).toBe('node3.cluster.internal')
    },
    limits.boot,
  )

  it(
    'is up, without a failed unit, as planned',
    async () => {
      const found = await report(limits.up)
      expect(
        Object.fromEntries(['state', 'failed', 'job', 'address', 'dns'].map((key) => [key, found.get(key)])),
      ).toEqual({
        state: ['running'],
        failed: undefined,
        job: undefined,
        address: ['eth0 10.0.0.3/24'],
        dns: ['10.0.0.1'],
      })
      expect(found.get('route')?.[0]).toMatch(/^default via 10\.0\.0\.1 dev eth0/)
      expect(found.get('sshd')).toContain('passwordauthentication no')
    },
    limits.up,
  )

  it('gave the kernel what is in cmdline.txt, from a base without net.ifnames=0', () => {
    const words = (key: string) => reports[0]?.get(key)?.[0]?.split(' ')
    expect(words('cmdline_txt')).toContain('net.ifnames=0')
    expect(words('kernel_arguments')).toEqual(
      words('cmdline_txt')?.map((word) => word.replace('serial0', 'ttyAMA0')),
    )
    expect(tool('mtype', ['-i', bootOf(base), '::cmdline.txt'])).not.toContain('net.ifnames')
  })

  it('has grown its root to the card', () => {
    const [, size] = reports[0]?.get('root')?.[0]?.split(' ') ?? []
    expect(Number(size)).toBeGreaterThan(0.8 * 4 * 1024 ** 3)
  })

  it(
    'has other host keys than another node from the same base',
    async () => {
      const { exitCode, stdout, stderr } = await node4
      expect(exitCode, stderr).toBe(0)
      const { node } = JSON.parse(stdout) as { node: Record<string, string[]> }
      expect(node['hostname']).toEqual(['node4'])
      expect(node['address']).toEqual(['eth0 10.0.0.4/24'])
      const keys = reports[0]?.get('host_key') ?? []
      expect(keys.length).toBeGreaterThan(0)
      for (const key of keys) expect(node['host_key']).not.toContain(key)
      expect(node['machine_id']).not.toEqual(reports[0]?.get('machine_id'))
    },
    10 * minutes,
  )

  it(
    'gets ready, with MPI',
    async (context) => {
      const missing = await whyNoPackages(base)
      context.skip(missing !== '', missing)
      const wait =
        'until grep -qE "^state=(ready|failed)" /var/lib/piimg/status; do sleep 2; done; sudo piimg-firstboot'
      const started = performance.now()
      const { stdout } = await node3.ssh(wait, limits.ready)
      expect(stdout).toMatch(/^ready$/m)
      console.log(`ready ${((performance.now() - started) / 1000).toFixed(0)} s after the other tests`)
      const hello = await node3.ssh('mpiexec -n 3 python3 /usr/share/piimg/examples/hello.py', 2 * minutes)
      expect(hello.stdout.trim().split('\n').sort()).toEqual(
        [0, 1, 2].map((rank) => `rank ${rank} of 3 on node3`),
      )
      const prime = await node3.ssh(
        'mpirun -n 2 --hosts 10.0.0.3 python3 /usr/share/piimg/examples/prime.py 10000',
        2 * minutes,
      )
      expect(prime.stdout).toContain('1229 primes up to 10000, by 2 ranks')
    },
    limits.ready + 5 * minutes,
  )

  it(
    'boots again after update-initramfs, and its card is still eth0',
    async () => {
      const { exitCode } = await node3.ssh('sudo -n update-initramfs -u', limits.initramfs)
      expect(exitCode).toBe(0)
      await node3.ssh('sudo -n systemd-run --quiet --on-active=2 systemctl reboot', 60_000)
      await node3.hears(/^boot 2: /m, 2 * minutes)
      const found = await report(limits.boot + limits.up)
      for (const key of ['state', 'failed', 'address', 'hostname', 'host_key', 'machine_id', 'root']) {
        const of = (each: SelfCheck | undefined) =>
          each?.get(key)?.map((value) => (key === 'root' ? value.split(' ')[1] : value))
        expect(of(found), key).toEqual(of(reports[0]))
      }
      expect(found.get('kernel_arguments')?.[0]).toContain('net.ifnames=0')
    },
    limits.initramfs + 10 * minutes,
  )

  it(
    'ends when it is switched off, with the card image as it was',
    async () => {
      // Not at once: a log-in that the shutdown cuts off looks like none, and would be tried again.
      await node3.ssh('sudo -n systemd-run --quiet --on-active=2 systemctl poweroff', 60_000)
      const { exitCode, stderr } = await node3.finished
      expect(exitCode, stderr).toBe(0)
      expect(stderr).toContain('the node is off')
      const card = join(desk.folder, 'card.img')
      tool('qemu-img', ['convert', '-O', 'raw', join(desk.folder, 'kept/card.qcow2'), card])
      expect(tool('mtype', ['-i', bootOf(card), '::piimg.txt'])).toMatch(
        /^This card is node3, a worker at 10\.0\.0\.3\/24\.\nState: {3}(ready|working|waiting)\n/,
      )
      expect(await sha256(join(desk.folder, 'out/node3.img'))).toBe(cardBefore)
      expect(readdirSync(join(desk.folder, 'out')).sort()).toEqual(['node3.img', 'node4.img'])
      expect(readdirSync(join(desk.folder, 'kept')).sort()).toEqual([
        'card.json',
        'card.qcow2',
        'console.log',
      ])
      expect(qemusIn(desk.folder)).toEqual([])
    },
    2 * minutes,
  )
})
