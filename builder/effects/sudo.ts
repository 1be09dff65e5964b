import { error, type Problem } from '../model/problem.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'

/**
 * The node's user may do everything by sudo, without a password. In this order: the program, which does nothing without
 * its setuid bit; the plugins of sudo.conf(5), which can name another policy or another file than /etc/sudoers;
 * /etc/sudoers and, where it is named, each file of sudoers.d in the order of names, of which sudo refuses one that another
 * user owns or can write to (sudo(8), "Diagnostics"); the last rule that fits counts (sudoers(5), "SUDOERS FILE
 * FORMAT"), which the overlay user writes; PAM's account modules, see `pamProblems`.
 */
export const sudo: Effect = (node) => [
  ...programProblems(node),
  ...pluginProblems(node),
  ...['/etc/sudoers', '/etc/sudoers.d'].flatMap((path) => ownerProblems(node, path)),
]

const own = /^Plugin\s+sudoers_(policy|io|audit)\s+(\S*\/)?sudoers\.so\s*(#.*)?$/

function pluginProblems({ root }: FinishedNode): Problem[] {
  const path = '/etc/sudo.conf'
  return (root.text(path)?.split('\n') ?? []).flatMap((text, index) => {
    const line = text.trim()
    if (!/^Plugin\s/.test(line) || own.test(line)) return []
    const what = 'a plugin decides who may use sudo, not /etc/sudoers'
    return [error(root.place(path, index + 1), what, 'remove the line from the base image')]
  })
}

function ownerProblems({ root }: FinishedNode, path: string): Problem[] {
  const found = root.find(path)
  if (found === undefined || (found.uid === 0 && (found.mode & 0o002) === 0 && writers(found))) return []
  return [
    error(
      root.place(path),
      'sudo refuses this file, because others than root can change it',
      `chown root:root, chmod ${found.kind === 'file' ? '0440' : '0755'}`,
    ),
  ]
}

/** Only root's group may write. */
function writers({ mode, gid }: { readonly mode: number; readonly gid: number }): boolean {
  return (mode & 0o020) === 0 || gid === 0
}

/** Practice images have no program; a real one has this file. */
function programProblems({ root }: FinishedNode): Problem[] {
  const path = '/usr/bin/sudo'
  const found = root.find(path)
  if (found === undefined || (found.uid === 0 && (found.mode & 0o4000) !== 0)) return []
  return [error(root.place(path), 'sudo does nothing without its setuid bit', 'chown root:root, chmod 4755')]
}
