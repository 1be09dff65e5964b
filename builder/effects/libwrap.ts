import { contains, type Cidr, hostAddress, netmask, parseCidr } from '../model/ipv4.js'
import { wildcard } from '../model/wildcard.js'
import type { FinishedTree } from './finished-tree.js'

/** A rule of hosts.allow or hosts.deny. */
interface HostRule {
  readonly path: string
  readonly line: number
  readonly daemons: readonly string[]
  readonly clients: readonly string[]
  /** The last of its options (hosts_options(5)). */
  readonly verdict?: 'allow' | 'deny'
}

/**
 * The rule by which libwrap refuses the cluster's network a daemon; hosts_access(5): the first rule of /etc/hosts.allow
 * that fits, then the first of /etc/hosts.deny; without one, everybody may. Rules with names, which only the running
 * node can look up, count for nobody.
 */
export function refusal(root: FinishedTree, daemon: string, network: Cidr): HostRule | undefined {
  // The first and the last computer of the network.
  const clients = [hostAddress(network, 1), hostAddress(network, 2 ** (32 - network.prefix) - 2)]
  for (const client of clients) {
    const fitting = (path: string) => rulesIn(root, path).find((rule) => fits(rule, daemon, client ?? ''))
    const allowing = fitting('/etc/hosts.allow')
    if (allowing !== undefined) {
      if (allowing.verdict === 'deny') return allowing
      continue
    }
    const denying = fitting('/etc/hosts.deny')
    if (denying !== undefined && denying.verdict !== 'allow') return denying
  }
  return undefined
}

function rulesIn(root: FinishedTree, path: string): HostRule[] {
  const rules: HostRule[] = []
  let text = ''
  for (const [index, part] of (root.text(path)?.split('\n') ?? []).entries()) {
    text += part.replace(/\\$/, '')
    if (part.endsWith('\\')) continue
    const [daemons = '', clients, ...options] = text.split(':').map((each) => each.trim())
    const last = options.at(-1)?.toLowerCase()
    const verdict = last === 'deny' ? 'deny' : last === 'allow' ? 'allow' : undefined
    if (clients !== undefined && !daemons.startsWith('#')) {
      const lists = { daemons: wordsOf(daemons), clients: wordsOf(clients) }
      rules.push({ path, line: index + 1, ...lists, ...(verdict === undefined ? {} : { verdict }) })
    }
    text = ''
  }
  return rules
}

function wordsOf(list: string): string[] {
  return list.split(/[\s,]+/).filter((word) => word !== '')
}

function fits({ daemons, clients }: HostRule, daemon: string, client: string): boolean {
  return (
    inList(daemons, (word) => word === daemon || word === 'ALL') &&
    inList(clients, (word) => isClient(word, client))
  )
}

/** `a b EXCEPT c`. */
function inList(words: readonly string[], test: (word: string) => boolean): boolean {
  const except = words.indexOf('EXCEPT')
  if (except === -1) return words.some(test)
  return words.slice(0, except).some(test) && !inList(words.slice(except + 1), test)
}

function isClient(word: string, client: string): boolean {
  if (word === 'ALL' || word === 'KNOWN' || word === client) return true
  if (/^[\d.]+\.$/.test(word)) return client.startsWith(word)
  if (/^[\d.*?]*[*?][\d.*?]*$/.test(word)) return wildcard(word).test(client)
  const cidr = parseCidr(word.replace(/\/(\d+\.[\d.]+)$/, (_, mask: string) => `/${prefixOf(mask)}`))
  return cidr !== undefined && contains(cidr, client)
}

/** 24 of `255.255.255.0`. */
function prefixOf(mask: string): number {
  return [...Array(33).keys()].find((prefix) => netmask(prefix) === mask) ?? 33
}
