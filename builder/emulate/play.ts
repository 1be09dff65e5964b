import { StepError } from '../errors.js'
import { report } from '../host/report.js'
import { emulateCard } from './emulation.js'
import { reachGoal } from './goal.js'
import { shellOnNode, waitForSsh } from './login.js'
import { boot, type BootedNode, type EmulatedNode, type Goal, reachAll, shutDown, watch } from './nodes.js'
import type { Run } from './prepare.js'
import { reportReached, showConsole } from './show.js'

/** What is wanted of booted nodes. */
export interface Play {
  /** A shell on the master, or the only node. */
  readonly ssh?: boolean
  readonly until?: Goal
  /** How long to wait, and when a node is reported to be late; 0: no limit. */
  readonly seconds: number
  /** Whether what the nodes write stays, so that they have to be shut down. */
  readonly keeps: boolean
  /** Ends all emulations. */
  readonly stop: AbortController
  readonly voice: Run['voice']
  /** The program that a node runs to look at itself. */
  readonly selfCheck: string
  readonly verbose?: boolean
  readonly json?: boolean
}

/**
 * Boots the nodes, then shows the console, shows the progress, opens a shell, or waits for a goal. @returns the exit
 * code
 */
export async function play(nodes: readonly EmulatedNode[], options: Play): Promise<number> {
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

/** A single node is connected to this terminal. */
async function onConsole(node: EmulatedNode): Promise<number> {
  report.note('this is the serial console; Ctrl-C stops the emulation')
  node.console.onOutput((bytes) => process.stdout.write(bytes))
  const end = await emulateCard({ ...node, keys: true })
  report.note(end === 'panic' ? 'the kernel panicked' : 'the node is off')
  return end === 'panic' ? 1 : 0
}

/** On the master, or the only node. */
async function openShell(nodes: readonly BootedNode[], { seconds, stop, voice, keeps }: Play): Promise<void> {
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
  if (keeps) await shutDown(nodes)
}

/** @throws {StepError} if a node did not reach it, or has a problem */
async function reachGoals(nodes: readonly BootedNode[], goal: Goal, options: Play): Promise<void> {
  const { seconds, selfCheck: script } = options
  const { reached, failures } = await reachAll(nodes, { goal, seconds, script })
  reportReached(reached, { isAlone: nodes.length === 1, json: options.json === true })
  if (options.keeps && reached.length > 0) await shutDown(nodes)
  const [first, ...others] = failures
  if (first === undefined) return
  if (others.length === 0) throw first
  const reason = failures.map(({ failure }) => `${failure.step}: ${failure.reason}`).join('\n')
  throw new StepError({ step: `boot ${failures.length} of ${nodes.length} nodes until ${goal}`, reason })
}
