import type { Content } from '../model/content.js'
import { memo } from '../model/memo.js'
import { error, type Origin, type Problem, warning } from '../model/problem.js'
import { firstUid } from '../model/locked-users.js'
import type { FinishedNode } from './finished-node.js'
import type { FinishedTree } from './finished-tree.js'
import { textOf } from './text.js'

/** A line that sets an environment variable. */
export interface Setting {
  readonly name: string
  readonly value: string
  readonly path: string
  readonly where: Origin
}

/**
 * Every line that sets a variable for a login, in the order in which they are read: a later one counts.
 *
 * 1. pam_env(8), as Debian's /etc/pam.d starts it, twice: /etc/environment, pam_env.conf(5) of /etc/security,
 *    /etc/default/locale, and ~/.pam_environment where `user_readenv=1` allows it.
 * 2. bash(1), "INVOCATION": /etc/profile, which reads /etc/bash.bashrc and then /etc/profile.d/*.sh, and the first of
 *    ~/.bash_profile, ~/.bash_login, ~/.profile, which in Debian reads ~/.bashrc. Where the user's shell is zsh(1),
 *    "STARTUP/SHUTDOWN FILES": zshenv, zprofile, zshrc and zlogin, each of /etc/zsh before that of the home.
 *
 * A command or a condition in a script is not evaluated: what a line sets counts.
 */
export function environment(node: FinishedNode): readonly Setting[] {
  const { root } = node
  const home = homeOf(node)
  const paths = [
    '/etc/environment',
    '/etc/security/pam_env.conf',
    '/etc/default/locale',
    ...(readsOwn(node) ? [`${home}/.pam_environment`] : []),
    ...(shellOf(node).endsWith('/zsh') ? zshFiles(home) : bashFiles(root, home)),
  ]
  return paths.flatMap((path) => {
    const content = root.content(path)
    if (content === undefined) return []
    return settingsIn(content).map(({ line, ...rest }) => ({ ...rest, path, where: root.place(path, line) }))
  })
}

function bashFiles(root: FinishedTree, home: string): string[] {
  const scripts = root.names('/etc/profile.d').filter((name) => name.endsWith('.sh'))
  const login = ['.bash_profile', '.bash_login', '.profile'].find(
    (name) => root.find(`${home}/${name}`) !== undefined,
  )
  return [
    '/etc/profile',
    '/etc/bash.bashrc',
    ...scripts.map((name) => `/etc/profile.d/${name}`),
    ...(login === undefined ? [] : [`${home}/${login}`]),
    `${home}/.bashrc`,
  ]
}

function zshFiles(home: string): string[] {
  return ['zshenv', 'zprofile', 'zshrc', 'zlogin'].flatMap((name) => [`/etc/zsh/${name}`, `${home}/.${name}`])
}

/** The shell of the node's user. */
function shellOf({ plan, facts }: FinishedNode): string {
  const user = String(plan.values.get('user')?.value ?? '')
  const own = facts.users.find(({ name, uid }) => name === user || uid === firstUid)
  return own?.shell ?? ''
}

/** The home directory of the node's user. */
export function homeOf({ plan, facts }: FinishedNode): string {
  const user = String(plan.values.get('user')?.value ?? '')
  return facts.users.find(({ name }) => name === user)?.home ?? `/home/${user}`
}

function readsOwn({ root }: FinishedNode): boolean {
  return ['sshd', 'login', 'common-session'].some((name) => {
    return /^[^#\n]*pam_env\.so.*user_readenv=1/m.test(root.text(`/etc/pam.d/${name}`) ?? '')
  })
}

const value = `(?:"[^"]*"|'[^']*'|[^\\s;#&|"']*)`
/** `NAME=value …`, with `export` or alone: before a command they count for that command only. */
const assignments = new RegExp(`^\\s*(export\\s+)?((?:\\w+=${value}(?:\\s+|$|(?=[;#])))+)(.*)$`)
/** `NAME DEFAULT=value` of pam_env.conf(5). */
const forPam = new RegExp(`^\\s*(\\w+)\\s+(?:DEFAULT|OVERRIDE)=(${value})`)
const each = new RegExp(`(\\w+)=(${value})`, 'g')

const settingsIn = memo((content: Content) =>
  textOf(content)
    .split('\n')
    .flatMap((text, index) =>
      pairsIn(text)
        .filter(([name]) => /^(TZ|LANG|LANGUAGE|LC_\w+)$/.test(name))
        .map(([name, written]) => ({ name, value: written.replace(/^["']|["']$/g, ''), line: index + 1 })),
    ),
)

function pairsIn(text: string): (readonly [name: string, value: string])[] {
  const [, pam, chosen = ''] = forPam.exec(text) ?? []
  if (pam !== undefined) return [[pam, chosen]]
  const [, exported, all = '', rest = ''] = assignments.exec(text) ?? []
  if (exported === undefined && !/^([;#].*)?$/.test(rest)) return []
  return [...all.matchAll(each)].map(([, name = '', written = '']) => [name, written])
}

/** A system-wide setting contradicts a value; one in a home directory is its user's. */
export function contradiction({ path, where }: Setting, what: string, hint: string): Problem {
  return (path.startsWith('/etc/') ? error : warning)(where, what, hint)
}
