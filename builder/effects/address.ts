import { error, type Problem, warning } from '../model/problem.js'
import { wildcard } from '../model/wildcard.js'
import { addressOnDhcpcd } from './address-dhcpcd.js'
import { addressOnNetworkManager } from './address-nm.js'
import { placeOfWord } from './asked-word.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import { claimOf, interfacesLines } from './interfaces-file.js'
import { kernelWord } from './kernel-command-line.js'
import { byNetworkd } from './networkd.js'
import { nodeValue } from './node-value.js'
import { rcLocalLine } from './rc-local.js'
import { enabledBy, maskOf } from './units.js'

/**
 * The node has its address on its card. In this order: the kernel's own `ip=`, or `nfsaddrs=` (nfsroot.rst of the kernel),
 * as NetworkManager keeps a card that has an address already; ifupdown (interfaces(5)), whose cards NetworkManager leaves
 * alone; netplan (netplan-yaml(5)), which writes files for NetworkManager before it starts; systemd-networkd
 * (systemd.network(5)), if it is enabled; then NetworkManager or dhcpcd, unless its unit is masked (systemd.unit(5)), and
 * beside it connman or a second dhcpcd, if enabled; at the end of the boot /etc/rc.local.
 */
export const address: Effect = (node) => {
  const card = nodeValue(node, 'interface')
  const isNetworkManager = node.facts.networkStack === 'networkmanager'
  return [
    ...byKernel(node, card),
    ...byIfupdown(node, card),
    ...byNetworkd(node, card),
    ...byMask(node, card),
    ...(isNetworkManager ? bySecondDhcpcd(node, card) : []),
    ...byConnman(node, card),
    ...byRcLocal(node, card),
  ]
}

/** The part of it that NetworkManager or dhcpcd decide, with the node's own settings. */
export const addressBySettings: Effect = (node) => {
  const card = nodeValue(node, 'interface')
  return node.facts.networkStack === 'networkmanager'
    ? addressOnNetworkManager(node, card)
    : addressOnDhcpcd(node, card)
}

/** `ip=CLIENT:SERVER:GATEWAY:NETMASK:HOSTNAME:DEVICE:METHOD`, or a method alone; a root on NFS needs it. */
function byKernel(node: FinishedNode, card: string): Problem[] {
  const name = kernelWord(node, 'ip') === undefined ? 'nfsaddrs' : 'ip'
  const word = kernelWord(node, name)
  if (word === undefined || /^(off|none|)$/.test(word) || kernelWord(node, 'root') === '/dev/nfs') return []
  const [client = '', , , , , device = '', method = ''] = word.split(':')
  const isOff = client === '' && /^(off|none)$/.test(method)
  if (isOff || ![card, ''].includes(device)) return []
  const what = `${name}=${word} gives ${card} an address before the node sets its own`
  return [error(placeOfWord(node, `${name}=${word}`), what, `remove ${name}= from kernel_args`)]
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

function byMask({ root, facts }: FinishedNode, card: string): Problem[] {
  const unit = facts.networkStack === 'networkmanager' ? 'NetworkManager.service' : 'dhcpcd.service'
  const mask = maskOf(root, unit)
  if (mask === undefined) return []
  const what = `${unit} is masked, and nothing gives ${card} its address`
  return [error(root.place('/etc/systemd/system'), what, `run in the base image: systemctl unmask ${unit}`)]
}

/** A second program that asks for an address, unless its own configuration leaves the card out. */
function bySecondDhcpcd({ root }: FinishedNode, card: string): Problem[] {
  const unit = enabledBy(root, 'dhcpcd.service')
  if (unit === undefined) return []
  const denied = [...(root.text('/etc/dhcpcd.conf') ?? '').matchAll(/^\s*denyinterfaces\s+(.*)$/gm)]
  const patterns = denied.flatMap(([, names = '']) => names.split(/[\s,]+/))
  if (patterns.some((pattern) => wildcard(pattern).test(card))) return []
  const what = `dhcpcd configures ${card} too, beside NetworkManager`
  return [error(root.place(unit), what, 'disable dhcpcd.service in the base image')]
}

function byConnman({ root }: FinishedNode, card: string): Problem[] {
  const unit = enabledBy(root, 'connman.service')
  const what = `connman configures ${card} too`
  return unit === undefined
    ? []
    : [error(root.place(unit), what, 'disable connman.service in the base image')]
}

/** Commands that change the addresses of a card; `iwconfig wlan0 power off` and the like do not. */
function byRcLocal({ root }: FinishedNode, card: string): Problem[] {
  const by = [
    `ifconfig\\s+${card}\\s+(down|\\d|inet)`,
    `ip\\s+(-\\S+\\s+)*(a|addr|address)\\s+(add|del|delete|flush|replace|change)\\s.*\\b${card}\\b`,
    `ip\\s+link\\s+set\\s+(dev\\s+)?${card}\\s+down`,
    `(dhclient|udhcpc|dhcpcd|ifup|ifdown)\\s(.*\\s)?${card}\\b`,
  ]
  const found = rcLocalLine(root, new RegExp(`\\b(${by.join('|')})`))
  if (found === undefined) return []
  const what = `"${found.text}" changes the addresses of ${card}`
  return [warning(root.place(found.path, found.line), what, 'remove this line from the base image')]
}
