import { accessSync, constants, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { emulateCard } from '../emulate/emulation.js'
import { reachGoal } from '../emulate/goal.js'
import { shellOnNode, waitForSsh } from '../emulate/login.js'
import type { Machine } from '../emulate/machine.js'
import {
  boot,
  type BootedNode,
  type EmulatedNode,
  type Goal,
  reachAll,
  type Reached,
  shutDown,
  watch,
} from '../emulate/nodes.js'
import { whileRunning } from '../emulate/running.js'
import { StepError, UserError } from '../errors.js'
import { report } from '../host/report.js'
import { freePort } from '../host/terminal.js'
import { findTool, installCommand, tools } from '../host/tools.js'
import { withWorkFolder } from '../host/work-folder.js'
import { packageRoot } from '../load/library.js'
import { stateFolder } from '../load/state.js'
import { readCards } from '../resolve/emulated-cards.js'
import { describe, prepareNodes, type Run } from '../emulate/prepare.js'
import { table } from '../host/show.js'

export interface EmulateOptions {
  readonly machine?: Machine
  /** The older name of `machine`. */
  readonly board?: Machine
  readonly keep?: string
  readonly ssh?: boolean
  readonly until?: Goal
  /** Seconds, as typed. */
  readonly timeout: string
  readonly json?: boolean
  readonly verbose?: boolean
}

/** `piimg emulate [NODE | IMAGE]`: boots card images in QEMU; the images themselves are never written. */
export async function emulate(wanted: string | undefined, options: EmulateOptions): Promise<number> {
  const machine = machineOf(options)
  const seconds = checkOptions(options)
  const cards = await readCards(process.cwd(), wanted, machine)
  return await withWorkFolder(workParent(cards[0]?.card.name ?? ''), async (folder) => {
    const stop = new AbortController()
    const run = {
      ...options,
      folder,
      sshPort: await freePort(),
      stop: stop.signal,
      voice: { isQuiet: false },
    }
    const nodes = await prepareNodes(cards, run)
    describe(cards, nodes)
    const play = async () => await playTo(nodes, { ...options, seconds, stop, voice: run.voice })
    const hasMaster = nodes.some(({ role }) => role === 'master')
    return hasMaster ? await whileRunning(stateFolder(process.cwd()), run.sshPort, play) : await play()
  })
}

/** What `--machine` names, or its older name `--board`. */
function machineOf({ machine, board }: EmulateOptions): Machine | undefined {
  if (board !== undefined) report.note('--board is now called --machine; the old name still works')
  return machine ?? board
}

interface Play extends EmulateOptions {
  readonly seconds: number
  readonly stop: AbortController
  readonly voice: Run['voice']
}

/** Boots, and does what was asked for: a console, progress, a shell, or waiting for a goal. */
async function playTo(nodes: readonly EmulatedNode[], options: Play): Promise<number> {
  const { until, ssh, seconds, stop } = options
  const [only] = nodes
  if (only !== undefined && nodes.length === 1 && until === undefined && ssh !== true)
    return await onConsole(only)
  if (options.verbose === true) for (const node of nodes) showConsole(node, nodes.length > 1)
  const booted = nodes.map(boot)
  try {
    if (ssh === true) await openShell(booted, options)
    else if (until !== undefined) await reachGoals(booted, until, options)
    else return (await watch(booted, seconds)) ? 0 : 1
    return 0
  } finally {
    stop.abort()
    await Promise.allSettled(booted.map(({ ended }) => ended))
  }
}

/** A node that is alone has this terminal. */
async function onConsole(node: EmulatedNode): Promise<number> {
  report.note('the serial console follows; Ctrl-C ends the emulation')
  node.console.onOutput((bytes) => process.stdout.write(bytes))
  const end = await emulateCard({ ...node, keys: true })
  report.note(end === 'panic' ? 'the kernel panicked' : 'the node is off')
  return end === 'panic' ? 1 : 0
}

/** What a console says, on stderr; where there are several, by lines with the node's name. */
function showConsole({ console, label }: EmulatedNode, isOneOfSeveral: boolean): void {
  let rest = ''
  console.onOutput((bytes) => {
    if (!isOneOfSeveral) return process.stderr.write(bytes)
    const lines = (rest + bytes.toString('latin1')).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines)
      process.stderr.write(`${label.replace(/\.img$/, '')}| ${line.replaceAll('\r', '')}\n`)
  })
}

/** On the master, or the only node. */
async function openShell(nodes: readonly BootedNode[], { seconds, stop, voice, keep }: Play): Promise<void> {
  const node = nodes.find(({ login }) => login.via === undefined)
  if (node === undefined) return
  const { label, login, ended, console, started } = node
  await reachGoal(
    { step: `log in to ${label}`, work: waitForSsh(login, stop.signal), seconds },
    ended,
    console,
  )
  report.note(`ssh after ${((performance.now() - started) / 1000).toFixed(0)} s`)
  voice.isQuiet = true
  await shellOnNode(login)
  voice.isQuiet = false
  if (keep !== undefined) await shutDown(nodes)
}

/** @throws {StepError} where a node did not reach it, or is not well */
async function reachGoals(nodes: readonly BootedNode[], goal: Goal, options: Play): Promise<void> {
  const script = readFileSync(join(packageRoot(), 'scripts', 'self-check'), 'utf8')
  const { reached, failures } = await reachAll(nodes, { goal, seconds: options.seconds, script })
  tell(reached, nodes.length === 1, options)
  if (options.keep !== undefined && reached.length > 0) await shutDown(nodes)
  const [first, ...others] = failures
  if (first === undefined) return
  if (others.length === 0) throw first
  const reason = failures.map(({ failure }) => `${failure.step}: ${failure.reason}`).join('\n')
  throw new StepError({ step: `boot ${failures.length} of ${nodes.length} nodes until ${goal}`, reason })
}

/** How long it took, and what the nodes say of themselves. */
function tell(reached: readonly Reached[], isAlone: boolean, options: Play): void {
  const results = reached.map(({ label, seconds, facts }) => ({
    image: label,
    seconds,
    node: grouped(facts),
  }))
  if (options.json === true) {
    if (!isAlone || results.length > 0)
      report.result(JSON.stringify(isAlone ? results[0] : { nodes: results }, undefined, 1))
  } else for (const { facts } of reached) if (facts.length > 0) report.result(table(facts))
}

function grouped(facts: Reached['facts']): Record<string, string[]> {
  const values: Record<string, string[]> = {}
  for (const [key, value] of facts) (values[key] ??= []).push(value)
  return values
}

/** Every problem of what was typed, and what is missing on this computer. @returns the time limit in seconds */
function checkOptions({ ssh, until, timeout }: EmulateOptions): number {
  const wrong = (key: string, what: string, hint: string) => ({
    severity: 'error' as const,
    where: { file: 'command line', key },
    what,
    hint,
  })
  const isSeconds = /^\d{1,6}$/.test(timeout)
  const problems = [
    ...(isSeconds
      ? []
      : [wrong('--timeout', `"${timeout}" is not a number of seconds`, 'such as 600; 0: no limit')]),
    ...(ssh === true && until !== undefined
      ? [wrong('--ssh', '--ssh and --until exclude each other', 'choose one')]
      : []),
  ]
  if (problems.length > 0) throw new UserError(problems)
  const missing = [tools.qemu, tools.qemuImg, tools.ssh].filter((tool) => findTool(tool) === undefined)
  if (missing.length === 0) return Number(timeout)
  const names = missing.map(({ name }) => name).join(', ')
  const reason = `${names} ${missing.length === 1 ? 'is' : 'are'} not installed`
  throw new StepError({ step: 'emulate a board', reason, hint: installCommand(missing) })
}

/** Beside the image, where there is room for what the guest writes; else in the folder for temporary files. */
function workParent(image: string): string {
  const folder = dirname(resolve(image))
  return mayWrite(folder) ? folder : tmpdir()
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}
