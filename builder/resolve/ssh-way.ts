import { runningEmulation } from '../emulate/running.js'
import { StepError, UserError } from '../errors.js'
import { firstToAnswer } from '../host/reach.js'
import { report } from '../host/report.js'
import { didYouMean } from '../load/nearest.js'
import { stateFolder } from '../load/state.js'
import { isMaster } from '../model/cluster-node.js'
import { isReachedByName, jumpOf, type Reachable, wiredName } from '../plan/desk/ssh-config.js'
import { commandLine, error } from '../model/problem.js'

const sshPort = 22
/** Milliseconds. */
const patience = 3000

/** The node that is meant; the master if none is named. @throws {UserError} */
export function chooseNode(nodes: readonly Reachable[], wanted: string | undefined): Reachable {
  const refuse = (what: string, hint: string) => new UserError([error(commandLine('NODE'), what, hint)])
  const names = nodes.map(({ hostname }) => hostname)
  if (nodes.length === 0)
    throw refuse(
      'no card was built in this folder yet',
      'run "piimg build" first, or change to the folder where you built the cards',
    )
  const isWanted = (node: Reachable) =>
    wanted === undefined ? isMaster(node) : [node.hostname, node.fqdn, ...node.aliases].includes(wanted)
  const found = nodes.find(isWanted)
  if (found !== undefined) return found
  if (wanted === undefined) throw refuse('which node?', `cards were built for ${names.join(', ')}`)
  throw refuse(`no card for "${wanted}" was built in this folder`, didYouMean(wanted, names))
}

/**
 * The words for ssh that lead to a node: to one that piimg emulates on this computer, or by the master's name in its
 * uplink's network, or by its cable.
 * @param folder of the cluster
 * @param config the path of ssh_config, as ssh gets it
 * @throws {StepError} where nothing answers
 */
export async function wayTo(
  node: Reachable,
  nodes: readonly Reachable[],
  { folder, config, step }: { readonly folder: string; readonly config: string; readonly step: string },
): Promise<string[]> {
  const entrance = jumpOf(node, nodes) ?? node
  const running = runningEmulation(stateFolder(folder))
  if (running !== undefined) return wayToEmulated(node, entrance, running.sshPort, config)
  if (!isReachedByName(entrance) || entrance.ip === '') return [node.hostname]
  const name = `${entrance.hostname}.local`
  const reached = await firstToAnswer([name, entrance.ip], sshPort, patience)
  if (reached === undefined) throw unreachable(entrance, step)
  report.debug(`${reached} answers`)
  if (reached === name) return [node.hostname]
  return node === entrance ? [wiredName(entrance)] : ['-o', `ProxyJump=${wiredName(entrance)}`, node.hostname]
}

/** By way of the emulated master, which a port of this computer leads to. */
function wayToEmulated(node: Reachable, entrance: Reachable, port: number, config: string): string[] {
  report.note('this is the emulated cluster')
  if (entrance === node) return ['-o', 'HostName=127.0.0.1', '-p', String(port), node.hostname]
  const jump = `ssh -F ${config} -o HostName=127.0.0.1 -p ${port} -W %h:%p ${entrance.hostname}`
  return ['-o', 'ProxyJump=none', '-o', `ProxyCommand=${jump}`, node.hostname]
}

function unreachable({ hostname, ip }: Reachable, step: string): StepError {
  return new StepError({
    step,
    reason: `neither ${hostname}.local nor ${ip} answers on port ${sshPort}`,
    hint:
      `switch ${hostname} on and wait two minutes. This computer must be in the network of its Wi-Fi or second card, ` +
      `or connected to the cluster's switch, with an address next to ${ip} (if the Wi-Fi password was wrong). ` +
      `piimg.txt on the boot partition of its card shows how far it got`,
  })
}
