import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { partition } from '../support/images.js'
import { parseSelfCheck, type SelfCheck, selfCheckScript } from '../support/self-check.js'

const script = fileURLToPath(new URL('lab.sh', import.meta.url))

/** Seconds after which something that is waited for comes no more; far longer than a busy computer takes. */
export const far = 600

export interface Result {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number | null
}

/** Network namespaces on one switch that nobody else is on; gone with this process at the latest. */
export interface Lab {
  /** Its first process. */
  readonly pid: number
  /** What its control groups are called. */
  readonly label: string
  startNode(start: NodeStart): Node
  /** A network namespace that is another computer on the cluster's switch, or on the one that the uplink leads to. */
  plug(name: string, address: string, where?: Switch): Promise<Computer>
  /** A command outside of all nodes. */
  run(words: readonly string[]): Promise<Result>
  /** A command with the words before it that run it in the lab. */
  inside(words: readonly string[]): readonly string[]
  close(): Promise<void>
}

export type Switch = 'switch' | 'outside'

export interface NodeStart {
  readonly name: string
  /** A card image; nothing is written to it. */
  readonly image: string
  /** A shell script that breaks something before the first boot, in the folder of the root. */
  readonly prepare?: string
  /** What its card has room for, as mount -o size= takes it. */
  readonly room?: string
  /** Whether it has a second network card, eth1, on the switch outside. */
  readonly uplink?: boolean
}

export interface Computer {
  run(...words: readonly string[]): Promise<Result>
}

/** A booted node. */
export interface Node {
  readonly name: string
  /** A command for its shell, as root. */
  run(command: string, input?: string): Promise<Result>
  /** The same, but throws where it fails; without the last newline. */
  ask(command: string): Promise<string>
  /** Until systemd has done all that the boot asks for; returns its word for that: `running`, `degraded`. */
  waitUntilStarted(): Promise<string>
  /** Until there is no more to come: `running`, or an error that says what the node says. */
  waitUntilRunning(): Promise<void>
  selfCheck(): Promise<SelfCheck>
  /** A self-check for which this holds; the last one where it did not hold in time. */
  selfCheckWhen(holds: (report: SelfCheck) => boolean, seconds?: number): Promise<SelfCheck>
  journal(lines?: number): Promise<string>
  /** Where its card is on this computer: a loop device. */
  disk(): Promise<string>
  /** Reboots it, and waits until the new boot answers. */
  reboot(): Promise<void>
  /** Cuts its power and restores it, and waits until the new boot answers. */
  powerCycle(): Promise<void>
  stop(): Promise<void>
}

/** The MAC address of a node's eth0. */
export function hardwareAddress(name: string): string {
  return spawnSync('sh', [script, 'hardware_address', name], { encoding: 'utf8' }).stdout
}

export async function openLab(): Promise<Lab> {
  // The process of a test file does not end by itself when the runner that started it is killed.
  process.once('disconnect', () => process.exit(1))
  const child = spawn('sh', [script, 'open'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = endOf(child)
  const [, text] = /^ready (\d+)$/.exec(await firstLine(child)) ?? []
  if (text === undefined) throw new Error('the lab could not be opened')
  const pid = Number(text)
  return {
    pid,
    label: `piimg-native-${child.pid ?? 0}`,
    startNode: (start) => startNode(pid, start),
    plug: async (name, address, where = 'switch') => {
      const { exitCode, stderr } = await inLab(pid, ['sh', script, 'plug', name, where, address])
      if (exitCode !== 0) throw new Error(`cannot plug in ${name}: ${stderr}`)
      return { run: (...words) => inLab(pid, ['ip', 'netns', 'exec', name, ...words]) }
    },
    run: (words) => inLab(pid, words),
    inside: (words) => [...enter(pid), ...words],
    close: async () => {
      child.stdin.end()
      await ended
    },
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) return ''
  for await (const line of createInterface({ input: child.stdout })) return line
  return ''
}

function startNode(pid: number, { name, image, prepare, room, uplink }: NodeStart): Node {
  const { offset, size } = partition(image, 2)
  const boot = [
    'boot',
    name,
    image,
    String(offset),
    String(size),
    ...(prepare === undefined ? [] : [prepare]),
  ]
  const [command = '', ...args] = [...enter(pid), 'sh', script, ...boot]
  const env = {
    ...process.env,
    ...(room === undefined ? {} : { LAYER_SIZE: room }),
    ...(uplink === true ? { UPLINK: 'yes' } : {}),
  }
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
  const ended = endOf(child)
  let console = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (console = (console + text).slice(-20_000)))
  }

  const run = (shellCommand: string, input?: string) =>
    inLab(
      pid,
      ['sh', script, 'run', name, 'timeout', '--kill-after=5', String(far), 'sh', '-c', shellCommand],
      input,
    )
  const ask = async (shellCommand: string) => {
    const { stdout, stderr, exitCode } = await run(shellCommand)
    if (exitCode !== 0)
      throw new Error(`${name}: ${shellCommand}: ${exitCode ?? 'killed'}\n${stdout}${stderr}`)
    return stdout.replace(/\n$/, '')
  }
  const journal = async (lines = 60) => {
    const { stdout, exitCode } = await run(`journalctl --boot --no-pager --lines=${lines}`)
    return exitCode === 0 && stdout !== '' ? stdout : `(the console)\n${console.slice(-5000)}`
  }
  const waitUntilStarted = async () => {
    for (const limit = Date.now() + far * 1000; ;) {
      const left = Math.ceil((limit - Date.now()) / 1000)
      if (child.exitCode !== null) throw new Error(`${name} has gone off\n${console}`)
      if (left <= 0) throw new Error(`${name} is not up after ${far} s\n${await journal()}`)
      const { stdout } = await run(`timeout ${left} systemctl is-system-running --wait`)
      const [state] = /^(running|degraded|maintenance)$/m.exec(stdout) ?? []
      if (state !== undefined) return state
      await sleep(100)
    }
  }
  const bootAgain = async (begin: () => Promise<unknown>) => {
    const bootId = async () => (await run('cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1')).stdout
    const before = await bootId()
    await begin()
    for (const limit = Date.now() + far * 1000; Date.now() < limit;) {
      const now = await bootId()
      if (now !== '' && now !== before) return
      await sleep(100)
    }
    throw new Error(`${name} does not boot again\n${await journal()}`)
  }
  const selfCheck = async () => parseSelfCheck((await run('sh -s', selfCheckScript)).stdout)
  return {
    name,
    run,
    ask,
    waitUntilStarted,
    waitUntilRunning: async () => {
      const state = await waitUntilStarted()
      if (state === 'running') return
      const { stdout } = await run('systemctl --failed --no-pager --full')
      throw new Error(`${name} is ${state}\n${stdout}\n${await journal()}`)
    },
    selfCheck,
    selfCheckWhen: async (holds, seconds = far) => {
      for (const limit = Date.now() + seconds * 1000; ;) {
        const report = await selfCheck()
        if (holds(report) || Date.now() > limit) return report
        await sleep(200)
      }
    },
    journal,
    disk: async () => (await inLab(pid, ['sh', script, 'disk', name])).stdout.trim(),
    reboot: () => bootAgain(() => run('systemctl reboot')),
    powerCycle: () => bootAgain(() => inLab(pid, ['sh', script, 'cycle', name])),
    stop: async () => {
      const { exitCode, stderr } = await inLab(pid, ['sh', script, 'cut', name])
      if (exitCode !== 0) throw new Error(`${name} cannot be cut off: ${stderr}`)
      await ended
    },
  }
}

/** The words that go into a lab. */
function enter(pid: number): readonly string[] {
  return ['nsenter', `--target=${pid}`, '--mount', '--net', '--pid', '--']
}

async function inLab(pid: number, words: readonly string[], input?: string): Promise<Result> {
  const [command = '', ...args] = [...enter(pid), ...words]
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  // A program that reads nothing may have gone before it is written to.
  child.stdin.on('error', () => {}).end(input ?? '')
  // A node that shuts down stops all that runs in it for a moment, and nsenter stops with it: for ever, if nobody wakes it.
  const wake = setInterval(() => child.kill('SIGCONT'), 1000)
  const exitCode = await endOf(child).finally(() => {
    clearInterval(wake)
  })
  return { exitCode, stdout, stderr }
}

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((done, failed) => {
    child.on('error', failed)
    child.on('close', done)
  })
}
