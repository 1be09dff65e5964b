import { type Problem, warning } from '../model/problem.js'
import { keyfileValue } from '../model/keyfile.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import type { FinishedTree } from './finished-tree.js'
import { kernelWord } from './kernel-command-line.js'
import { keyfileOf } from './nm-config.js'
import { networkdFiles } from './networkd.js'
import { nodeValue } from './node-value.js'

/** Names that systemd makes from a card's place: end0, enp1s0, wlx…; systemd.net-naming-scheme(7). */
const byPlace = /^(en|wl)[cdopsx]\w*$/
/** Names in the order in which the kernel finds the cards. */
const byKernel = /^(eth|wlan)\d+$/

/**
 * Cards can have the names that the node's values give. In this order: a rule of udev with `NAME=` (udev(7)); the first
 * systemd.link(5) file that matches a card, with `Name=`, or with `NamePolicy=` unless `net.ifnames=0` is on the kernel
 * command line (kernel-command-line(7)) or udev's 80-net-setup-link.rules is masked; such as Debian's for USB cards
 * (73-usb-net-by-mac.link), and the default one (99-default.link), each unless it is masked; else the kernel's name.
 */
export const cardName: Effect = (node) => [...nameProblem(node, 'interface'), ...nameProblem(node, 'uplink')]

function nameProblem(node: FinishedNode, variable: 'interface' | 'uplink'): Problem[] {
  const { facts, plan, root } = node
  const card = nodeValue(node, variable)
  const isUsb = usesKernelNames(node) && /^eth[1-9]$/.test(card) && namesUsbByMac(node)
  if (!isUsb && !(usesKernelNames(node) ? byPlace : byKernel).test(card)) return []
  if (isGiven(root, card)) return []
  const origin = plan.values.get(variable)?.origin
  const where =
    origin === undefined || origin.isShipped === true ? { file: facts.file } : { key: variable, ...origin }
  const names = isUsb ? 'enx…, for USB' : usesKernelNames(node) ? 'eth0, wlan0' : 'end0, enp1s0, wlx…'
  const hint = isUsb
    ? 'give the name that ip -brief link shows on the node; or set kernel_args = net.ifnames=0'
    : 'give the name that the card has on the node: ip -brief link shows it'
  return [warning(where, `${facts.file} gives network cards names such as ${names}, not ${card}`, hint)]
}

/** Whether a file of the base image gives a card this name. */
function isGiven(root: FinishedTree, card: string): boolean {
  const byLink = networkdFiles(root, '.link').some((path) => {
    const content = root.content(path)
    return content !== undefined && keyfileValue(keyfileOf(content), 'Link', 'Name') === card
  })
  const rules = '/etc/udev/rules.d'
  const rule = new RegExp(`^[^#]*\\bNAME:?="${card}"`, 'm')
  return byLink || root.names(rules).some((name) => rule.test(root.text(`${rules}/${name}`) ?? ''))
}

function usesKernelNames(node: FinishedNode): boolean {
  return node.facts.interfaceNames === 'kernel' || hasNoPolicy(node) || isMasked(node.root, '99-default.link')
}

function namesUsbByMac(node: FinishedNode): boolean {
  const name = '73-usb-net-by-mac.link'
  const isThere = networkdFiles(node.root, '.link').some((path) => path.endsWith(`/${name}`))
  return isThere && !hasNoPolicy(node) && !isMasked(node.root, name)
}

function hasNoPolicy(node: FinishedNode): boolean {
  const rules = '/etc/udev/rules.d/80-net-setup-link.rules'
  return kernelWord(node, 'net.ifnames') === '0' || node.root.findLink(rules)?.target === '/dev/null'
}

function isMasked(root: FinishedTree, name: string): boolean {
  return root.findLink(`/etc/systemd/network/${name}`)?.target === '/dev/null'
}
