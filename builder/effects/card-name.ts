import { type Problem, warning } from '../model/problem.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import { kernelWord } from './kernel-command-line.js'
import { nodeValue } from './node-value.js'

/** Names that systemd makes from a card's place: end0, enp1s0, wlx…; systemd.net-naming-scheme(7). */
const byPlace = /^(en|wl)[cdopsx]\w*$/
/** Names in the order in which the kernel finds the cards. */
const byKernel = /^(eth|wlan)\d+$/

/**
 * Cards can have the names that the node's values give. The first systemd.link(5) file that matches a card decides: one
 * of the base image's own, or the default one, unless that is masked or `net.ifnames=0` is on the kernel command line.
 */
export const cardName: Effect = (node) => [...nameProblem(node, 'interface'), ...nameProblem(node, 'uplink')]

function nameProblem(node: FinishedNode, variable: 'interface' | 'uplink'): Problem[] {
  const { facts, plan, root } = node
  const card = nodeValue(node, variable)
  if (!(usesKernelNames(node) ? byPlace : byKernel).test(card)) return []
  const links = root.names(folder).filter((name) => name.endsWith('.link'))
  if (links.some((name) => root.text(`${folder}/${name}`)?.includes(card) === true)) return []
  const origin = plan.values.get(variable)?.origin
  const where =
    origin === undefined || origin.isShipped === true ? { file: facts.file } : { key: variable, ...origin }
  const names = usesKernelNames(node) ? 'eth0, wlan0' : 'end0, enp1s0, wlx…'
  const hint = 'give the name that the card has on the node: ip -brief link shows it'
  return [warning(where, `${facts.file} gives network cards names such as ${names}, not ${card}`, hint)]
}

const folder = '/etc/systemd/network'

function usesKernelNames(node: FinishedNode): boolean {
  const isMasked = () => node.root.findLink(`${folder}/99-default.link`)?.target === '/dev/null'
  return node.facts.interfaceNames === 'kernel' || kernelWord(node, 'net.ifnames') === '0' || isMasked()
}
