import { firstUid } from '../model/locked-users.js'
import { error, type Problem, warning } from '../model/problem.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import { homeOf } from './environment.js'
import { refusal } from './libwrap.js'
import { nodeUser, setsUpUser } from './node-user.js'
import { clusterNetwork } from './node-value.js'
import { pamProblems } from './pam.js'
import { firewallProblems } from './ssh-firewall.js'
import { refusedTypes } from './ssh-keys.js'
import { fits, listFits } from './ssh-patterns.js'
import { startProblems } from './ssh-start.js'
import { type SshdLine, sshdLines } from './sshd-config.js'

/**
 * sshd lets the node's user in, at port 22. In this order:
 *
 * 1. A packet filter of the base image; `firewallProblems`.
 * 2. Which server is started, and with which arguments; `startProblems`.
 * 3. libwrap: /etc/hosts.allow, then /etc/hosts.deny; `refusal`.
 * 4. sshd_config(5): of most keywords the first value counts, and that of the first matching Match block before it. The
 *    overlay ssh sees to those that it sets. Of the others, some can refuse a key or a session. Some add up: Port,
 *    ListenAddress, and the lists of users and groups, in the order DenyUsers, AllowUsers, DenyGroups, AllowGroups; those
 *    of a matching Match block replace the others.
 * 5. The way to the keys: only the user and root may be able to write there (StrictModes); `modeProblems`.
 * 6. PAM: pam_nologin(8) with /etc/nologin, which the overlay ssh removes; the account files, see `accounts`; other
 *    modules; `pamProblems`.
 */
export const sshLogin: Effect = (node) => {
  const lines = sshdLines(node.root, keywords)
  return [
    ...lines.flatMap((line) => rules[line.keyword]?.({ node, line, lines }) ?? []),
    ...startProblems(node),
    ...hostProblems(node),
    ...modeProblems(node),
    ...pamProblems(node.root),
    ...firewallProblems(node),
  ]
}

interface Seen {
  readonly node: FinishedNode
  readonly line: SshdLine
  readonly lines: readonly SshdLine[]
}

type Rule = (seen: Seen) => Problem[]

const keyTypes = whereFirst(({ node, line }) => {
  const refused = refusedTypes(node, line.words[0] ?? '')
  return refused.length === 0 ? undefined : `sshd refuses keys of the type ${refused.join(', ')}`
})

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
  authenticationmethods: secondFactor,
  pubkeyacceptedalgorithms: keyTypes,
  pubkeyacceptedkeytypes: keyTypes,
  revokedkeys: whereFirst(({ node, line }) => {
    const path = line.words[0] ?? ''
    return path === 'none' || node.root.find(path) !== undefined
      ? undefined
      : `sshd refuses all keys, because there is no file ${path}`
  }),
  maxsessions: whereFirst(({ line }) => (line.words[0] === '0' ? 'sshd allows no sessions' : undefined)),
  permittty: whereFirst(({ line }) => (line.words[0] === 'no' ? 'sshd gives nobody a terminal' : undefined)),
  refuseconnection: whereFirst(({ line }) =>
    line.words[0] === 'yes' ? 'sshd refuses every connection' : undefined,
  ),
  allowusers: allows('allowusers', (node) => [nodeUser(node)], 'users only, not'),
  allowgroups: allows('allowgroups', groupsOf, 'groups only, not those of'),
}

const keywords: ReadonlySet<string> = new Set(Object.keys(rules))

/** The overlay ssh asks for one of a key and a password: a cluster logs in without a person. */
function secondFactor({ node, line }: Seen): Problem[] {
  const methods = line.words.find((word) => word.includes(','))
  if (methods === undefined || !concerns(node, line)) return []
  const what = `sshd of the base image asks for ${methods}, and that of the node for one of them`
  const hint = 'remove this line from the base image, if that is right; a node cannot have a second factor'
  return [warning(node.root.place(line.path, line.line), what, hint)]
}

/** A keyword of which the first value counts, or the first of a matching Match block. */
function whereFirst(whatOf: (seen: Seen) => string | undefined): Rule {
  return (seen) => {
    const { node, line, lines } = seen
    const same = lines.filter((each) => each.keyword === line.keyword && concerns(node, each))
    const [counts] = [...same.filter(({ match }) => match.length > 0), ...same]
    const what = counts === line ? whatOf(seen) : undefined
    return what === undefined ? [] : [against(node, line, what)]
  }
}

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

function hostProblems(node: FinishedNode): Problem[] {
  const network = clusterNetwork(node)
  if (network === undefined) return []
  const rule = refusal(node.root, 'sshd', network)
  if (rule === undefined) return []
  const what = `libwrap refuses connections to sshd from ${network.toString()}`
  const hint = `add to /etc/hosts.allow of the base image: sshd: ${network.toString()}`
  return [error(node.root.place(rule.path, rule.line), what, hint)]
}

/**
 * sshd(8), StrictModes: the home directory; what is below it has the modes of the overlay user. Debian's sshd allows a
 * group to write there that has no other member (its patch user-group-modes).
 */
function modeProblems(node: FinishedNode): Problem[] {
  const home = homeOf(node)
  const found = node.root.find(home)
  if (found?.kind !== 'directory' || !setsUpUser(node)) return []
  const { mode, uid, gid } = found
  const isOpen = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && !isAlone(node, gid))
  if (!isOpen && [0, firstUid].includes(uid)) return []
  const what = `sshd refuses the keys of ${nodeUser(node)}, because others can change this folder`
  return [error(node.root.place(home), what, `chmod go-w, chown ${firstUid}`)]
}

/** Whether a group has the node's user as its only member. */
function isAlone({ facts: { users, groups } }: FinishedNode, gid: number): boolean {
  const named = groups.filter((group) => group.gid === gid).flatMap(({ members }) => members)
  const all = users.filter((user) => user.gid === gid || named.includes(user.name))
  return all.length > 0 && all.every(({ uid }) => uid === firstUid)
}
