import { type CardsJob, type Desk, makeCards } from '../apply/cards.js'
import { buildReport, type MadeCard } from '../apply/build-report.js'
import { nextSteps } from '../apply/next-steps.js'
import { outputPaths } from '../apply/output.js'
import { report } from '../host/report.js'
import { reportWarnings } from '../host/show.js'
import type { NodeOptions } from '../load/command-line.js'
import type { Place } from '../model/place.js'
import { lockName } from '../packages/bundle.js'
import { allEntries } from '../plan/plan-record.js'
import { deskOf } from '../resolve/desk.js'
import { chooseEngine } from '../resolve/engine.js'
import { type NodePlans, planNodes } from '../resolve/node-plans.js'

export interface BuildOptions extends NodeOptions {
  readonly json?: boolean
}

/** `piimg build`: one finished, checked card image per node. */
export async function build(place: Place, options: BuildOptions): Promise<number> {
  const started = performance.now()
  const { folder } = place
  const request = { place, options, purpose: 'build' } as const
  const first = await planNodes(request)
  const planned = performance.now()
  reportWarnings(first.warnings)
  buildReport.start(first.nodes)
  const { plans, cards } = await makeOrPlanAgain(
    first,
    () => planNodes(request),
    async (each) => await makeCards(await jobOf(each, folder, deskOf(place), options)),
  )
  if (options.json === true)
    report.result(JSON.stringify({ planSeconds: (planned - started) / 1000, cards }, undefined, 1))
  report.note(`done in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  buildReport.openPorts(plans.nodes)
  const paths = cards.map(({ image }) => image)
  const { hasBundle } = plans.settings
  for (const line of nextSteps(plans.nodes, paths, { folder, hasBundle })) report.note(line)
  return 0
}

/** Makes the cards; where another piimg has begun the folder's cluster meanwhile, plans again: they are of that cluster. */
async function makeOrPlanAgain(
  first: NodePlans,
  planAgain: () => Promise<NodePlans>,
  make: (plans: NodePlans) => Promise<MadeCard[] | undefined>,
): Promise<{ plans: NodePlans; cards: MadeCard[] }> {
  let plans = first
  for (;;) {
    const cards = await make(plans).finally(() => plans.close())
    if (cards !== undefined) return { plans, cards }
    plans = await planAgain()
  }
}

async function jobOf(
  { nodes, settings, state, lock }: NodePlans,
  folder: string,
  desk: Desk,
  { json }: BuildOptions,
): Promise<CardsJob> {
  const hostnames = nodes.map(({ plan }) => plan.hostname)
  const outputs = outputPaths(folder, hostnames, settings.output?.text)
  const cards = nodes.map((node, index) => {
    return { ...node, entries: allEntries(node.plan), output: outputs[index] ?? '' }
  })
  const bundle = { lockName, ...(lock === undefined ? {} : { newLock: lock }) }
  const write = await chooseEngine(settings.engine)
  const job = { folder, cards, write, state, desk, printsPaths: json !== true }
  return settings.hasBundle ? { ...job, bundle } : job
}
