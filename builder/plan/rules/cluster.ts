import { isMaster } from '../../model/cluster-node.js'
import type { Problem } from '../../model/problem.js'
import { addressOf, textOf } from '../values.js'
import { strangers } from './agreement.js'
import { type Node, problem } from './rule.js'
import { strayWorkers } from './stray-workers.js'
import { twins } from './twins.js'
import { gatewayNodes, lostWorkers, missingMaster } from './ways-out.js'

/**
 * What must hold between nodes: each has its own name, address, card and board; one is the master.
 * @param file the cluster file, which lists all nodes; undefined if cards are built one by one
 */
export function checkCluster(members: readonly Node[], file?: string): Problem[] {
  const nodes = members.map(({ values }) => values)
  // What is wrong with a name is reported already.
  const named = members.filter(({ values }) => values.has('hostname'))
  return [
    ...twins(nodes, 'hostname', (values) => textOf(values, 'hostname')),
    ...twins(nodes, 'address', addressOf),
    ...twins(nodes, 'mac', (values) => textOf(values, 'mac')),
    ...twins(nodes, 'serial', (values) => textOf(values, 'serial')),
    ...secondMasters(members),
    ...(file === undefined ? [] : missingMaster(members, file)),
    ...strayWorkers(named),
    ...lostWorkers(named),
    ...gatewayNodes(members),
    ...strangers(named),
  ]
}

function secondMasters(members: readonly Node[]): Problem[] {
  const [first, ...others] = members.filter(isMaster).map(({ values }) => values)
  if (first === undefined) return []
  const name = textOf(first, 'hostname')
  return others
    .filter((values) => textOf(values, 'hostname') !== name)
    .map((values) => {
      const hint = 'a cluster has one master; the others are workers'
      return problem(
        values,
        'hostname',
        `${textOf(values, 'hostname')} is a second master; the first is ${name}`,
        hint,
      )
    })
}
