import { existsSync, symlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { StepError } from '../errors.js'
import { inherited, type Output, run } from '../host/run.js'
import { runInTerminal } from '../host/start.js'
import { tools } from '../host/tools.js'

/** How to log in to an emulated node. */
export interface Login {
  readonly user: string
  /** Loopback, or a name or address that the jump node can resolve. */
  readonly host: string
  readonly port: number
  /** The jump node, if there is one. */
  readonly via?: Login
  /** A folder of this run, for the host key of the node. */
  readonly folder: string
  /** The absolute path of the cluster's; undefined: ssh's own keys must do. */
  readonly key?: string
}

const lookAgainAfter = 1000

/** Resolves when sshd answers, or that of the jump node. QEMU accepts connections long before. */
export async function waitForSsh({ port, via }: Login, stop: AbortSignal): Promise<void> {
  while (!stop.aborted && !(await greets(via?.port ?? port))) await delay(lookAgainAfter)
}

async function greets(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 5000 })
    const answer = (greeted: boolean) => {
      socket.destroy()
      resolve(greeted)
    }
    socket.on('data', (bytes: Buffer) => answer(bytes.toString('latin1').startsWith('SSH-2.0')))
    for (const event of ['timeout', 'error', 'close']) socket.on(event, () => answer(false))
  })
}

/** Runs a command on the node. */
export async function runOnNode(login: Login, command: string, input?: string): Promise<Output> {
  const output = await run({
    ...sshCommand(login, ['-o', 'BatchMode=yes'], [command]),
    ...(input === undefined ? {} : { input }),
    exitCodes: Array.from({ length: 256 }, (_, code) => code),
  })
  if (output.exitCode !== 255) return output
  throw new StepError({
    step: `log in as ${login.user}`,
    reason: output.stderr.trim(),
    hint: 'the private half of a key in authorized_keys must be on this computer: in .piimg/, in ~/.ssh or in an agent',
  })
}

/** A shell on the node, in this terminal. */
export async function shellOnNode(login: Login): Promise<void> {
  await runInTerminal(sshCommand(login, [], []))
}

/** The words after `ssh` for a person who is in `folder` and wants to log in. */
export function sshWords({ user, host, port, key }: Login, folder: string): string[] {
  return [...(key === undefined ? [] : ['-i', relative(folder, key)]), '-p', String(port), `${user}@${host}`]
}

function sshCommand(login: Login, options: readonly string[], command: readonly string[]) {
  const { user, folder, key } = login
  const link = join(folder, 'key')
  if (key !== undefined && !existsSync(link)) symlinkSync(key, link)
  return {
    tool: tools.ssh,
    args: [...wayTo(login, options), ...command],
    step: `log in as ${user}`,
    cwd: folder,
    env: inherited(['SSH_AUTH_SOCK']),
  }
}

/**
 * The ssh options for a node. Paths are relative, because ssh expands % and splits at spaces in options with file
 * names.
 */
function wayTo({ user, host, port, key, via }: Login, options: readonly string[]): string[] {
  // ProxyJump would not pass the key and the known hosts to the first ssh.
  const proxy =
    via === undefined
      ? []
      : [`ProxyCommand=ssh ${wayTo(via, ['-o', 'BatchMode=yes', '-W', '%h:%p']).join(' ')}`]
  const settings = [
    'UserKnownHostsFile=known_hosts',
    'StrictHostKeyChecking=accept-new',
    'LogLevel=ERROR',
    'ConnectTimeout=30',
    'ServerAliveInterval=10',
    'ServerAliveCountMax=6',
    ...proxy,
  ]
  const words = [...settings.flatMap((setting) => ['-o', setting]), ...options]
  return [...(key === undefined ? [] : ['-i', 'key']), ...words, '-p', String(port), `${user}@${host}`]
}
