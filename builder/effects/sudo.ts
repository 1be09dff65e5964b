import { error, type Problem } from '../model/problem.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'

/**
 * The node's user may do everything by sudo, without a password. sudo reads /etc/sudoers and, where it is named, each
 * file of sudoers.d in the order of names; the last rule that fits counts (sudoers(5), "SUDOERS FILE FORMAT"). The overlay
 * user writes the last rule. sudo refuses a file that another user owns or can write to (sudo(8), "Diagnostics"), and
 * does nothing without its setuid bit.
 */
export const sudo: Effect = (node) => [
  ...['/etc/sudoers', '/etc/sudoers.d'].flatMap((path) => ownerProblems(node, path)),
  ...programProblems(node),
]

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
