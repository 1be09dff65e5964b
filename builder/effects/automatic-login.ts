import { type Problem, warning } from '../model/problem.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import type { FinishedTree } from './finished-tree.js'
import { nodeUser } from './node-user.js'

/**
 * Only the node's user logs in automatically, and only where the base image does so already. Who does is in the
 * arguments of agetty(8) in drop-ins of getty units (systemd.unit(5): of several, the last ExecStart counts), and in the
 * display manager's files: lightdm.conf.d and then lightdm.conf (autologin-user), GDM's daemon.conf (AutomaticLogin),
 * sddm.conf.d and then sddm.conf (User of [Autologin]; sddm.conf(5)), greetd's config.toml (greetd(5), initial_session).
 */
export const automaticLogin: Effect = (node) => {
  return places(node.root).flatMap(({ path, pattern }) => problemsIn(node, path, pattern))
}

interface Searched {
  readonly path: string
  readonly pattern: RegExp
}

const units = '/etc/systemd/system'
const getty = /^ExecStart=.*\bagetty\b.*\s(?:--autologin[\s=]|-a\s*)["']?([^\s"']+)/
const sddm = /^User\s*=(.+)$/
const lightdm = /^autologin-user\s*=(.+)$/

const single: readonly Searched[] = [
  { path: '/etc/lightdm/lightdm.conf', pattern: lightdm },
  { path: '/etc/gdm3/daemon.conf', pattern: /^AutomaticLogin\s*=(.+)$/ },
  { path: '/etc/sddm.conf', pattern: sddm },
  { path: '/etc/greetd/config.toml', pattern: /^user\s*=\s*"([^"]*)"/ },
]

function places(root: FinishedTree): Searched[] {
  const all = (folder: string, pattern: RegExp) =>
    root
      .names(folder)
      .filter((name) => name.endsWith('.conf'))
      .map((name) => ({ path: `${folder}/${name}`, pattern }))
  const gettys = root.names(units).filter((name) => /getty@.*\.service\.d$/.test(name))
  return [
    ...gettys.flatMap((name) => all(`${units}/${name}`, getty)),
    ...single,
    ...all('/etc/lightdm/lightdm.conf.d', lightdm),
    ...all('/etc/sddm.conf.d', sddm),
  ]
}

function problemsIn(node: FinishedNode, path: string, pattern: RegExp): Problem[] {
  const { root } = node
  const own = nodeUser(node)
  return (root.text(path)?.split('\n') ?? []).flatMap((line, index) => {
    const name = pattern.exec(line.trim())?.[1]?.trim()
    // greetd has its greeter's own user in the same file.
    if (name === undefined || name === own || (path.includes('greetd') && /greet/.test(name))) return []
    const what = `${name} logs in automatically at the screen, without a password`
    return [warning(root.place(path, index + 1), what, 'remove this line from the base image')]
  })
}
