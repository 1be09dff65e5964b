import { error, type Problem, warning } from '../model/problem.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import { nodeUser } from './node-user.js'
import { type SshdLine, sshdLines } from './sshd-config.js'

/**
 * sshd lets the node's user in, at port 22. Words after sshd in its unit come first: Debian's has $SSHD_OPTS of
 * /etc/default/ssh. Then sshd_config(5): of most keywords the first value counts, and that of the first matching Match
 * block before it. The overlay ssh sees to these. What remains are the keywords that add up: Port, ListenAddress, and the
 * lists of users and groups, in the order DenyUsers, AllowUsers, DenyGroups, AllowGroups; those of a matching Match block
 * replace the others. Before all of them, libwrap asks /etc/hosts.allow and /etc/hosts.deny (hosts_access(5)); after them,
 * PAM can ask /etc/security/access.conf (pam_access(8)), which is only reported.
 */
export const sshLogin: Effect = (node) => {
  const lines = sshdLines(node.root, keywords)
  return [
    ...lines.flatMap((line) => rules[line.keyword]?.({ node, line, lines }) ?? []),
    ...optionProblems(node),
    ...hostProblems(node),
    ...accessProblems(node),
  ]
}

interface Seen {
  readonly node: FinishedNode
  readonly line: SshdLine
  readonly lines: readonly SshdLine[]
}

type Rule = (seen: Seen) => Problem[]

const port = '22'

const rules: Readonly<Record<string, Rule>> = {
  port: ({ node, line, lines }) =>
    lines.some(({ keyword, words }) => keyword === 'port' && words[0] === port)
      ? []
      : [against(node, line, `sshd listens at port ${line.words[0] ?? ''}, not at 22`)],
  listenaddress: ({ node, line, lines }) =>
    lines.some((each) => each.keyword === 'listenaddress' && isWide(node, each.words[0] ?? ''))
      ? []
      : [against(node, line, `sshd listens at ${line.words[0] ?? ''} only`)],
  addressfamily: ({ node, line }) =>
    line.words[0]?.toLowerCase() === 'inet6' ? [against(node, line, 'sshd listens at IPv6 only')] : [],
  denyusers: ({ node, line }) =>
    line.words.some((word) => fits(word.split('@', 1)[0] ?? '', [nodeUser(node)]))
      ? [against(node, line, `sshd refuses ${nodeUser(node)}`)]
      : [],
  denygroups: ({ node, line }) =>
    line.words.some((word) => fits(word, groupsOf(node)))
      ? [against(node, line, `sshd refuses a group of ${nodeUser(node)}`)]
      : [],
  allowusers: allows('allowusers', (node) => [nodeUser(node)], 'users only, not'),
  allowgroups: allows('allowgroups', groupsOf, 'groups only, not those of'),
}

const keywords: ReadonlySet<string> = new Set(Object.keys(rules))

/** One problem for each block, at its first line. */
function allows(keyword: string, namesOf: (node: FinishedNode) => readonly string[], others: string): Rule {
  return ({ node, line, lines }) => {
    const same = lines.filter((each) => each.keyword === keyword && String(each.match) === String(line.match))
    if (same[0] !== line || !concerns(node, line)) return []
    const names = namesOf(node)
    if (same.some(({ words }) => words.some((word) => fits(word, names)))) return []
    return [against(node, line, `sshd lets in other ${others} ${nodeUser(node)}`)]
  }
}

function against({ root }: FinishedNode, { path, line }: SshdLine, what: string): Problem {
  return error(root.place(path, line), what, 'change or remove this line in the base image')
}

/** Whether the Match blocks around a line can be about the node's user. */
function concerns(node: FinishedNode, { match }: SshdLine): boolean {
  return match.every((criteria) => {
    const [, users] = /(?:^|\s)user[\s=]+(\S+)/.exec(criteria) ?? []
    const [, groups] = /(?:^|\s)group[\s=]+(\S+)/.exec(criteria) ?? []
    return (
      (users === undefined || listFits(users, [nodeUser(node)])) &&
      (groups === undefined || listFits(groups, groupsOf(node)))
    )
  })
}

/** ssh_config(5), PATTERNS: a list with commas; one `!` that fits excludes. */
function listFits(list: string, names: readonly string[]): boolean {
  const patterns = list.split(',')
  if (patterns.some((pattern) => pattern.startsWith('!') && fits(pattern.slice(1), names))) return false
  return patterns.some((pattern) => fits(pattern, names))
}

function fits(pattern: string, names: readonly string[]): boolean {
  if (!/[*?]/.test(pattern)) return names.includes(pattern)
  const text = pattern
    .replace(/[^\w*?]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.')
  return names.some((name) => new RegExp(`^${text}$`).test(name))
}

/** group(5): the groups of the node's user. */
function groupsOf(node: FinishedNode): string[] {
  const name = nodeUser(node)
  const gid = lineOf(node, '/etc/passwd', name)?.split(':')[3]
  return (node.root.text('/etc/group') ?? '').split('\n').flatMap((line) => {
    const [group = '', , own, members = ''] = line.split(':')
    return own === gid || members.split(',').includes(name) ? [group] : []
  })
}

function lineOf({ root }: FinishedNode, path: string, name: string): string | undefined {
  return root
    .text(path)
    ?.split('\n')
    .find((line) => line.startsWith(`${name}:`))
}

/** Whether sshd answers at the node's own address. */
function isWide({ plan }: FinishedNode, address: string): boolean {
  const own = String(plan.values.get('address')?.value ?? '').replace(/\/.*/, '')
  return ['0.0.0.0', '*', '0.0.0.0:22', own, `${own}:22`].includes(address)
}

const withArgument = /(?:^|\s)-[opf]/

function optionProblems({ root }: FinishedNode): Problem[] {
  const path = '/etc/default/ssh'
  const lines = root.text(path)?.split('\n') ?? []
  const last = lines.findLastIndex((line) => /^\s*SSHD_OPTS=/.test(line))
  const options = (lines[last] ?? '').replace(/^[^=]*=/, '').replaceAll(/["']/g, '')
  if (!withArgument.test(options)) return []
  const what = `sshd is started with "${options}", which comes before its configuration`
  return [error(root.place(path, last + 1), what, 'empty SSHD_OPTS in the base image')]
}

function hostProblems({ root }: FinishedNode): Problem[] {
  const about = (path: string) =>
    (root.text(path)?.split('\n') ?? []).findIndex((line) => /^\s*(ALL|[^#:]*\bsshd\b[^#:]*)\s*:/.test(line))
  const denied = about('/etc/hosts.deny')
  if (denied === -1 || about('/etc/hosts.allow') !== -1) return []
  const what = 'libwrap refuses connections to sshd'
  const hint = 'allow the cluster’s network in /etc/hosts.allow of the base image, or remove this line'
  return [error(root.place('/etc/hosts.deny', denied + 1), what, hint)]
}

function accessProblems({ root }: FinishedNode): Problem[] {
  return ['/etc/pam.d/sshd', '/etc/pam.d/common-account'].flatMap((path) => {
    const lines = root.text(path)?.split('\n') ?? []
    const line = lines.findIndex((text) => /^\s*account\s.*\bpam_access\.so\b/.test(text))
    if (line === -1) return []
    const what = '/etc/security/access.conf of the base image decides who can log in'
    return [warning(root.place(path, line + 1), what, "check that it lets the node's user in")]
  })
}
