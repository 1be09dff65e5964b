import type { Duplex } from 'node:stream'
import { here } from './here.js'
import { interruption } from './interrupt.js'
import { type Command, inherited, launch } from './run.js'
import { findTool, tools } from './tools.js'

/** A long-running program, with channels to it. */
export interface Started {
  readonly stdin: NodeJS.WritableStream
  readonly stdout: NodeJS.ReadableStream
  /** The program's file descriptors 3, 4 and 5: connected sockets. */
  readonly channels: readonly [Duplex, Duplex, Duplex]
  /** Never rejects. */
  readonly ended: Promise<{ readonly exitCode?: number | undefined; readonly stderr: string }>
}

/** Starts a program that ends with piimg, also when piimg is killed, or when `stop` is aborted. */
export function start(command: Command, stop: AbortSignal): Started {
  // The kernel ends the child when its parent is gone: prctl(2), PR_SET_PDEATHSIG.
  const setpriv = process.platform === 'linux' ? findTool(tools.setpriv) : undefined
  const options = {
    cancelSignal: AbortSignal.any([interruption, stop]),
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    buffer: { stdout: false, fd3: false, fd4: false, fd5: false },
  } as const
  const child = launch(command, options, setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL', '--'])
  child.stdin.on('error', () => {})
  const channels = child.stdio.slice(3) as unknown as Started['channels']
  for (const channel of channels) channel.on('error', () => {})
  const ended = child.then(({ exitCode, stderr }) => ({ exitCode, stderr }))
  return { stdin: child.stdin, stdout: child.stdout, channels, ended }
}

/** Runs a program that uses the terminal, to its end. @returns its exit code */
export async function runInTerminal(command: Command): Promise<number | undefined> {
  const env = { ...inherited(Object.keys(here().environment)), ...command.env }
  const { exitCode } = await launch({ ...command, env }, { stdio: 'inherit' })
  return exitCode
}
