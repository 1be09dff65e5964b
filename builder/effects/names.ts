import type { Content } from '../model/content.js'
import type { Release } from '../model/facts.js'
import { memo } from '../model/memo.js'
import { error, type Problem, warning } from '../model/problem.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import { otherAddresses } from './hosts-lines.js'
import { textOf } from './text.js'

/**
 * The names of the cluster mean its nodes. The C library asks the services of `hosts:` in their order until one knows the
 * name (nsswitch.conf(5)); `files` is /etc/hosts, where the first line with a name counts first (hosts(5), `multi` of
 * host.conf(5)); `dns` asks the servers of /etc/resolv.conf, which is a promise of its own (resolver.ts).
 */
export const names: Effect = (node) => [...otherAddresses(node), ...services(node)]

const switchFile = '/etc/nsswitch.conf'

/** They know none of the cluster's names, or read /etc/hosts themselves (nss-resolve(8)). */
const harmless = /^(mymachines|resolve|mdns\w*)$/

function services({ root, facts }: FinishedNode): Problem[] {
  const content = root.content(switchFile)
  const { line, words } = (content === undefined ? undefined : hostsLine(content)) ?? missing[facts.release]
  const place = () => root.place(switchFile, line)
  const hint = 'write: hosts: files mdns4_minimal [NOTFOUND=return] dns'
  const asked = words.filter((word) => !word.startsWith('['))
  const files = asked.indexOf('files')
  if (files === -1 && !asked.includes('resolve'))
    return [error(place(), 'names of the cluster are not looked up in /etc/hosts', hint)]
  const before = asked.slice(0, Math.max(files, 0)).find((word) => !harmless.test(word))
  if (before !== undefined && !asked.slice(0, files).includes('resolve'))
    return [warning(place(), `${before} is asked before /etc/hosts`, hint)]
  const action = words[words.indexOf('files') + 1] ?? ''
  const ends = /^\[.*(NOTFOUND|!SUCCESS)\s*=\s*return/i.test(action)
  if (files !== -1 && (ends || !asked.some((word) => /^(dns|resolve)$/.test(word))))
    return [warning(place(), 'names that are not in /etc/hosts are not found', hint)]
  return []
}

interface HostsLine {
  /** Counted from 1. */
  readonly line?: number
  /** The services and their actions, such as `[NOTFOUND=return]`. */
  readonly words: readonly string[]
}

const old = { words: ['dns', '[!UNAVAIL=return]', 'files'] }
const current = { words: ['files', 'dns'] }

/** What glibc takes where there is no line; changed in 2.34. */
const missing: Readonly<Record<Release, HostsLine>> = {
  buster: old,
  bullseye: old,
  bookworm: current,
  trixie: current,
}

const hostsLine = memo((content: Content): HostsLine | undefined => {
  const lines = textOf(content).split('\n')
  const index = lines.findLastIndex((line) => /^\s*hosts\s*:/.test(line))
  const text = (lines[index] ?? '').replace(/#.*/, '').replace(/^\s*hosts\s*:/, '')
  return index === -1 ? undefined : { line: index + 1, words: text.match(/\[[^\]]*\]|[^\s[]+/g) ?? [] }
})
