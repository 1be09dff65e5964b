import { keyfileValue } from '../model/keyfile.js'
import { error, type Problem } from '../model/problem.js'
import { wildcard } from '../model/wildcard.js'
import { addressOnDhcpcd } from './address-dhcpcd.js'
import { addressOnNetworkManager } from './address-nm.js'
import type { FinishedNode } from './finished-node.js'
import { forSameNetwork } from './for-same-network.js'
import { claimOf, interfacesLines } from './interfaces-file.js'
import { commandLineFile, kernelWord } from './kernel-command-line.js'
import { keyfileOf } from './nm-config.js'
import { nodeValue } from './node-value.js'

/**
 * The node has its address on its card. In this order: the kernel's own `ip=` (nfsroot.rst of the kernel), as
 * NetworkManager keeps a card that has an address already; ifupdown (interfaces(5)), whose cards NetworkManager leaves
 * alone; netplan (netplan-yaml(5)), which writes files for NetworkManager before it starts; systemd-networkd
 * (systemd.network(5), the first file that matches), if it is enabled; then NetworkManager or dhcpcd.
 */
export const address = forSameNetwork((node) => {
  const card = nodeValue(node, 'interface')
  const isNetworkManager = node.facts.networkStack === 'networkmanager'
  return [
    ...byKernel(node, card),
    ...byIfupdown(node, card),
    ...byNetworkd(node, card),
    ...(isNetworkManager ? addressOnNetworkManager(node, card) : addressOnDhcpcd(node, card)),
  ]
})

/** `ip=CLIENT:SERVER:GATEWAY:NETMASK:HOSTNAME:DEVICE:METHOD`, or a method alone; a root on NFS needs it. */
function byKernel(node: FinishedNode, card: string): Problem[] {
  const word = kernelWord(node, 'ip')
  if (word === undefined || /^(off|none|)$/.test(word) || kernelWord(node, 'root') === '/dev/nfs') return []
  const [client = '', , , , , device = '', method = ''] = word.split(':')
  const isOff = client === '' && /^(off|none)$/.test(method)
  if (isOff || ![card, ''].includes(device)) return []
  const what = `ip=${word} gives ${card} an address before the node sets its own`
  return [
    error(node.boot.place(commandLineFile(node), 1), what, 'remove ip= from cmdline.txt of the base image'),
  ]
}

function byIfupdown({ root }: FinishedNode, card: string): Problem[] {
  const claim = claimOf(interfacesLines(root), card)
  if (claim === undefined) return []
  const { path, line, words } = claim
  const what = `"${words.join(' ')}" gives ${card} to ifupdown`
  return [
    error(root.place(path, line), what, 'remove this line from the base image, or use another interface'),
  ]
}

/** The first file that matches a card decides; piimg's own file is 00-piimg.network. */
function byNetworkd({ root, facts }: FinishedNode, card: string): Problem[] {
  if (!facts.tags.networkd) return []
  return ['/etc/systemd/network', '/usr/lib/systemd/network'].flatMap((folder) =>
    root.names(folder).flatMap((name) => {
      const path = `${folder}/${name}`
      const content = name.endsWith('.network') && name < '00-piimg.network' ? root.content(path) : undefined
      if (content === undefined) return []
      const names = keyfileValue(keyfileOf(content), 'Match', 'Name') ?? '*'
      if (!names.split(/\s+/).some((pattern) => wildcard(pattern).test(card))) return []
      const what = `systemd-networkd configures ${card} by ${name}`
      return [
        error(root.place(path), what, 'remove this file from the base image, or disable systemd-networkd'),
      ]
    }),
  )
}
