import { isMaster, masterOf } from '../../model/cluster-node.js'
import { error, type Problem, warning } from '../../model/problem.js'
import { isIsolated, isProvidedFor, isProvider, masterProvides } from '../../model/topology.js'
import { addressOf, hasUplink, placeOf, textOf, topologyOf } from '../values.js'
import { namesOf, type Node, problem, toChange } from './rule.js'

/** Nodes without an internet connection: their first boot would wait for it. If the master has none, all nodes wait. */
export function checkUplink(members: readonly Node[]): Problem[] {
  const hasNone = ({ values }: Node) => textOf(values, 'gateway') === 'none'
  const lost = members.filter(
    (node) => !hasUplink(node.values) && (textOf(node.values, 'gateway') === '' || hasNone(node)),
  )
  const masters = lost.filter(({ role, values }) => isProvider(topologyOf(values), role))
  const others = lost
    .filter((node) => !masters.includes(node) && node.values.has('hostname'))
    .filter((node) => isIsolated(topologyOf(node.values)) || hasNone(node))
  const warn = ({ values }: Node, what: string, whom: string): Problem => {
    const hint = `set wifi_ssid and wifi_country for ${whom}; or uplink = eth1, a second network card; or build with --packages-from bundle`
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
        'the master has no internet connection: the nodes will wait for it in their first boot',
        'it',
      ),
    ),
    ...others
      .slice(0, 1)
      .map((node) =>
        warn(node, `${some} no internet connection, and will wait for one in the first boot`, 'each node'),
      ),
  ]
}

/** Only if workers need a master: in a routed cluster without another gateway. */
export function missingMaster(members: readonly Node[], file: string): Problem[] {
  if (members.some(isMaster)) return []
  const lost = members.some(
    ({ values }) =>
      masterProvides(topologyOf(values)) && textOf(values, 'gateway') === '' && !hasUplink(values),
  )
  const hint = 'add a section [master]; or gateway = …, if another computer is the gateway'
  return lost ? [error({ file }, 'there is no master', hint)] : []
}

/** Workers whose way to the internet is a master that has none for others, as it takes another computer's itself. */
export function lostWorkers(members: readonly Node[]): Problem[] {
  const master = masterOf(members)
  const gateway = master === undefined ? '' : textOf(master.values, 'gateway')
  if (master === undefined || ['', 'none', addressOf(master.values)].includes(gateway)) return []
  const lost = members
    .filter(({ role, values }) => isProvidedFor(topologyOf(values), role) && !hasUplink(values))
    // Its DHCP server announces its own gateway.
    .filter(({ values }) => textOf(values, 'address') !== 'dhcp')
    .filter(({ values }) => ['', addressOf(master.values)].includes(textOf(values, 'gateway')))
  const says = (nodes: readonly Node[], { values }: Node) => {
    const what = `${namesOf(nodes)} would use ${namesOf([master])} as gateway, but ${namesOf([master])} does not route: its own gateway is ${gateway}`
    return problem(values, 'gateway', what, `set gateway = ${gateway} for all nodes, or for none`)
  }
  const wrong = lost.filter((node) => toChange(node, master, ['gateway']) === node)
  const right = lost.filter((node) => !wrong.includes(node))
  return [...wrong.map((node) => says([node], node)), ...(right.length === 0 ? [] : [says(right, master)])]
}

/** A node that is the gateway of others but has another gateway itself. */
export function gatewayNodes(members: readonly Node[]): Problem[] {
  const gateways = new Set(members.map(({ values }) => textOf(values, 'gateway')))
  return members
    .filter(({ role, values }) => !isMaster({ role }) && gateways.has(addressOf(values)))
    .filter(({ values }) => addressOf(values) !== '' && addressOf(values) !== textOf(values, 'gateway'))
    .map(({ values }) => {
      const hint = 'a gateway must be the master, or a computer outside the cluster'
      return problem(values, 'address', `${addressOf(values)} is the gateway of other nodes`, hint)
    })
}
