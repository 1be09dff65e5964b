import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { replaceOwn } from '../apply/save-state.js'
import { type Remembered, readMembers } from '../load/remembered.js'
import { knownHostsFile, loginKeyFile, ownKeyFiles, sshConfigFile, stateFolder } from '../load/state.js'
import type { SshKey } from '../model/ssh/ssh-key.js'
import { clusterOf } from '../plan/addresses.js'
import { type Reachable, sshConfig } from '../plan/desk/ssh-config.js'

/** The nodes whose cards were built in a folder, as this computer reaches them. */
export function reachableNodes(folder: string): Reachable[] {
  const members = readMembers(folder)
  const text = ({ values }: Remembered, name: string) => values.get(name)?.value ?? ''
  return clusterOf(members).map((node, index) => {
    const member = members[index]
    if (member === undefined) throw new Error('a node is missing')
    return { ...node, user: text(member, 'user'), topology: text(member, 'topology') }
  })
}

/** Those in whose place others are that were built now: a node that got a new name has the address of the old one. */
export function replacedNodes(nodes: readonly Reachable[], built: readonly string[]): Reachable[] {
  const now = nodes.filter(({ hostname }) => built.includes(hostname))
  return nodes.filter(({ hostname, role, ip }) => {
    const isInPlace = (node: Reachable) =>
      (role === 'master' && node.role === 'master') || (ip !== '' && node.ip === ip)
    return !built.includes(hostname) && now.some(isInPlace)
  })
}

/** What ssh on this computer is told of those nodes; written anew only where it differs. */
export async function writeSshConfig(folder: string, nodes: readonly Reachable[]): Promise<void> {
  const own = join(stateFolder(folder), loginKeyFile)
  const identities = [...(existsSync(own) ? [own] : []), ...ownKeyFiles()]
  const knownHosts = join(stateFolder(folder), knownHostsFile)
  await replaceOwn(folder, sshConfigFile, sshConfig(nodes, { knownHosts, identities }))
}

/** Which authority vouches for the hosts of the cluster; sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". */
export async function writeKnownHosts(folder: string, { publicKey }: SshKey): Promise<void> {
  await replaceOwn(folder, knownHostsFile, `@cert-authority * ${publicKey}\n`)
}
