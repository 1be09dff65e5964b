import { StepError } from '../errors.js'
import { interruption } from '../host/interrupt.js'
import { masterOf, type Role } from '../model/cluster-node.js'
import { emulateCard, type EmulationInput } from './emulation.js'
import { asksForLogin, powerOff, reachEndOfBoot, reachGoal, sawPanic, selfCheck } from './goal.js'
import type { GuestEnd } from './guest.js'
import type { Login } from './login.js'

/** `login`: the console asks for one. `ready`: the boot and the first boot's work have finished. */
export const goals = ['login', 'ready'] as const
export type Goal = (typeof goals)[number]

export interface EmulatedNode extends EmulationInput {
  readonly role: Role
  readonly login: Login
}

export interface BootedNode extends EmulatedNode {
  /** Of `performance.now()`. */
  readonly started: number
  /** How the emulation finally ends. */
  readonly ended: Promise<Exclude<GuestEnd, 'reboot'>>
}

export interface Reached {
  readonly label: string
  readonly seconds: number
  /** The status that the node reports when it is ready. */
  readonly facts: readonly (readonly [string, string])[]
}

/** The goal, the time limit, and the script that reports the status of a ready node. */
export interface Aim {
  readonly goal: Goal
  /** 0: no limit. */
  readonly seconds: number
  readonly script: string
}

/** Boots a node; `ended` resolves with its end. */
export function boot(node: EmulatedNode): BootedNode {
  const ended = emulateCard(node)
  ended.catch(() => {})
  return { ...node, ended, started: performance.now() }
}

/** Waits for the goal of every node, even if other nodes fail. @returns the reached goals, and the failures */
export async function reachAll(
  nodes: readonly BootedNode[],
  aim: Aim,
): Promise<{ readonly reached: readonly Reached[]; readonly failures: readonly StepError[] }> {
  const reached: Reached[] = []
  const failures: StepError[] = []
  await Promise.all(
    nodes.map(async (node) => {
      try {
        reached.push(await reach(node, nodes, { ...aim, failures }))
      } catch (error) {
        if (!(error instanceof StepError)) throw error
        if (nodes.length > 1) node.say(firstLine(error.failure.reason))
        failures.push(error)
      }
    }),
  )
  return { reached, failures }
}

async function reach(
  node: BootedNode,
  nodes: readonly BootedNode[],
  { goal, seconds, script, failures }: Aim & { readonly failures: StepError[] },
): Promise<Reached> {
  const { label, console, ended, login } = node
  const step = `boot ${label} until ${goal}`
  const work =
    goal === 'login' ? asksForLogin(console) : Promise.race([endOfBoot(node), lossOfMaster(node, nodes)])
  const state = await reachGoal({ step, work, seconds }, ended, console)
  const passed = secondsSince(node)
  node.say(`${goal} after ${passed.toFixed(0)} s`)
  const facts = goal === 'ready' ? await selfCheck(login, script) : []
  if (goal === 'ready' && state !== 'running') {
    const failed = facts.flatMap(([key, value]) => (key === 'failed' ? [value] : []))
    const reason = failed.length === 0 ? state : `${state}; failed: ${failed.join(', ')}`
    failures.push(new StepError({ step, reason }))
  }
  return { label, seconds: passed, facts }
}

/**
 * Reports the progress of each node until all of them have ended.
 * @param seconds after which a node that is not ready is reported; 0: never
 * @returns whether they ended cleanly
 */
export async function watch(nodes: readonly BootedNode[], seconds: number): Promise<boolean> {
  const ends = await Promise.all(nodes.map((node) => watchOne(node, seconds)))
  interruption.throwIfAborted()
  return ends.every((isOrderly) => isOrderly)
}

async function watchOne(node: BootedNode, seconds: number): Promise<boolean> {
  const { console, say } = node
  const lastLines = () => `the last lines of the console:\n${console.lastLines(20)}`
  const late = () => say(`not ready after ${seconds} s; ${lastLines()}`)
  const timer = seconds > 0 ? setTimeout(late, seconds * 1000) : undefined
  void sawPanic(console).then(() => say(`its kernel panicked; ${lastLines()}`))
  void asksForLogin(console).then(() => say(`login after ${secondsSince(node).toFixed(0)} s`))
  void endOfBoot(node)
    .then((state) => {
      clearTimeout(timer)
      if (state !== '')
        say(`${state === 'running' ? 'ready' : state} after ${secondsSince(node).toFixed(0)} s`)
    })
    .catch((error: unknown) => say(String(error)))
  try {
    const end = await node.ended
    say(end === 'panic' ? `its kernel panicked; ${lastLines()}` : 'it is off')
    return end !== 'panic'
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    say(error.message)
    return false
  } finally {
    clearTimeout(timer)
  }
}

/** Shuts all nodes down cleanly: the master last, because the others are reached through it. */
export async function shutDown(nodes: readonly BootedNode[]): Promise<void> {
  const off = async (role: Role) =>
    await Promise.all(
      nodes.filter((node) => node.role === role).map(({ login, ended }) => powerOff(login, ended)),
    )
  await off('worker')
  await off('master')
}

async function endOfBoot({ login, console, stop }: BootedNode): Promise<string> {
  return await reachEndOfBoot(login, console, stop)
}

/** Rejects when a node that others are reached through has ended. */
async function lossOfMaster(node: BootedNode, nodes: readonly BootedNode[]): Promise<never> {
  const master = masterOf(nodes)
  if (node.login.via === undefined || master === undefined) return await new Promise<never>(() => {})
  await master.ended.catch(() => {})
  throw new StepError({
    step: `log in to ${node.label}`,
    reason: `${master.label}, through which it is reached, has stopped`,
  })
}

function secondsSince({ started }: BootedNode): number {
  return (performance.now() - started) / 1000
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}
