import { error, type Problem, warning } from '../model/problem.js'
import { dhcpcdFile, hookSwitchedOff, optionsFor } from './dhcpcd-conf.js'
import { placeOfWord } from './asked-word.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import { kernelWord } from './kernel-command-line.js'
import { nodeValue } from './node-value.js'
import { rcLocalLine } from './rc-local.js'

/**
 * The node has its hostname. systemd takes, in this order, `systemd.hostname=` of the kernel command line
 * (kernel-command-line(7)), /etc/hostname (hostname(5)), `DEFAULT_HOSTNAME=` of os-release(5). A DHCP server's name
 * replaces it only by `env force_hostname` of dhcpcd (dhcpcd.conf(5), hook 30-hostname), unless `nohook hostname` stops the
 * hook; NetworkManager sets none while /etc/hostname has one (NetworkManager.conf(5), `hostname-mode`). Last comes what
 * /etc/rc.local sets.
 */
export const hostname: Effect = (node) => [...byKernel(node), ...byServer(node), ...byRcLocal(node)]

function byKernel(node: FinishedNode): Problem[] {
  const { plan } = node
  const forced = kernelWord(node, 'systemd.hostname')
  if (forced === undefined || forced === plan.hostname) return []
  const what = `the kernel command line names the node ${forced}, not ${plan.hostname}`
  const place = placeOfWord(node, `systemd.hostname=${forced}`)
  return [error(place, what, 'remove systemd.hostname= from kernel_args')]
}

/** Of any card: each can get a name from a server. The last value counts. */
function byServer(node: FinishedNode): Problem[] {
  const { root, facts } = node
  if (facts.networkStack !== 'dhcpcd') return []
  const card = nodeValue(node, 'interface')
  const last = optionsFor(root, card).findLast(({ text }) => /^env\s+force_hostname=/.test(text))
  if (last === undefined || !/=(yes|true|1)$/i.test(last.text)) return []
  if (hookSwitchedOff(root, 'hostname', card) !== undefined) return []
  const hint = 'remove the line with force_hostname from the base image'
  return [error(root.place(dhcpcdFile, last.line), 'dhcpcd lets the DHCP server name the node', hint)]
}

function byRcLocal({ root }: FinishedNode): Problem[] {
  const found = rcLocalLine(root, /\b(hostname\s+[^-\s]|hostnamectl\s+(set-)?hostname\s+\S)/)
  if (found === undefined) return []
  const what = `"${found.text}" names the node`
  return [warning(root.place(found.path, found.line), what, 'remove this line from the base image')]
}
