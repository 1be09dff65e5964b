import type { FinishedTree } from './finished-tree.js'

const path = '/etc/rc.local'

/**
 * The first line of /etc/rc.local, which runs at the end of the boot if it may be executed
 * (systemd-rc-local-generator(8)), that does what a pattern says.
 */
export function rcLocalLine(
  root: FinishedTree,
  pattern: RegExp,
): { path: string; line: number; text: string } | undefined {
  const found = root.find(path)
  if (found?.kind !== 'file' || (found.mode & 0o111) === 0) return undefined
  const lines = (root.text(path) ?? '').split('\n').map((line) => line.trim())
  const end = lines.findIndex((line) => /^exit\b/.test(line))
  const at = lines
    .slice(0, end === -1 ? undefined : end)
    .findIndex((line) => !line.startsWith('#') && pattern.test(line))
  return at === -1 ? undefined : { path, line: at + 1, text: lines[at] ?? '' }
}
