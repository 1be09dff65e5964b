import { knownHostsFile, sshConfigFile } from '../load/state.js'
import type { SshKey } from '../model/ssh/ssh-key.js'
import { replaceOwn } from './save-state.js'

/** Writes what ssh on this computer is told of the nodes; only where it differs. */
export async function writeSshConfig(folder: string, text: string): Promise<void> {
  await replaceOwn(folder, sshConfigFile, text)
}

/** Which authority vouches for the hosts of the cluster; sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". */
export async function writeKnownHosts(folder: string, { publicKey }: SshKey): Promise<void> {
  await replaceOwn(folder, knownHostsFile, `@cert-authority * ${publicKey}\n`)
}
