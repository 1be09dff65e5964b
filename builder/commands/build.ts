import { basename, dirname, join, relative } from 'node:path'
import { StepError } from '../errors.js'
import { makeCard } from '../apply/card.js'
import { forgetNode, rememberNode } from '../apply/remember.js'
import { outputPaths, outputProblems, withOutputFolder } from '../apply/output.js'
import { saveState } from '../apply/save-state.js'
import { staggered, type Turn } from '../apply/stagger.js'
import type { WriteCard } from '../apply/write-card.js'
import { breathe } from '../host/interrupt.js'
import { formatBytes, report } from '../host/report.js'
import { removeLeftovers } from '../host/work-folder.js'
import type { NodeOptions } from '../load/command-line.js'
import { authorityFile, loginKeyFile } from '../load/state.js'
import { lockName } from '../packages/bundle.js'
import { writeLock } from '../packages/lock-file.js'
import { addressOf } from '../plan/values.js'
import { allEntries } from '../plan/plan-record.js'
import type { Reachable } from '../plan/desk/ssh-config.js'
import { chooseEngine, type EngineName } from '../resolve/engine.js'
import { type NodePlan, type NodePlans, planNodes } from '../resolve/node-plans.js'
import { nextSteps } from './next-steps.js'
import { reportWarnings } from '../host/show.js'
import { reachableNodes, replacedNodes, writeKnownHosts, writeSshConfig } from './ssh-files.js'

export interface BuildOptions extends NodeOptions {
  readonly output?: string
  readonly engine?: EngineName
  readonly json?: boolean
}

/** `piimg build`: one finished, checked card image a node. */
export async function build(options: BuildOptions): Promise<number> {
  const started = performance.now()
  const problems = (hostnames: readonly string[], base: string | undefined) =>
    outputProblems(hostnames, options.output, base)
  let plans = await planNodes(process.cwd(), options, 'build', problems)
  const planned = performance.now()
  try {
    const hostnames = plans.nodes.map(({ plan }) => plan.hostname)
    const outputs = outputPaths(hostnames, options.output)
    reportWarnings(plans.warnings)
    reportStart(plans)
    const write = await chooseEngine(options.engine ?? 'auto')
    let cards = await makeCards(plans, outputs, { ...options, write })
    while (cards === undefined) {
      plans.close()
      plans = await planNodes(process.cwd(), options, 'build', problems)
      cards = await makeCards(plans, outputs, { ...options, write })
    }
    if (options.json === true) {
      report.result(JSON.stringify({ planSeconds: (planned - started) / 1000, cards }, undefined, 1))
    }
    report.note(`done in ${((performance.now() - started) / 1000).toFixed(1)} s`)
    for (const line of nextSteps(plans.nodes, outputs, options)) report.note(line)
    return 0
  } finally {
    plans.close()
  }
}

/** Undefined where another piimg has begun the cluster of this folder meanwhile, so that the plans are for no cluster. */
async function makeCards(
  { nodes, state, lock }: NodePlans,
  outputs: readonly string[],
  options: BuildOptions & { readonly write: WriteCard },
): Promise<object[] | undefined> {
  const cards: object[] = []
  const before = reachableNodes(process.cwd())
  const taken = new StepError({ step: 'begin this cluster', reason: 'another piimg was first' })
  // The cluster is remembered when its first card is whole: a build that fails leaves no trace.
  const begin = async (): Promise<void> => {
    const made = await saveState(process.cwd(), state)
    if (made === undefined) throw taken
    reportState(made)
    if (options.packages === 'bundle') removeLeftovers(process.cwd())
    if (lock !== undefined) {
      await writeLock(join(process.cwd(), lockName), lock)
      report.note(`made ${lockName}, which names the packages on the cards: keep it with the cluster`)
    }
  }
  const work = nodes.map((node, index) => async (turn: Turn): Promise<void> => {
    const output = outputs[index] ?? ''
    const onReady = async (): Promise<void> => {
      await turn.previous
      if (index === 0) await begin()
    }
    const job = { ...node, write: options.write, entries: allEntries(node.plan), output, onReady }
    const seconds = await timed((onStep) => makeCard({ ...job, onCopied: turn.next, onStep }))
    reportCertificate(node, before)
    await rememberNode(process.cwd(), node.plan, node.role)
    cards.push(cardOf(node, output, seconds))
    reportCard(node, output, options)
    await breathe()
  })
  try {
    await withOutputFolder(dirname(outputs[0] ?? ''), () => staggered(work))
    return cards
  } catch (error) {
    if (error === taken) return undefined
    throw error
  } finally {
    if (cards.length > 0) {
      const built = nodes.slice(0, cards.length).map(({ plan }) => plan.hostname)
      for (const { hostname } of replacedNodes(reachableNodes(process.cwd()), built)) {
        forgetNode(process.cwd(), hostname)
        report.note(`${hostname} is remembered no more, as another node has its place now`)
      }
      await writeKnownHosts(process.cwd(), state.authority)
      await writeSshConfig(process.cwd(), reachableNodes(process.cwd()))
    }
  }
}

function reportStart({ nodes }: NodePlans): void {
  for (const base of new Set(nodes.map((node) => node.base))) {
    const { facts } = nodes.find((node) => node.base === base) ?? {}
    const system = `${facts?.distribution === 'raspios' ? 'Raspberry Pi OS' : 'Debian'} ${facts?.release ?? ''} ${facts?.architecture ?? ''}`
    report.note(`base image ${basename(base.name)}: ${system}, ${formatBytes(base.size)}`)
  }
  if (nodes.length > 1) report.note(`building ${nodes.length} nodes`)
}

function reportState(made: readonly string[]): void {
  for (const path of made) {
    report.note(`made ${relative(process.cwd(), path)}, which ${whatFor[basename(path)] ?? ''}`)
  }
}

const whatFor: Readonly<Record<string, string>> = {
  '.piimg':
    'remembers this cluster: keep it, and build its other cards here (another folder is another cluster)',
  [authorityFile]: 'the nodes know each other by: cards that were built before have to be written again',
  [loginKeyFile]: 'logs in to its nodes: you had no key of your own',
}

/** A certificate is for names and addresses, so that another address asks for another one. */
function reportCertificate({ plan }: NodePlan, before: readonly Reachable[]): void {
  const known = before.find(({ hostname }) => hostname === plan.hostname)
  const ip = addressOf(plan.values)
  if (known === undefined || known.ip === ip) return
  const words = [ip === '' ? 'its names only' : ip, known.ip === '' ? '' : `, and no longer for ${known.ip}`]
  report.note(`${plan.hostname} is certified anew, for ${words.join('')}`)
}

function reportCard({ plan }: NodePlan, output: string, { json }: BuildOptions): void {
  const value = (name: string) => String(plan.values.get(name)?.value ?? '')
  const path = relative(process.cwd(), output)
  report.note(
    `${path}: ${plan.profile} ${plan.hostname}, ${value('address')}, user ${value('user')}, ` +
      `${plan.boot.length + plan.root.length} files; both file systems checked, every file read back`,
  )
  if (json !== true) report.result(path)
}

function cardOf({ plan }: NodePlan, image: string, seconds: Record<string, number>) {
  const value = (name: string) => String(plan.values.get(name)?.value ?? '')
  const { hostname, profile } = plan
  return { hostname, profile, address: value('address'), user: value('user'), image, seconds }
}

/** Seconds by step. */
async function timed(
  work: (onStep: (step: string) => void) => Promise<void>,
): Promise<Record<string, number>> {
  const begun: [step: string, at: number][] = []
  await work((step) => begun.push([step, performance.now()]))
  const ends = [...begun.slice(1).map(([, at]) => at), performance.now()]
  return Object.fromEntries(begun.map(([step, at], index) => [step, ((ends[index] ?? at) - at) / 1000]))
}
