import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ownKeyFiles } from '../load/own-keys.js'
import { readMembers } from '../load/remembered.js'
import { knownHostsFile, loginKeyFile, stateFolder } from '../load/state.js'
import type { Place } from '../model/place.js'
import { clusterOf } from '../plan/addresses.js'
import { type Reachable, sshConfig } from '../plan/desk/ssh-config.js'
import { textOf, topologyOf } from '../plan/values.js'

/** The nodes whose cards were built in a folder, as this computer reaches them. */
export function reachableNodes(folder: string): Reachable[] {
  const members = readMembers(folder)
  return clusterOf(members).map((node, index) => {
    const member = members[index]
    if (member === undefined) throw new Error('a node is missing')
    return { ...node, user: textOf(member.values, 'user'), topology: topologyOf(member.values) }
  })
}

/** What ssh on this computer has to know of those nodes: the text of an ssh_config(5). */
export function sshConfigOf({ folder, home }: Place, nodes: readonly Reachable[]): string {
  const hidden = stateFolder(folder)
  const own = join(hidden, loginKeyFile)
  const identities = [...(existsSync(own) ? [own] : []), ...ownKeyFiles(home)]
  return sshConfig(nodes, { knownHosts: join(hidden, knownHostsFile), identities })
}
