import { execa, type Options } from 'execa'
import { Interrupted, StepError } from '../errors.js'
import { here } from './here.js'
import { interruption } from './interrupt.js'
import { report } from './report.js'
import { findTool, installCommand, type Tool } from './tools.js'

export interface Command {
  readonly tool: Tool
  readonly args: readonly string[]
  /** What this step does, e.g. `check the root partition of node3.img`; for messages. */
  readonly step: string
  readonly cwd?: string
  /** Added to a fixed environment without locale, time zone and the user's settings. */
  readonly env?: Readonly<Record<string, string>>
  /** Exit codes that are not a failure; default: 0. */
  readonly exitCodes?: readonly number[]
  /** Input on stdin; default: none. */
  readonly input?: string
}

export interface Output {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

/** The files of this computer that a program needs; in a container it sees nothing else. */
export interface Shown {
  /** Files and folders that it reads. */
  readonly reads: readonly string[]
  /** A folder for downloads; without one the program has no network. */
  readonly fetchesTo?: string
}

/** Runs a program to its end: on this computer, as `run` does, or in a container. */
export type Runner = (command: Command, shown: Shown) => Promise<Output>

/**
 * Runs a program to its end; never through a shell.
 * @throws {StepError} if it is missing, fails or is killed; {Interrupted} after a signal
 */
export async function run(command: Command): Promise<Output> {
  const result = await launch(command, {
    ...(command.input === undefined ? { stdin: 'ignore' } : { input: command.input }),
    maxBuffer: 64 * 1024 * 1024,
  })
  return finished(command, result)
}

/** The same for clean-up: a signal does not stop it, and its result is ignored. */
export async function clearUp(command: Command): Promise<string> {
  const cancelSignal = new AbortController().signal
  const { stderr } = await launch(command, { cancelSignal, stdin: 'ignore' })
  return stderr
}

/** A program between two streams: the caller owns stdin and stdout, and must await `end`. */
export function runAsFilter(command: Command): {
  stdin: NodeJS.WritableStream
  stdout: NodeJS.ReadableStream
  end: Promise<Output>
} {
  const child = launch(command, { buffer: { stdout: false } })
  // If a program ends early, the pipe to it fails. The message of the program explains more than EPIPE.
  child.stdin.on('error', () => {})
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    end: child.then(({ stderr, exitCode, shortMessage, signal }) =>
      finished(command, { stdout: '', stderr, exitCode, shortMessage, signal }),
    ),
  }
}

/**
 * Starts a program: the one call of execa. `options` are added to those that every program gets, and a `wrapper` is a
 * program with its arguments which starts this one.
 * @throws {StepError} if it is missing
 */
export function launch<const T extends Options>(
  command: Command,
  options: T,
  wrapper: readonly string[] = [],
) {
  report.debug(replay(command))
  const [program = '', ...args] = [...wrapper, pathOf(command), ...command.args]
  return execa(program, args, { ...settings(command), ...options })
}

function settings({ cwd, env }: Command) {
  return {
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH: here().environment['PATH'] ?? '', LC_ALL: 'C.UTF-8', TZ: 'UTC', ...env },
    extendEnv: false,
    reject: false,
    cancelSignal: interruption,
    stripFinalNewline: false,
    encoding: 'utf8',
  } as const satisfies Options
}

/** Where the program is. @throws {StepError} if it is missing */
function pathOf({ tool, step }: Command): string {
  const path = findTool(tool)
  if (path !== undefined) return path
  throw new StepError({ step, reason: `${tool.name} is not installed`, hint: installCommand([tool]) })
}

interface Result {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode?: number | undefined
  readonly shortMessage?: string | undefined
  readonly signal?: string | undefined
}

function finished(command: Command, { stdout, stderr, exitCode, shortMessage, signal }: Result): Output {
  interruption.throwIfAborted()
  // Ctrl-C reaches the whole process group, so the program may end before our handler runs.
  if (signal === 'SIGINT') throw new Interrupted('SIGINT')
  if (exitCode !== undefined && (command.exitCodes ?? [0]).includes(exitCode))
    return { stdout, stderr, exitCode }
  const howItEnded =
    exitCode === undefined ? (signal ?? shortMessage ?? 'it failed') : `exit code ${exitCode}`
  const lastLines = `${stdout}\n${stderr}`.trim().split('\n').slice(-4).join('\n')
  throw new StepError({
    step: command.step,
    reason: `${command.tool.name}: ${lastLines === '' ? howItEnded : lastLines}`,
    replay: replay(command),
  })
}

/** Names of the environment variables that a program needs to find its server. */
export function inherited(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = here().environment[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** The command as a user could type it. */
export function replay({ tool, args, cwd }: Command): string {
  const line = [tool.name, ...args].map(quoted).join(' ')
  return cwd === undefined ? line : `cd ${quoted(cwd)} && ${line}`
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
