import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { writeKnownHosts, writeSshConfig } from '../apply/ssh-files.js'
import { runInTerminal } from '../host/start.js'
import { tools } from '../host/tools.js'
import { knownHostsFile, readState, sshConfigFile, stateFolder } from '../load/state.js'
import type { Place } from '../model/place.js'
import { reachableNodes, sshConfigOf } from '../resolve/reachable.js'
import { chooseNode, wayTo } from '../resolve/ssh-way.js'

/** `piimg ssh [NODE] [WORD…]`: runs the system's ssh with the configuration of the cluster. @returns its exit code */
export async function ssh(
  place: Place,
  wanted: string | undefined,
  words: readonly string[],
): Promise<number> {
  const { folder } = place
  const nodes = reachableNodes(folder)
  const node = chooseNode(nodes, wanted)
  await writeSshConfig(folder, sshConfigOf(place, nodes))
  const authority = readState(folder)?.authority
  if (authority !== undefined && !existsSync(join(stateFolder(folder), knownHostsFile)))
    await writeKnownHosts(folder, authority)
  const step = `log in to ${node.hostname}`
  // In that folder, because ssh passes the path to the jump host's ssh without quotes.
  const config = join('.piimg', sshConfigFile)
  const way = await wayTo(node, nodes, { folder, config, step })
  const args = ['-F', config, ...way, ...words]
  return (await runInTerminal({ tool: tools.ssh, args, step, cwd: folder })) ?? 255
}
