import { type Cidr, contains, parseCidr } from '../model/ipv4.js'
import { error, type Problem, warning } from '../model/problem.js'
import type { FinishedNode } from './finished-node.js'
import { clusterNetwork } from './node-value.js'
import { startersOf } from './units.js'

/**
 * No packet filter of the base image keeps the cluster's network from port 22. Of Debian's, those that are enabled:
 * ufw(8) by user.rules and then DEFAULT_INPUT_POLICY; firewalld by the zone that DefaultZone names, of /etc before /usr/lib
 * (firewalld.zone(5)); netfilter-persistent(8) by rules.v4, iptables(8): the first rule that fits, then the policy of the
 * chain. Of nftables.conf, which is a program, only the words are seen.
 */
export function firewallProblems(node: FinishedNode): Problem[] {
  return filters.flatMap(({ unit, check }) => (startersOf(node.root, unit).length === 0 ? [] : check(node)))
}

interface Filter {
  readonly unit: string
  readonly check: (node: FinishedNode) => Problem[]
}

const filters: readonly Filter[] = [
  { unit: 'ufw.service', check: ufw },
  { unit: 'firewalld.service', check: firewalld },
  { unit: 'netfilter-persistent.service', check: persistent },
  { unit: 'nftables.service', check: nftables },
]

function refused({ root }: FinishedNode, by: string, path: string, line?: number): Problem {
  const hint = 'allow port 22 in the base image, or disable it there'
  return error(root.place(path, line), `${by} lets nobody in the cluster connect to port 22`, hint)
}

function ufw(node: FinishedNode): Problem[] {
  const { root } = node
  if (!/^\s*ENABLED=["']?yes/im.test(root.text('/etc/ufw/ufw.conf') ?? '')) return []
  const [, policy = 'DROP'] =
    /^\s*DEFAULT_INPUT_POLICY=["']?(\w+)/m.exec(root.text('/etc/default/ufw') ?? '') ?? []
  return byRules(node, 'ufw', { path: '/etc/ufw/user.rules', chain: 'ufw-user-input', policy })
}

function persistent(node: FinishedNode): Problem[] {
  const path = '/etc/iptables/rules.v4'
  const [, policy = 'ACCEPT'] = /^:INPUT (\w+)/m.exec(node.root.text(path) ?? '') ?? []
  return byRules(node, 'netfilter-persistent', { path, chain: 'INPUT', policy })
}

interface Chain {
  readonly path: string
  readonly chain: string
  /** Of what no rule fits. */
  readonly policy: string
}

/** iptables-save(8): one rule a line. */
function byRules(node: FinishedNode, by: string, { path, chain, policy }: Chain): Problem[] {
  const network = clusterNetwork(node)
  const lines = node.root.text(path)?.split('\n') ?? []
  const index = lines.findIndex((text) => text.startsWith(`-A ${chain} `) && isAboutSsh(text, network))
  const target = index === -1 ? policy : targetOf(lines[index] ?? '')
  if (/ACCEPT|accept/.test(target)) return []
  return [refused(node, by, path, index === -1 ? undefined : index + 1)]
}

function targetOf(rule: string): string {
  return /\s-j (\S+)/.exec(rule)?.[1] ?? ''
}

/** Whether a rule decides about every new connection to port 22; other chains, such as fail2ban's, come back. */
function isAboutSsh(rule: string, network: Cidr | undefined): boolean {
  if (!/^(ACCEPT|DROP|REJECT|ufw-user-limit-accept)$/.test(targetOf(rule))) return false
  if (/\s(-i lo|-o|-d|!|--sport|-m recent)(\s|$)|\s--(ct)?state (?!\S*NEW)/.test(rule)) return false
  const [, protocol = 'tcp'] = /\s-p (\S+)/.exec(rule) ?? []
  const [, ports] = /\s--(?:dports?|destination-ports?) (\S+)/.exec(rule) ?? []
  const [, source] = /\s-s (\S+)/.exec(rule) ?? []
  return /^(tcp|all|6)$/.test(protocol) && hasPort(ports) && isFrom(source, network)
}

function hasPort(ports: string | undefined): boolean {
  return (
    ports === undefined ||
    ports.split(',').some((range) => {
      const [first = '', last = first] = range.split(':')
      return Number(first) <= 22 && 22 <= Number(last)
    })
  )
}

function isFrom(source: string | undefined, network: Cidr | undefined): boolean {
  if (source === undefined) return true
  const cidr = parseCidr(source.includes('/') ? source : `${source}/32`)
  if (cidr === undefined || network === undefined) return false
  return cidr.prefix <= network.prefix && contains(cidr, network.network)
}

function firewalld(node: FinishedNode): Problem[] {
  const { root } = node
  const [, name = 'public'] =
    /^\s*DefaultZone=(\w+)/m.exec(root.text('/etc/firewalld/firewalld.conf') ?? '') ?? []
  const path = ['/etc/firewalld/zones', '/usr/lib/firewalld/zones']
    .map((folder) => `${folder}/${name}.xml`)
    .find((each) => root.find(each) !== undefined)
  if (path === undefined) return []
  const open = /target="ACCEPT"|<service name="ssh"|<port [^>]*port="22"/
  return open.test(root.text(path) ?? '') ? [] : [refused(node, 'firewalld', path)]
}

function nftables(node: FinishedNode): Problem[] {
  const path = '/etc/nftables.conf'
  const text = (node.root.text(path) ?? '').replaceAll(/#.*/g, '')
  const isClosed = /hook\s+input\b[^}]*policy\s+drop/.test(text)
  const names = /\bdport\s+(\{[^}]*\b(22|ssh)\b|22\b|ssh\b)|^\s*include\b/m
  if (!isClosed || names.test(text)) return []
  const { where, what, hint } = refused(node, 'nftables', path)
  return [warning(where, what, hint)]
}
