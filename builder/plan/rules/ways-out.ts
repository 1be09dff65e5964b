import { isMaster, masterOf } from '../../model/cluster-node.js'
import { error, type Problem, warning } from '../../model/problem.js'
import { isIsolated, isProvidedFor, isProvider, masterProvides } from '../../model/topology.js'
import { addressOf, hasUplink, placeOf, textOf, topologyOf } from '../values.js'
import { namesOf, type Node, problem, toChange } from './rule.js'

/** Nodes that nothing leads to the internet: they would wait for it in their first boot; for the master's, with it. */
export function checkUplink(members: readonly Node[]): Problem[] {
  const lost = members.filter(({ values }) => !hasUplink(values) && textOf(values, 'gateway') === '')
  const masters = lost.filter(({ role, values }) => isProvider(topologyOf(values), role))
  const others = lost.filter(({ values }) => isIsolated(topologyOf(values)) && values.has('hostname'))
  const warn = ({ values }: Node, what: string, whom: string): Problem => {
    const hint = `give ${whom} wifi_ssid and wifi_country; or uplink = eth1, a second network card; or build with --packages-from bundle`
    return warning(placeOf(values, 'hostname'), what, hint)
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

/** Only where workers look for it: in a routed cluster, without another gateway. */
export function missingMaster(members: readonly Node[], file: string): Problem[] {
  if (members.some(isMaster)) return []
  const lost = members.some(
    ({ values }) =>
      masterProvides(topologyOf(values)) && textOf(values, 'gateway') === '' && !hasUplink(values),
  )
  const hint = 'write a section [master]; or gateway = …, if another computer is the way to the internet'
  return lost ? [error({ file }, 'there is no master', hint)] : []
}

/** Workers whose way to the internet is a master that has none for others, as it takes another computer's itself. */
export function lostWorkers(members: readonly Node[]): Problem[] {
  const master = masterOf(members)
  const gateway = master === undefined ? '' : textOf(master.values, 'gateway')
  if (master === undefined || ['', 'none', addressOf(master.values)].includes(gateway)) return []
  const lost = members
    .filter(({ role, values }) => isProvidedFor(topologyOf(values), role) && !hasUplink(values))
    // To those that it gives addresses to, it names its own gateway.
    .filter(({ values }) => textOf(values, 'address') !== 'dhcp')
    .filter(({ values }) => ['', addressOf(master.values)].includes(textOf(values, 'gateway')))
  const says = (nodes: readonly Node[], { values }: Node) => {
    const what = `${namesOf(nodes)} would go to the internet by ${namesOf([master])}, which leads nowhere: its own gateway is ${gateway}`
    return problem(values, 'gateway', what, `gateway = ${gateway} is for all nodes, or for none`)
  }
  const wrong = lost.filter((node) => toChange(node, master, ['gateway']) === node)
  const right = lost.filter((node) => !wrong.includes(node))
  return [...wrong.map((node) => says([node], node)), ...(right.length === 0 ? [] : [says(right, master)])]
}

/** The others' gateway, which knows of another one itself. */
export function gatewayNodes(members: readonly Node[]): Problem[] {
  const gateways = new Set(members.map(({ values }) => textOf(values, 'gateway')))
  return members
    .filter(({ role, values }) => !isMaster({ role }) && gateways.has(addressOf(values)))
    .filter(({ values }) => addressOf(values) !== '' && addressOf(values) !== textOf(values, 'gateway'))
    .map(({ values }) => {
      const hint = 'a gateway is the master, or a computer outside of the cluster'
      return problem(values, 'address', `${addressOf(values)} is the gateway's address for others`, hint)
    })
}
