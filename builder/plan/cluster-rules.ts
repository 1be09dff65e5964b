import type { Facts } from '../model/facts.js'
import type { Role } from '../model/cluster-node.js'
import { contains, parseCidr } from '../model/ipv4.js'
import type { Origin, Problem } from '../model/problem.js'
import { addressOf, hasUplink, isGiven, placeOf, textOf, type Values } from './values.js'

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
    ...lostWorkers(members),
    ...gatewayNodes(members),
    ...strangers(members),
  ]
}

interface Planned {
  readonly role: Role
  readonly values: Values
  readonly facts: Facts
}

/** What nodes that compute together have in common: MPI is of one architecture and release, and runs as one user. */
export function checkMpi(nodes: readonly Planned[]): Problem[] {
  const computing = nodes
    .filter(({ values }) => values.has('mpi') && textOf(values, 'mpi') !== 'none')
    .toSorted((a, b) => Number(b.role === 'master') - Number(a.role === 'master'))
  const systemOf = ({ facts }: Planned) => `${facts.release} ${facts.architecture}`
  const userOf = ({ values }: Planned) => textOf(values, 'user')
  const nameOf = ({ values }: Planned) => textOf(values, 'hostname')
  return [
    ...oddOnes(computing, systemOf).map(({ odd, other }) => {
      const what = `${nameOf(odd)} is ${systemOf(odd)}, and ${nameOf(other)} is ${systemOf(other)}: MPI does not run across them`
      return problem(
        odd.values,
        'hostname',
        what,
        `give it the image ${other.facts.file}, or write mpi = none for it`,
      )
    }),
    ...oddOnes(computing, userOf).map(({ odd, other }): Problem => {
      const what = `${nameOf(odd)} has the user ${userOf(odd)}, and ${nameOf(other)} ${userOf(other)}: ssh wants ${userOf(odd)}@${nameOf(odd)}, and MPI does not run across them`
      return {
        ...problem(odd.values, 'user', what, `user = ${userOf(other)} for all, or mpi = none for it`),
        severity: 'warning',
      }
    }),
  ]
}

/** The nodes that are not as most are, or as the first, each with one that is. */
function oddOnes(
  nodes: readonly Planned[],
  keyOf: (node: Planned) => string,
): { odd: Planned; other: Planned }[] {
  const counts = new Map<string, number>()
  for (const node of nodes) counts.set(keyOf(node), (counts.get(keyOf(node)) ?? 0) + 1)
  const countOf = (node: Planned) => counts.get(keyOf(node)) ?? 0
  const [other] = nodes.toSorted((a, b) => countOf(b) - countOf(a))
  if (other === undefined) return []
  return nodes.filter((node) => keyOf(node) !== keyOf(other)).map((odd) => ({ odd, other }))
}

/** Nodes that nothing leads to the internet: they would wait for it in their first boot; for the master's, with it. */
export function checkUplink(members: readonly Member[]): Problem[] {
  const lost = members.filter(({ values }) => !hasUplink(values) && textOf(values, 'gateway') === '')
  const masters = lost.filter(
    ({ role, values }) => role === 'master' && textOf(values, 'topology') === 'routed',
  )
  const others = lost.filter(({ values }) => textOf(values, 'topology') === 'backbone')
  const warn = ({ values }: Member, what: string, whom: string): Problem => {
    const hint = `give ${whom} wifi_ssid and wifi_country; or uplink = eth1, a second network card; or build with --packages-from bundle`
    return { severity: 'warning', where: originOf(values, 'hostname'), what, hint }
  }
  const names = others.map(({ values }) => textOf(values, 'hostname'))
  const some =
    names.length > 3
      ? `${names.length} nodes, such as ${names[0] ?? ''}, have`
      : `${names.join(', ')} ${names.length === 1 ? 'has' : 'have'}`
  return [
    ...masters.map((master) =>
      warn(
        master,
        'the master has no way to the internet: the nodes will wait for it in their first boot',
        'it',
      ),
    ),
    ...others
      .slice(0, 1)
      .map((node) =>
        warn(node, `${some} no way to the internet, and will wait for one in the first boot`, 'each node'),
      ),
  ]
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
  const lost = members.some(
    ({ values }) =>
      textOf(values, 'topology') === 'routed' && textOf(values, 'gateway') === '' && !hasUplink(values),
  )
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
      const key = !isGiven(values, 'address') ? 'network' : 'address'
      return [
        problem(values, key, what, `all nodes are in one network: network = ${at.network}/${at.prefix}`),
      ]
    })
}

/** A worker whose way to the internet is a master that has none for others, as it takes another computer's itself. */
function lostWorkers(members: readonly Member[]): Problem[] {
  const master = members.find(({ role }) => role === 'master')?.values
  const gateway = master === undefined ? '' : textOf(master, 'gateway')
  if (master === undefined || ['', 'none', addressOf(master)].includes(gateway)) return []
  return (
    members
      .filter(
        ({ role, values }) =>
          role === 'worker' && textOf(values, 'topology') === 'routed' && !hasUplink(values),
      )
      // To those that it gives addresses to, it names its own gateway.
      .filter(({ values }) => textOf(values, 'address') !== 'dhcp')
      .filter(({ values }) => ['', addressOf(master)].includes(textOf(values, 'gateway')))
      .map(({ values }) => {
        const what = `${textOf(values, 'hostname')} would go to the internet by ${textOf(master, 'hostname')}, which leads nowhere: its own gateway is ${gateway}`
        return problem(values, 'gateway', what, `gateway = ${gateway} is for all nodes, or for none`)
      })
  )
}

/** The others' gateway, which knows of another one itself. */
function gatewayNodes(members: readonly Member[]): Problem[] {
  const gateways = new Set(members.map(({ values }) => textOf(values, 'gateway')))
  return members
    .filter(({ role, values }) => role === 'worker' && gateways.has(addressOf(values)))
    .filter(({ values }) => addressOf(values) !== '' && addressOf(values) !== textOf(values, 'gateway'))
    .map(({ values }) => {
      const hint = 'a gateway is the master, or a computer outside of the cluster'
      return problem(values, 'address', `${addressOf(values)} is the gateway's address for others`, hint)
    })
}

/** What must be the same for all, or they do not find each other. */
function strangers(members: readonly Member[]): Problem[] {
  const first = members.find(({ role }) => role === 'master') ?? members[0]
  return ['topology', 'domain'].flatMap((name) =>
    members.flatMap(({ values }) => {
      const [common, own] = [first?.values ?? values, values].map((each) => textOf(each, name))
      // What was refused is told already.
      if (own === common || own === '' || common === '') return []
      const what = `${textOf(values, 'hostname')} has the ${name} ${own ?? ''}, and ${textOf(first?.values ?? values, 'hostname')} ${common ?? ''}`
      return [problem(values, name, what, `a cluster has one ${name}, for all nodes`)]
    }),
  )
}

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
    const [one, other] = [before, values].map((each) => textOf(each, 'hostname'))
    if (one === other && name !== 'hostname') return []
    // One value for many is told where it was given.
    const isMadeUp = givenOf(values, name) === undefined
    if (!isMadeUp && JSON.stringify(originOf(before, name)) === JSON.stringify(originOf(values, name)))
      return []
    const [holder, taker] = isMadeUp ? [other, one] : [one, other]
    const origin = originOf(isMadeUp ? before : values, name)
    const what =
      name === 'hostname'
        ? `two nodes are called ${key}`
        : `${taker ?? ''} has the ${name} ${key}, which ${holder ?? ''} has already`
    return [{ severity: 'error', where: origin, what, hint: `give one of them another ${name}` }]
  })
}

function problem(values: Values, name: string, what: string, hint: string): Problem {
  return { severity: 'error', where: originOf(values, name), what, hint }
}

function originOf(values: Values, name: string): Origin {
  return givenOf(values, name) ?? placeOf(values, name)
}

/** Where somebody gave a value, be it by reserving the address. */
function givenOf(values: Values, name: string): Origin | undefined {
  const names = name === 'address' ? ['reserved', 'address'] : [name]
  return names.map((each) => values.get(each)).find((each) => each?.by === 'given')?.origin
}
