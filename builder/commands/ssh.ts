import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runningEmulation, type RunningEmulation } from '../emulate/running.js'
import { StepError, UserError } from '../errors.js'
import { firstToAnswer } from '../host/reach.js'
import { report } from '../host/report.js'
import { runInTerminal } from '../host/start.js'
import { tools } from '../host/tools.js'
import { didYouMean } from '../load/nearest.js'
import { knownHostsFile, readState, sshConfigFile, stateFolder } from '../load/state.js'
import { isReachedByName, jumpOf, type Reachable, wiredName } from '../plan/desk/ssh-config.js'
import { reachableNodes, writeKnownHosts, writeSshConfig } from './ssh-files.js'

/** `piimg ssh [NODE] [WORD…]`: the system's ssh with what it has to know of the cluster. @returns its exit code */
export async function ssh(wanted: string | undefined, words: readonly string[]): Promise<number> {
  const folder = process.cwd()
  const nodes = reachableNodes(folder)
  const node = chooseNode(nodes, wanted)
  await writeSshConfig(folder, nodes)
  const authority = readState(folder)?.authority
  if (authority !== undefined && !existsSync(join(stateFolder(folder), knownHostsFile)))
    await writeKnownHosts(folder, authority)
  const step = `log in to ${node.hostname}`
  // In that folder, as ssh hands the path on to the jump host's ssh without quotes.
  const config = join('.piimg', sshConfigFile)
  const running = runningEmulation(stateFolder(folder))
  const way =
    running === undefined ? await wayTo(node, nodes, step) : wayToEmulated(node, nodes, running, config)
  const args = ['-F', config, ...way, ...words]
  return (await runInTerminal({ tool: tools.ssh, args, step, cwd: folder })) ?? 255
}

/** The words for ssh that lead to a node: by the master's name in its uplink's network, or by its cable. */
async function wayTo(node: Reachable, nodes: readonly Reachable[], step: string): Promise<string[]> {
  const entrance = jumpOf(node, nodes) ?? node
  if (!isReachedByName(entrance) || entrance.ip === '') return [node.hostname]
  const name = `${entrance.hostname}.local`
  const reached = await firstToAnswer([name, entrance.ip], sshPort, patience)
  if (reached === undefined) throw unreachable(entrance, step)
  report.debug(`${reached} answers`)
  if (reached === name) return [node.hostname]
  return node === entrance ? [wiredName(entrance)] : ['-o', `ProxyJump=${wiredName(entrance)}`, node.hostname]
}

/** The words that lead to a node of the cluster that piimg emulates on this computer, by way of its master. */
function wayToEmulated(
  node: Reachable,
  nodes: readonly Reachable[],
  { sshPort: port }: RunningEmulation,
  config: string,
): string[] {
  report.note('this is the emulated cluster')
  const entrance = jumpOf(node, nodes) ?? node
  if (entrance === node) return ['-o', 'HostName=127.0.0.1', '-p', String(port), node.hostname]
  const jump = `ssh -F ${config} -o HostName=127.0.0.1 -p ${port} -W %h:%p ${entrance.hostname}`
  return ['-o', 'ProxyJump=none', '-o', `ProxyCommand=${jump}`, node.hostname]
}

const sshPort = 22
/** Milliseconds. */
const patience = 3000

function unreachable({ hostname, ip }: Reachable, step: string): StepError {
  return new StepError({
    step,
    reason: `neither ${hostname}.local nor ${ip} answers on port ${sshPort}`,
    hint:
      `is ${hostname} on, and has it had two minutes? This computer has to be in the network of its Wi-Fi or second card; ` +
      `or at the cluster's switch, with an address beside ${ip}: that helps where the Wi-Fi's password was wrong. ` +
      `piimg.txt on the boot partition of its card says how far it came`,
  })
}

function chooseNode(nodes: readonly Reachable[], wanted: string | undefined): Reachable {
  const refuse = (what: string, hint: string) =>
    new UserError([{ severity: 'error', where: { file: 'command line', key: 'NODE' }, what, hint }])
  const names = nodes.map(({ hostname }) => hostname)
  if (nodes.length === 0)
    throw refuse(
      'no card was built in this folder yet',
      'piimg build makes some; or go to where you did that',
    )
  const found = nodes.find((node) =>
    wanted === undefined
      ? node.role === 'master'
      : [node.hostname, node.fqdn, ...node.aliases].includes(wanted),
  )
  if (found !== undefined) return found
  if (wanted === undefined) throw refuse('which node?', `cards were built of ${names.join(', ')}`)
  throw refuse(`no card of "${wanted}" was built in this folder`, didYouMean(wanted, names))
}
