import { spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newFolder } from '../support/cli.js'
import { bases, cardsOf, nativeBase } from './base.js'
import { far, type Lab, type Node, openLab } from './lab.js'

const [base] = bases
if (base === undefined) throw new Error('no base image')

const stay = process.env['PIIMG_NATIVE_STAY'] ?? ''

let reason = ''
let image = ''
beforeAll(async () => {
  const found = nativeBase(base)
  if ('reason' in found) reason = found.reason
  else image = await cardsOf(found.file).build('node3')
})
beforeEach((ctx) => {
  if (reason !== '') ctx.skip(reason)
})

describe('a node, whose root is a root without a kernel of its own,', () => {
  let lab: Lab | undefined
  let node: Node
  beforeAll(async () => {
    if (reason !== '') return
    lab = await openLab()
    node = lab.startNode({ name: 'node3', image })
    await node.waitUntilRunning()
  })
  afterAll(() => lab?.close())

  it('has not the rights that it would need', async () => {
    for (const process of ['1', 'self']) {
      const bounding = BigInt(`0x${await node.ask(`sed -n 's/^CapBnd:\\t//p' /proc/${process}/status`)}`)
      const has = Object.entries(rights).filter(([, number]) => ((bounding >> number) & 1n) === 1n)
      expect(has.map(([name]) => name)).toEqual(['CAP_NET_ADMIN'])
    }
  })

  it("cannot set this computer's clock", async () => {
    // To the time that it is, in case that it can.
    const { exitCode, stderr } = await node.run('date --set="@$(date +%s.%N)"')
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: 'date: cannot set date: Operation not permitted\n',
    })
    expect((await node.run('timedatectl set-time "$(date "+%F %T")"')).exitCode).not.toBe(0)
    expect(await node.ask('systemctl is-active systemd-timesyncd || true')).toBe('inactive')
    const before = Date.now()
    const time = Number(await node.ask('date +%s%3N'))
    expect(time).toBeGreaterThanOrEqual(before)
    expect(time).toBeLessThanOrEqual(Date.now())
  })

  it("cannot write this computer's settings of the kernel, but those of its own network", async () => {
    for (const name of [
      'kernel/panic',
      'kernel/hostname',
      'kernel/core_pattern',
      'vm/swappiness',
      'fs/file-max',
    ]) {
      const path = `/proc/sys/${name}`
      const { exitCode, stderr } = await node.run(`cat ${path} >/run/same && cat /run/same >${path}`)
      expect([path, exitCode === 0]).toEqual([path, false])
      expect(stderr).toMatch(/Read-only file system|Permission denied/)
    }
    const forwards = () => readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim()
    const before = forwards()
    const another = before === '0' ? '1' : '0'
    expect(
      await node.ask(`sysctl -q -w net.ipv4.ip_forward=${another} && sysctl -n net.ipv4.ip_forward`),
    ).toBe(another)
    expect(forwards()).toBe(before)
    expect((await node.run('echo same >/sys/power/state')).stderr).toMatch(
      /Read-only file system|nonexistent|Permission denied/,
    )
  })

  it('sees no disk, and can make no device', async () => {
    expect(await node.ask('find /dev -type b')).toBe('')
    expect(
      await node.ask('ls /dev/kmsg /dev/mem /dev/kvm /dev/fuse /dev/loop-control 2>/dev/null || true'),
    ).toBe('')
    for (const device of ['b 7 0', 'b 254 0', 'c 1 1']) {
      const { exitCode, stderr } = await node.run(`mknod /run/made ${device}`)
      expect([exitCode, stderr]).toEqual([1, 'mknod: /run/made: Operation not permitted\n'])
    }
    expect((await node.run('modprobe dummy')).exitCode).not.toBe(0)
  })

  it('cannot open a disk either where it goes and finds one', async (ctx) => {
    const disk = await node.disk()
    expect(disk).toMatch(/^\/dev\/loop\d+$/)
    const byte = Buffer.alloc(1)
    const open = openSync(disk, 'r')
    expect(readSync(open, byte)).toBe(1)
    closeSync(open)
    const found = await node.run('mkdir /run/all && mount -t devtmpfs devtmpfs /run/all')
    if (found.exitCode !== 0) ctx.skip('devtmpfs cannot be mounted here')
    expect(await node.ask(`test -b /run/all/${disk.slice(5)} && echo there`)).toBe('there')
    const { exitCode, stderr } = await node.run(`head -c 1 /run/all/${disk.slice(5)}`)
    await node.ask('umount /run/all')
    if (exitCode === 0) ctx.skip('this kernel has no "devices" control groups of the first version')
    expect(stderr).toMatch(/Operation not permitted/)
  })

  it("is on nobody's network but its own", async () => {
    expect((await node.ask('ls /sys/class/net')).split('\n').sort()).toEqual(['eth0', 'lo'])
    expect(readdirSync('/sys/class/net').filter((name) => /^switch$|^node3$/.test(name))).toEqual([])
  })
})

describe('a lab', () => {
  it('leaves nothing when it is closed', async () => {
    const lab = await openLab()
    const node = lab.startNode({ name: 'node3', image })
    await node.waitUntilRunning()
    const trail = await trailOf(lab, node)
    expect(left(trail)).toEqual(expect.arrayContaining(['processes', 'a loop device', 'control groups']))
    await lab.close()
    await expect.poll(() => left(trail), { timeout: far * 1000 }).toEqual([])
  })

  it('gets an answer from a node that stops all that runs in it, as a shutdown does', async () => {
    const lab = await openLab()
    const node = lab.startNode({ name: 'node3', image })
    await node.waitUntilRunning()
    // The parent of this shell is what nsenter waits for.
    const answer = node.ask('kill -STOP "$PPID"; echo here')
    const late = sleep(300_000, undefined, { ref: false }).then(() => 'nothing for 300 s')
    expect(await Promise.race([answer, late])).toBe('here')
    await lab.close()
  })

  it('boots a node again after a power cut', async () => {
    const lab = await openLab()
    const node = lab.startNode({ name: 'node3', image })
    await node.waitUntilRunning()
    await node.stop()
    const again = lab.startNode({ name: 'node3', image })
    await again.waitUntilRunning()
    const trail = await trailOf(lab, again)
    await lab.close()
    await expect.poll(() => left(trail), { timeout: far * 1000 }).toEqual([])
  })

  it('cleans up after one that could not', async () => {
    const lab = await openLab()
    const node = lab.startNode({ name: 'node3', image })
    await node.waitUntilRunning()
    const trail = await trailOf(lab, node)
    process.kill(Number(/\d+$/.exec(lab.label)?.[0]), 'SIGKILL')
    await lab.close()
    // The kernel takes its time for loop devices.
    await expect.poll(() => left(trail), { timeout: far * 1000 }).toEqual(['control groups'])
    await (await openLab()).close()
    expect(left(trail)).toEqual([])
  })

  // What the next ones kill.
  if (stay !== '') {
    it('stays until its runner is killed', async () => {
      const lab = await openLab()
      const node = lab.startNode({ name: 'node3', image })
      await node.waitUntilRunning()
      writeFileSync(`${stay}.new`, JSON.stringify({ ...(await trailOf(lab, node)), worker: process.pid }))
      renameSync(`${stay}.new`, stay)
      await sleep(1_200_000)
    })
  }

  it.each(['runner', 'worker'])('leaves nothing when the %s of the tests is killed', async (who) => {
    const folder = newFolder()
    const file = join(folder, 'trail')
    const words = ['run', '--project', 'native', '--testNamePattern', 'stays until', 'test/native/walls']
    const runner = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', ...words], {
      env: { ...process.env, PIIMG_NATIVE_STAY: file, TMPDIR: folder },
      stdio: 'ignore',
    })
    try {
      while (!existsSync(file) && runner.exitCode === null) await sleep(100)
      const { worker, ...trail } = JSON.parse(readFileSync(file, 'utf8')) as Trail & { worker: number }
      expect(left(trail)).toEqual(expect.arrayContaining(['processes', 'a loop device', 'control groups']))
      process.kill(who === 'runner' ? (runner.pid ?? 0) : worker, 'SIGKILL')
      const started = performance.now()
      while (left(trail).length > 0 && performance.now() - started < 300_000) await sleep(100)
      const seconds = (performance.now() - started) / 1000
      expect(left(trail)).toEqual([])
      console.log(`nothing was left ${seconds.toFixed(1)} s after the ${who} was killed`)
    } finally {
      runner.kill('SIGKILL')
    }
  })
})

/** CAP_NET_ADMIN is of its own network only. */
const rights = {
  CAP_NET_ADMIN: 12n,
  CAP_SYS_MODULE: 16n,
  CAP_SYS_RAWIO: 17n,
  CAP_SYS_TIME: 25n,
  CAP_MKNOD: 27n,
  CAP_SYSLOG: 34n,
  CAP_BPF: 39n,
}

/** Where a lab would leave something on this computer. */
interface Trail {
  readonly label: string
  readonly image: string
  /** Of process identifiers, network and mounts, as /proc names them. */
  readonly namespaces: readonly string[]
  /** The names of network namespaces, and the mounts, of this computer itself. */
  readonly names: readonly string[]
}

async function trailOf(lab: Lab, node: Node): Promise<Trail> {
  const inNode = await node.ask('readlink /proc/1/ns/pid /proc/1/ns/net /proc/1/ns/mnt')
  const inLab = ['pid', 'net', 'mnt'].map((kind) => readlinkSync(`/proc/${lab.pid}/ns/${kind}`))
  return { label: lab.label, image, namespaces: [...inNode.split('\n'), ...inLab], names: names() }
}

function names(): readonly string[] {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => /piimg-native|\/run\/nodes|overlay \/run|nsfs/.test(line))
  return [...(existsSync('/run/netns') ? readdirSync('/run/netns') : []), ...mounts]
}

/** What of a lab is there. */
function left({ label, image: card, namespaces, names: before }: Trail): readonly string[] {
  const isIn = (process: string) =>
    ['pid', 'net', 'mnt'].some((kind) => namespaces.includes(linkOf(`/proc/${process}/ns/${kind}`)))
  const loops = readdirSync('/sys/block').map((name) => textOf(`/sys/block/${name}/loop/backing_file`).trim())
  const hierarchies = [...readFileSync('/proc/self/mounts', 'utf8').matchAll(/^\S+ (\S+) cgroup2? /gm)]
  const is = {
    processes: readdirSync('/proc').some((name) => /^\d+$/.test(name) && isIn(name)),
    'a loop device': loops.includes(card),
    'control groups': hierarchies.some(([, folder = '']) => readdirSync(folder).includes(label)),
    'mounts or names': names().join('\n') !== before.join('\n'),
  }
  return Object.entries(is).flatMap(([what, there]) => (there ? [what] : []))
}

/** Empty where a process has ended. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}
