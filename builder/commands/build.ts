import { basename, dirname, relative } from 'node:path'
import { makeCard } from '../apply/card.js'
import { outputPaths, withOutputFolder } from '../apply/output.js'
import { saveState } from '../apply/state.js'
import { breathe } from '../host/interrupt.js'
import { formatBytes, report } from '../host/report.js'
import type { NodeOptions } from '../load/command-line.js'
import { type NodePlan, type NodePlans, planNodes } from './node-plans.js'
import { reportWarnings } from './show.js'

export interface BuildOptions extends NodeOptions {
  readonly output?: string
  readonly json?: boolean
}

/** `piimg build`: one finished, checked card image a node. */
export async function build(options: BuildOptions): Promise<number> {
  const folder = process.cwd()
  const started = performance.now()
  const plans = await planNodes(folder, options, 'build')
  try {
    const hostnames = plans.nodes.map(({ plan }) => plan.hostname)
    const outputs = outputPaths(hostnames, options.output, plans.base.file)
    const made = await saveState(folder, plans.state)
    if (made === undefined) return await build(options)
    reportWarnings(plans.warnings)
    reportStart(plans, made)
    await withOutputFolder(dirname(outputs[0] ?? ''), async () => {
      for (const [index, node] of plans.nodes.entries()) {
        const output = outputs[index] ?? ''
        await makeCard({ base: plans.base, ...node, output })
        reportCard(node, output, options)
        await breathe()
      }
    })
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    if (options.json === true) report.result(JSON.stringify(outputs.map((image, index) => cardOf(plans.nodes[index], image)))) // prettier-ignore
    report.note(
      `done in ${seconds} s. Next: write ${nextFile(outputs)} to a card with Raspberry Pi Imager ("Use custom")`,
    )
    return 0
  } finally {
    plans.base.close()
  }
}

function reportStart({ base, facts, nodes }: NodePlans, made: readonly string[]): void {
  const system = `${facts.distribution === 'raspios' ? 'Raspberry Pi OS' : 'Debian'} ${facts.release} ${facts.architecture}`
  report.note(`base image ${basename(base.name)}: ${system}, ${formatBytes(base.size)}`)
  for (const path of made) {
    const what = path.endsWith('.piimg')
      ? 'remembers this cluster: keep it'
      : 'logs in to its nodes: you had no key of your own'
    report.note(`made ${relative(process.cwd(), path)}, which ${what}`)
  }
  if (nodes.length > 1) report.note(`building ${nodes.length} nodes`)
}

function reportCard({ plan, entries }: NodePlan, output: string, { json }: BuildOptions): void {
  const value = (name: string) => String(plan.values.get(name)?.value ?? '')
  const path = relative(process.cwd(), output)
  report.note(
    `${path}: ${plan.profile} ${plan.hostname}, ${value('address')}, user ${value('user')}, ` +
      `${entries.length} files; both file systems checked, every file read back`,
  )
  if (json !== true) report.result(path)
}

function cardOf(node: NodePlan | undefined, image: string) {
  const value = (name: string) => String(node?.plan.values.get(name)?.value ?? '')
  return { hostname: value('hostname'), profile: node?.plan.profile, address: value('address'), user: value('user'), image } // prettier-ignore
}

function nextFile(outputs: readonly string[]): string {
  const first = relative(process.cwd(), outputs[0] ?? '')
  return outputs.length === 1 ? first : `${first} and the others`
}
