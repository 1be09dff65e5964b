import { report } from '../host/report.js'
import type { NodeOptions } from '../load/command-line.js'
import { entryRecord } from '../model/plan-record.js'
import { allEntries } from '../plan/plan-record.js'
import type { Place } from '../model/place.js'
import type { Sourced, Value } from '../model/value.js'
import { planNodes } from '../resolve/node-plans.js'
import type { NodePlan } from '../resolve/plan-members.js'
import { entryLine, placeName, reportWarnings, table, valueText } from '../host/show.js'

export interface PlanOptions extends NodeOptions {
  readonly json?: boolean
  readonly showSecrets?: boolean
}

/** `piimg plan`: what build would write, with the origin of every value; writes nothing. */
export async function plan(place: Place, options: PlanOptions): Promise<number> {
  const plans = await planNodes({ place, options, purpose: 'show' })
  plans.close()
  reportWarnings(plans.warnings)
  const shown = plans.nodes.map((node) => ({ node, values: shownValues(node, options) }))
  if (options.json === true) {
    const nodes = shown.map(({ node, values }) => ({
      hostname: node.plan.hostname,
      profile: node.plan.profile,
      values: Object.fromEntries(
        values.map(([name, { value, origin, asked }]) => [
          name,
          { value, origin: placeName(origin), ...(asked === undefined ? {} : { asked: askedOf(asked) }) },
        ]),
      ),
      entries: allEntries(node.plan).map(entryRecord),
    }))
    report.result(JSON.stringify(nodes, undefined, 1))
    return 0
  }
  for (const { node, values } of shown) {
    const rows = values.flatMap(([name, { value, origin, asked }]) => {
      const row = [`  ${name}`, valueText(value), `(${placeName(origin)})`]
      if (asked === undefined) return [row]
      return [
        [`  ${name}`, '', ''],
        ...Object.entries(askedOf(asked)).map(([item, places]) => [
          `    ${item}`,
          '',
          `(${places.join(', ')})`,
        ]),
      ]
    })
    report.result(`${node.plan.hostname}, ${node.plan.profile}\n${table(rows)}\n`)
    report.result(
      allEntries(node.plan)
        .map((entry) => entryLine(entryRecord(entry)))
        .join('\n'),
    )
  }
  return 0
}

function askedOf(asked: NonNullable<Sourced<Value>['asked']>): Record<string, string[]> {
  const sorted = [...asked].sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(sorted.map(([item, origins]) => [item, origins.map(placeName)]))
}

function shownValues({ plan }: NodePlan, { showSecrets }: PlanOptions) {
  const values = showSecrets === true ? plan.values : plan.shownValues
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1))
}
