import type { Facts } from '../model/facts.js'
import type { Role } from '../model/cluster-node.js'
import { contains, parseCidr } from '../model/ipv4.js'
import type { Origin, Problem } from '../model/problem.js'
import { addressOf } from './addresses.js'
import { hasUplink, textOf, type Values } from './defaults.js'

/** A node of a cluster, with its address. */
export interface Member {
  readonly role: Role
  readonly values: Values
}

/**
 * What must hold between nodes: each has its own name, address, card and board; one is the master.
 * @param file the cluster file, which names all nodes; undefined where cards are built one by one
 */
export function checkCluster(members: readonly Member[], file?: string): Problem[] {
  const nodes = members.map(({ values }) => values)
  return [
    ...twins(nodes, 'hostname', (values) => textOf(values, 'hostname')),
    ...twins(nodes, 'address', addressOf),
    ...twins(nodes, 'mac', (values) => textOf(values, 'mac')),
    ...twins(nodes, 'serial', (values) => textOf(values, 'serial')),
    ...secondMasters(members),
    ...(file === undefined ? [] : missingMaster(members, file)),
    ...strayWorkers(members),
  ]
}

/** What the base image must be for nodes that compute together: MPI is of one architecture and release. */
export function checkMpi(nodes: readonly { readonly values: Values; readonly facts: Facts }[]): Problem[] {
  const computing = nodes.filter(({ values }) => values.has('mpi') && textOf(values, 'mpi') !== 'none')
  const systemOf = ({ facts }: { readonly facts: Facts }) => `${facts.release} ${facts.architecture}`
  const [first] = computing
  const systems = new Map<string, number>()
  for (const node of computing) systems.set(systemOf(node), (systems.get(systemOf(node)) ?? 0) + 1)
  const [most] = [...systems].sort((a, b) => b[1] - a[1]).map(([system]) => system)
  const fitting = computing.find((node) => systemOf(node) === most)
  if (first === undefined || fitting === undefined) return []
  return computing
    .filter((node) => systemOf(node) !== most)
    .map((node) => ({
      severity: 'error',
      where: originOf(node.values, 'hostname'),
      what: `${textOf(node.values, 'hostname')} is ${systemOf(node)}, and ${textOf(fitting.values, 'hostname')} is ${most ?? ''}: MPI does not run across them`,
      hint: `give it the image ${fitting.facts.file}, or write mpi = none for it`,
    }))
} // prettier-ignore

/** A master that nothing leads to the internet: all nodes would wait for it in their first boot. */
export function checkUplink(members: readonly Member[]): Problem[] {
  return members
    .filter(({ role, values }) => role === 'master' && textOf(values, 'topology') === 'routed')
    .filter(({ values }) => !hasUplink(values) && textOf(values, 'gateway') === '')
    .map(({ values }) => ({
      severity: 'warning',
      where: originOf(values, 'hostname'),
      what: 'the master has no way to the internet: the nodes will wait for it in their first boot',
      hint: 'give it wifi_ssid and wifi_country; or uplink = eth1, a second network card; or build with --packages bundle',
    }))
}

function secondMasters(members: readonly Member[]): Problem[] {
  const [first, ...others] = members.filter(({ role }) => role === 'master').map(({ values }) => values)
  if (first === undefined) return []
  const name = textOf(first, 'hostname')
  return others
    .filter((values) => textOf(values, 'hostname') !== name)
    .map((values) => {
      const hint = 'a cluster has one master; the others are workers'
      return problem(
        values,
        'hostname',
        `${textOf(values, 'hostname')} is a second master, beside ${name}`,
        hint,
      )
    })
}

/** Only where workers look for it: in a routed cluster, without another gateway. */
function missingMaster(members: readonly Member[], file: string): Problem[] {
  if (members.some(({ role }) => role === 'master')) return []
  const lost = members.some(({ values }) => textOf(values, 'topology') === 'routed' && textOf(values, 'gateway') === '' && !hasUplink(values)) // prettier-ignore
  const hint = 'write a section [master]; or gateway = …, if another computer is the way to the internet'
  return lost ? [{ severity: 'error', where: { file }, what: 'there is no master', hint }] : []
}

/** A worker that cannot reach the master over the cluster's network. */
function strayWorkers(members: readonly Member[]): Problem[] {
  const master = members.find(({ role }) => role === 'master')?.values
  const at = master === undefined ? undefined : parseCidr(textOf(master, 'address'))
  if (master === undefined || at === undefined) return []
  return members
    .filter(({ role }) => role === 'worker')
    .flatMap(({ values }) => {
      const network = parseCidr(textOf(values, 'network'))
      if (network === undefined || (contains(network, at.address) && network.prefix === at.prefix)) return []
      const what = `${textOf(values, 'hostname')} is in ${textOf(values, 'network')}, where ${textOf(master, 'hostname')}, ${textOf(master, 'address')}, is not`
      const key = values.get('address')?.origin.file === 'default' ? 'network' : 'address'
      return [problem(values, key, what, 'all nodes are in one network')]
    })
} // prettier-ignore

/** @param keyOf what two nodes must not have in common; empty where a node has none */
function twins(nodes: readonly Values[], name: string, keyOf: (values: Values) => string): Problem[] {
  const first = new Map<string, Values>()
  return nodes.flatMap((values) => {
    const key = keyOf(values)
    if (key === '') return []
    const before = first.get(key)
    if (before === undefined) {
      first.set(key, values)
      return []
    }
    // One value for many is told where it was given.
    if (JSON.stringify(originOf(before, name)) === JSON.stringify(originOf(values, name))) return []
    const isMadeUp = originOf(values, name).file === 'default'
    const [one, other] = [before, values].map((each) => textOf(each, 'hostname'))
    const [holder, taker] = isMadeUp ? [other, one] : [one, other]
    const origin = originOf(isMadeUp ? before : values, name)
    const what = name === 'hostname' ? `two nodes are called ${key}` : `${taker ?? ''} has the ${name} ${key}, which ${holder ?? ''} has already` // prettier-ignore
    return [{ severity: 'error', where: origin, what, hint: `give one of them another ${name}` }]
  })
}

function problem(values: Values, name: string, what: string, hint: string): Problem {
  return { severity: 'error', where: originOf(values, name), what, hint }
}

function originOf(values: Values, name: string): Origin {
  const reserved = name === 'address' ? values.get('reserved')?.origin : undefined
  if (reserved !== undefined) return reserved
  return values.get(name)?.origin ?? values.get('hostname')?.origin ?? { file: 'default' }
}
