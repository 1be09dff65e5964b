import { type Problem, warning } from '../model/problem.js'
import { dhcpcdFile, hookSwitchedOff, optionsFor } from './dhcpcd-conf.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import { nodeValue } from './node-value.js'
import { nmConfig, type Setting } from './nm-config.js'
import { enabledBy } from './units.js'

const file = '/etc/resolv.conf'
const hint = 'make it an empty file in the base image'
const remove = 'remove the line from the base image'

/**
 * The C library asks the name servers that the network gives: they reach /etc/resolv.conf. It can be a link, which only
 * its own program writes, or immutable (chattr(1)), which stops all. Then NetworkManager decides by `dns`, `rc-manager` and
 * `[global-dns-domain-*]` (NetworkManager.conf(5)), dhcpcd by its hook 20-resolv.conf, /etc/resolv.conf.head, and a value
 * for all cards (dhcpcd.conf(5)). Both leave the file to resolvconf where that is installed (resolvconf.conf(5) of
 * openresolv; resolvconf(8) of Debian, which writes through its link only).
 */
export const resolver: Effect = (node) => {
  const { root, base, facts } = node
  const link = root.findLink(file)
  if (link?.kind === 'symlink') {
    const target = `/${(link.target ?? '').replace(/^(\.\.)?\//, '')}`
    if (!isWritten(node, target))
      return [warning(root.place(file), `it is a link to ${target}, which no program writes here`, hint)]
  } else if (link?.isPlanned !== true && base.stat(file)?.isImmutable === true)
    return [warning(root.place(file), 'it is immutable: it keeps its name servers', 'run chattr -i on it')]
  return [
    ...(facts.networkStack === 'dhcpcd' ? byDhcpcd(node) : byNetworkManager(node, link?.kind === 'symlink')),
    ...byResolvconf(node, link?.kind === 'symlink'),
  ]
}

const isResolved = (target: string): boolean => /^\/(run|usr\/lib|lib)\/systemd\//.test(target)

function isWritten({ root, facts }: FinishedNode, target: string): boolean {
  if (target.startsWith('/run/NetworkManager/')) return facts.networkStack === 'networkmanager'
  if (/^\/(run|etc)\/resolvconf\//.test(target))
    return facts.packages.has('resolvconf') || facts.packages.has('openresolv')
  if (isResolved(target))
    return (
      enabledBy(root, 'systemd-resolved.service') !== undefined ||
      root.findLink('/etc/systemd/system/dbus-org.freedesktop.resolve1.service') !== undefined
    )
  // dhcpcd writes through a link.
  return facts.networkStack === 'dhcpcd' && root.find(target)?.kind === 'file'
}

function byDhcpcd(node: FinishedNode): Problem[] {
  const { root, facts } = node
  const card = nodeValue(node, 'interface')
  const off = hookSwitchedOff(root, 'resolv.conf', card)
  const options = optionsFor(root, card)
  const script = options.find(({ text }) => /^script\s/.test(text))
  const servers = options.find(({ text }) => /^static\s+domain_name_servers=/.test(text))
  const none = options.find(({ text }) => /^nooption\s.*\bdomain_name_servers\b/.test(text))
  const isResolvconf = facts.packages.has('openresolv') || facts.packages.has('resolvconf')
  const head = isResolvconf ? undefined : serverLine(root.text(`${file}.head`))
  const stopped = 'dhcpcd does not write the name servers into resolv.conf'
  const by = (option: typeof off, what: string, how = remove) =>
    option === undefined ? [] : [warning(root.place(dhcpcdFile, option.line), what, how)]
  return [
    ...by(off, stopped, 'remove resolv.conf from nohook in the base image'),
    ...by(script, `${stopped}: ${script?.text ?? ''}`),
    ...by(
      isOwnServers(node) ? undefined : servers,
      `${servers?.text ?? ''} replaces the network's name servers`,
    ),
    ...by(
      isOwnServers(node) ? undefined : none,
      `"${none?.text ?? ''}" leaves the network's name servers out`,
    ),
    ...(head === undefined
      ? []
      : [warning(root.place(`${file}.head`, head), "these name servers come before the network's", remove)]),
  ]
}

/** Whether the plan's own section of the card names them: a later value replaces an earlier one. */
function isOwnServers(node: FinishedNode): boolean {
  return nodeValue(node, 'address') !== 'dhcp'
}

function serverLine(text = ''): number | undefined {
  const at = text.split('\n').findIndex((line) => /^\s*nameserver\s/.test(line))
  return at === -1 ? undefined : at + 1
}

function byNetworkManager(node: FinishedNode, isLink: boolean): Problem[] {
  const { root, facts } = node
  const config = nmConfig(root)
  const last = (key: string) =>
    config.findLast((setting) => setting.section === 'main' && setting.key === key)
  const report = (by: Setting, what: string) => [
    warning(root.place(by.path, by.line), `${what}: ${by.key}=${by.value}`, remove),
  ]
  const [dns, manager] = [last('dns'), last('rc-manager')]
  const stopped = 'NetworkManager does not write the name servers into resolv.conf'
  if (dns?.value === 'none') return report(dns, stopped)
  if (manager?.value === 'unmanaged') return report(manager, stopped)
  // It gives them to systemd-resolved, for which resolv.conf is a link.
  if (dns?.value === 'systemd-resolved' && !isLink) return report(dns, stopped)
  if (dns?.value === 'dnsmasq' && !facts.packages.has('dnsmasq-base'))
    return report(dns, 'dnsmasq is not installed, and NetworkManager leaves the names to it')
  const global = config.find(({ section, key }) => section === 'global-dns-domain-*' && key === 'servers')
  return global === undefined ? [] : report(global, "these name servers replace the network's")
}

/** openresolv reads a shell script; Debian's resolvconf writes a file for which resolv.conf is a link. */
function byResolvconf({ root, facts }: FinishedNode, isLink: boolean): Problem[] {
  if (facts.packages.has('resolvconf') && !isLink)
    return [
      warning(
        root.place(file),
        'resolvconf is installed, and writes only where this is its link',
        'run dpkg-reconfigure resolvconf',
      ),
    ]
  const conf = facts.packages.has('openresolv')
    ? '/etc/resolvconf.conf'
    : '/etc/resolvconf/resolv.conf.d/head'
  if (!facts.packages.has('openresolv') && !facts.packages.has('resolvconf')) return []
  const pattern = facts.packages.has('openresolv') ? openresolv : /^\s*nameserver\s/
  const lines = (root.text(conf) ?? '').split('\n')
  const at = lines.findIndex((line) => pattern.test(line))
  if (at === -1) return []
  return [
    warning(
      root.place(conf, at + 1),
      `resolvconf does not write the network's name servers alone: ${lines[at]?.trim() ?? ''}`,
      remove,
    ),
  ]
}

const openresolv =
  /^\s*(resolvconf=["']?[Nn][Oo]\b|(name_servers|prepend_nameservers|resolv_conf|replace|allow_interfaces|name_server_blacklist)=["']?(?!["']?\s*$|\/etc\/resolv\.conf["']?\s*$)\S)/
