import { isKept } from '../model/locked-users.js'
import { error, type Problem, warning } from '../model/problem.js'
import { type AutomaticLogin, displayManagerLogins } from './display-managers.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import type { FinishedTree } from './finished-tree.js'
import { commandLineFile, kernelWords } from './kernel-command-line.js'
import { nodeUser } from './node-user.js'
import { ownUnits, startersOf, unitLines, valuesOf } from './units.js'

/**
 * Only the node's user logs in automatically, and only where the base image does so already; other accounts only where
 * `keep_users` names them. In this order:
 *
 * 1. A shell of root on a screen: debug-shell.service, enabled or by `systemd.debug_shell` of the kernel command line
 *    (systemd-debug-generator(8)).
 * 2. On a terminal, for each getty unit: agetty's credential `agetty.autologin` where the unit imports it, by
 *    `systemd.set_credential=` of the kernel command line or in a credstore folder (systemd.exec(5), ImportCredential;
 *    agetty(8)); then the arguments of the last ExecStart of the unit and its drop-ins (systemd.unit(5)): `--autologin`, or
 *    another program than login(1).
 * 3. On the desktop: the files of the display managers, see there.
 */
export const automaticLogin: Effect = (node) => [
  ...shells(node),
  ...[...terminals(node.root), ...displayManagerLogins(node.root)].flatMap((login) => report(node, login)),
  ...credentials(node),
]

const word = /^systemd\.debug[_-]shell(=|$)/

function shells(node: FinishedNode): Problem[] {
  const { boot, root } = node
  const what = 'root has a shell on a screen, without a password'
  const asked = kernelWords(node).find((each) => word.test(each))
  return [
    ...(asked === undefined || /=(0|no|false|off)$/.test(asked)
      ? []
      : [error(boot.place(commandLineFile(node), 1), `by ${asked} ${what}`, 'remove it from cmdline.txt')]),
    ...startersOf(root, 'debug-shell.service').map((path) =>
      error(root.place(path), what, 'disable debug-shell.service in the base image'),
    ),
  ]
}

const isGetty = /^(serial-getty|container-getty|console-getty|getty|autovt|autologin)(@.*)?\.service$/
const ofEachRelease = ['getty@tty1.service', 'serial-getty@ttyS0.service']

function terminals(root: FinishedTree): AutomaticLogin[] {
  const units = [...new Set([...ofEachRelease, ...ownUnits(root).filter((name) => isGetty.test(name))])]
  const found = units.flatMap((unit) =>
    valuesOf(unitLines(root, unit), 'ExecStart').flatMap(({ value, path, line }): AutomaticLogin[] => {
      const user = userOf(value)
      return user === undefined ? [] : [{ user, path, line }]
    }),
  )
  // Instances share the drop-ins of their template.
  return found.filter(
    ({ path, line }, index) =>
      found.findIndex((other) => other.path === path && other.line === line) === index,
  )
}

/** The user that agetty(8) logs in; root where it starts another program than login(1). */
function userOf(command: string): string | undefined {
  if (!/\bagetty\b/.test(command)) return undefined
  const [, name] = /\s(?:--autologin[\s=]|-a\s*)["']?([^\s"']+)/.exec(command) ?? []
  if (name !== undefined) return name
  const [, program] = /\s(?:--login-program[\s=]|-l\s*)["']?([^\s"']+)/.exec(command) ?? []
  return program === undefined || program.endsWith('/login') ? undefined : 'root'
}

const credential = 'agetty.autologin'
const stores = ['/etc/credstore', '/usr/lib/credstore', '/usr/local/lib/credstore']

function credentials(node: FinishedNode): Problem[] {
  const { root, boot } = node
  if (!ofEachRelease.some((unit) => importsIt(root, unit))) return []
  const words = kernelWords(node).flatMap((each) => {
    const [, user] = /^systemd\.set_credential(?:_binary)?=agetty\.autologin:(.*)$/.exec(each) ?? []
    return user === undefined ? [] : [{ user, where: boot.place(commandLineFile(node), 1) }]
  })
  const files = stores.flatMap((folder) => {
    const user = root.text(`${folder}/${credential}`)?.trim()
    return user === undefined ? [] : [{ user, where: root.place(`${folder}/${credential}`) }]
  })
  return [...words, ...files]
    .filter(({ user }) => !isAllowed(node, user))
    .map(({ user, where }) => warning(where, whatOf(user), 'remove the credential from the base image'))
}

/** systemd since version 254. */
function importsIt(root: FinishedTree, unit: string): boolean {
  return unitLines(root, unit).some(({ key, value }) => key === 'ImportCredential' && value === 'agetty.*')
}

function isAllowed(node: FinishedNode, user: string): boolean {
  return user === nodeUser(node) || isKept(node.plan.values.get('keep_users')?.value, user)
}

function report(node: FinishedNode, { user, path, line }: AutomaticLogin): Problem[] {
  if (isAllowed(node, user)) return []
  const hint = `remove this line from the base image; to keep it: keep_users = ${user}`
  return [warning(node.root.place(path, line), whatOf(user), hint)]
}

function whatOf(user: string): string {
  return `${user} logs in automatically at the screen, without a password`
}
