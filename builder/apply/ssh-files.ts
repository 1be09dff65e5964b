import { knownHostsFile, sshConfigFile } from '../load/state.js'
import type { SshKey } from '../model/ssh/ssh-key.js'
import { replaceOwn } from './save-state.js'

/** Writes the settings of ssh on this computer for the nodes, if they differ. */
export async function writeSshConfig(folder: string, text: string): Promise<void> {
  await replaceOwn(folder, sshConfigFile, text)
}

/** The authority that certifies the hosts of the cluster; sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". */
export async function writeKnownHosts(folder: string, { publicKey }: SshKey): Promise<void> {
  await replaceOwn(folder, knownHostsFile, `@cert-authority * ${publicKey}\n`)
}
