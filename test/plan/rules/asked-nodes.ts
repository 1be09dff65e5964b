import { coreVariables } from '../../../builder/load/core-variables.js'
import { resolveValues } from '../../../builder/load/values.js'
import { checkCluster } from '../../../builder/plan/rules/cluster.js'
import type { Node } from '../../../builder/plan/rules/rule.js'
import { withAddress } from '../../../builder/plan/addresses.js'
import { testPlace } from '../../support/place.js'
import { problemText } from '../../support/problem-text.js'

const variables = new Map(coreVariables.map((variable) => [variable.name, variable]))

function nodeAt(file: string, hostname: string, set: Readonly<Record<string, string>> = {}): Node {
  const role = hostname === 'master' ? 'master' : 'worker'
  const given = Object.entries({ hostname, ...set }).map(([name, text]) => {
    return { name, text, origin: { file, key: name } }
  })
  return { role, values: withAddress(resolveValues(variables, given, [], testPlace).values, role).values }
}

/** A node that this run is about. */
export const asked = (hostname: string, set?: Readonly<Record<string, string>>) =>
  nodeAt('command line', hostname, set)
/** A node whose card was built before. */
export const built = (hostname: string, set?: Readonly<Record<string, string>>) => ({
  ...nodeAt(`.piimg/nodes/${hostname}.json`, hostname, set),
  isRemembered: true,
})

/** What is wrong with these nodes together, without hints. */
export function said(...nodes: readonly Node[]): string[] {
  return problemText(checkCluster(nodes)).filter((line) => !line.startsWith('  '))
}
