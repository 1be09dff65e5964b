import type { Content } from '../model/content.js'
import type { Opening } from '../model/facts.js'
import { firstUid, lockedUsers } from '../model/locked-users.js'
import { memo } from '../model/memo.js'
import { error, type Problem, warning } from '../model/problem.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import { nodeUser, setsUpUser } from './node-user.js'
import { otherAccounts } from './other-accounts.js'
import { textOf } from './text.js'
import { maskOf } from './units.js'

/**
 * Only the node's user can log in, and accounts that are kept. In this order: the getty of the screen, which may be masked;
 * the account, in the sources of nsswitch.conf, of which piimg locks those of /etc/passwd, see `otherAccounts`; its
 * password, in passwd(5) or else in shadow(5); keys in its home, authorized_keys and authorized_keys2 (sshd_config(5),
 * AuthorizedKeysFile); the shell. An account is closed by `!` or `*` in front of the password, and for keys by an expiry
 * date in the past (shadow(5); pam_unix(8), account), which su, sudo and cron obey, too. Root is closed by sshd's
 * PermitRootLogin. Other modules of PAM: see `pamProblems`.
 */
export const accounts: Effect = (node) => {
  const { facts, plan } = node
  const locked = lockedUsers(facts, plan.values.get('keep_users')?.value)
  return [
    ...(locked.length === 0 ? [] : reports(node, new Set(locked))),
    ...otherAccounts(node),
    ...shellProblems(node),
    ...consoleProblems(node),
  ]
}

function reports({ facts, root }: FinishedNode, locked: ReadonlySet<string>): Problem[] {
  return facts.users.flatMap(({ name, openings = [] }) => {
    if (!locked.has(name)) return []
    const hint = name === 'root' ? 'log in as another user, and use sudo' : `to keep it: keep_users = ${name}`
    return openings.map((opening) => {
      return warning(
        root.place(opening.path, opening.line),
        `${reason(name, opening)}; ${end(name, opening)}`,
        hint,
      )
    })
  })
}

function reason(name: string, { by }: Opening): string {
  if (by === 'password') return `${name} of the base image has a password`
  return by === 'key'
    ? `a key lets ${name} of the base image log in`
    : `${name} of the base image may use sudo`
}

function end(name: string, { by }: Opening): string {
  if (name !== 'root') return 'the account is locked'
  return by === 'password' ? 'it is locked' : 'the file is removed'
}

/** sshd and login(1) need the shell of passwd(5). Every release has bash. */
function shellProblems(node: FinishedNode): Problem[] {
  const { root } = node
  const name = nodeUser(node)
  const content = root.content('/etc/passwd')
  if (content === undefined) return []
  const { line, shell } = shellOf(content, name)
  if (shell === '/bin/bash' || root.find(shell) !== undefined || !setsUpUser(node)) return []
  const hint = 'install it in the base image, or give the user /bin/bash there'
  return [error(root.place('/etc/passwd', line), `${name} cannot log in: there is no shell ${shell}`, hint)]
}

/** Without a getty nobody can log in at the screen; a serial console has its own, serial-getty@.service. */
function consoleProblems({ root }: FinishedNode): Problem[] {
  const path = maskOf(root, 'getty@tty1.service') ?? maskOf(root, 'getty@.service')
  if (path === undefined) return []
  return [
    warning(root.place(path), 'nobody can log in at the screen: its getty is masked', 'remove this link'),
  ]
}

/** The shell of the node's user; all nodes with its name have the same file. */
const shellOf = memo((content: Content, name: string) => {
  const lines = textOf(content).split('\n')
  const index = lines.findIndex(
    (text) => text.startsWith(`${name}:`) && text.split(':')[2] === String(firstUid),
  )
  return { line: index + 1, shell: lines[index]?.split(':')[6] ?? '/bin/bash' }
})
