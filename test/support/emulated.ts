import { spawn, type ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { type Desk, environment, type Finished, piimgCommand, startPiimg } from './cli.js'

/** A `piimg emulate` that runs with its console in a pipe. */
export interface Emulated {
  readonly child: ChildProcess
  readonly finished: Promise<Finished>
  /** What piimg says and the console, so far. */
  said(): { readonly stderr: string; readonly console: string }
  /** Resolves when piimg has said so; rejects with the console's last lines when it ends before, or in `ms`. */
  hears(pattern: RegExp, ms: number): Promise<void>
  /** The same of the console. */
  shows(pattern: RegExp, ms: number): Promise<void>
  /** Logs in, through the master where a worker's address is given, and runs a command; tries again until `ms` have passed. */
  ssh(
    command: string,
    ms: number,
    input?: string,
    worker?: string,
  ): Promise<{ stdout: string; exitCode: number | null }>
}

/** Starts `piimg emulate` as the ordinary user; `path`: where it looks for programs first. */
export function emulated(desk: Desk, words: readonly string[], ms: number, path?: string): Emulated {
  const env = path === undefined ? {} : { PATH: `${path}:${process.env['PATH'] ?? ''}` }
  const { child, finished } = startPiimg(desk, ['emulate', ...words], { patience: ms, env })
  const said = { stderr: '', console: '' }
  child.stderr?.on('data', (bytes: Buffer) => (said.stderr += bytes.toString()))
  child.stdout?.on('data', (bytes: Buffer) => (said.console += bytes.toString('latin1')))
  let hasEnded = false
  void finished.finally(() => (hasEnded = true))
  const lastWords = () => `${said.stderr.slice(-1500)}\n${said.console.slice(-1500)}`
  const waitFor = async (where: keyof typeof said, pattern: RegExp, limit: number): Promise<void> => {
    const until = performance.now() + limit
    while (!pattern.test(said[where])) {
      if (hasEnded || performance.now() > until) throw new Error(`no ${String(pattern)} in\n${lastWords()}`)
      await delay(50)
    }
  }
  const hears = (pattern: RegExp, limit: number) => waitFor('stderr', pattern, limit)
  const shows = (pattern: RegExp, limit: number) => waitFor('console', pattern, limit)
  const ssh: Emulated['ssh'] = async (command, limit, input = '', worker = '') => {
    await hears(/^ssh /m, 10_000)
    const port = /^ssh .*-p (\d+) /m.exec(said.stderr)?.[1] ?? ''
    const until = performance.now() + limit
    for (;;) {
      const result = await sshOnce(desk, { port, worker, command, input }, until - performance.now())
      if (result.exitCode !== 255) return result
      if (hasEnded || performance.now() > until) throw new Error(`no login: ${result.stderr}\n${lastWords()}`)
      await delay(1000)
    }
  }
  return { child, finished, said: () => said, hears, shows, ssh }
}

async function sshOnce(
  desk: Desk,
  { port, worker, command, input }: Record<'port' | 'worker' | 'command' | 'input', string>,
  limit: number,
) {
  const options = [
    'StrictHostKeyChecking=accept-new',
    `UserKnownHostsFile=${desk.tmp}/known-${port}`,
    'BatchMode=yes',
    'ConnectTimeout=120',
    // One connection for all commands: a login takes an emulated node seconds.
    'ControlMaster=auto',
    'ControlPersist=yes',
    'ServerAliveInterval=10',
    'ServerAliveCountMax=6',
    'LogLevel=ERROR',
  ]
  const common = ['-i', '.piimg/id_ed25519', ...options.flatMap((option) => ['-o', option])]
  const toMaster = ['-o', `ControlPath=${desk.tmp}/ssh-${port}`, '-p', port, 'pi@127.0.0.1']
  const proxy = `ProxyCommand=ssh ${common.join(' ')} -W %h:%p ${toMaster.join(' ')}`
  const toWorker = ['-o', `ControlPath=${desk.tmp}/ssh-${worker}`, '-o', proxy, `pi@${worker}`]
  const words = [...common, ...(worker === '' ? toMaster : toWorker), command]
  const [program = '', ...prefix] = piimgCommand().slice(0, -2)
  const [first, args] = program === '' ? ['ssh', words] : [program, [...prefix, 'ssh', ...words]]
  const child = spawn(first, args, { cwd: desk.folder, env: environment(desk) })
  const timer = setTimeout(() => child.kill('SIGKILL'), Math.max(limit, 1000))
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  clearTimeout(timer)
  return { stdout, stderr, exitCode: exitCode ?? 255 }
}

/** The running QEMUs that use something in a folder. */
export function qemusIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const words = readFileSync(join('/proc', name, 'cmdline'), 'utf8')
        return words.includes('qemu-system') && words.includes(folder)
      } catch {
        return false
      }
    })
    .map(Number)
}
