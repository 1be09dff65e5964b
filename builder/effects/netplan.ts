import { error, type Problem } from '../model/problem.js'
import { wildcard } from '../model/wildcard.js'
import type { FinishedTree } from './finished-tree.js'

/**
 * A bridge, bond or VLAN of netplan that has the card, or a definition in a form that piimg does not change. A file of
 * /etc/netplan replaces one of the same name in /usr/lib/netplan; netplan-generate(8).
 */
export function takenByNetplan(root: FinishedTree, card: string): Problem[] {
  const etc = root.names('/etc/netplan')
  const vendor = root.names('/usr/lib/netplan').filter((name) => !etc.includes(name))
  const paths = [
    ...vendor.map((name) => `/usr/lib/netplan/${name}`),
    ...etc.map((name) => `/etc/netplan/${name}`),
  ]
  return paths.flatMap((path) => {
    const lines = path.endsWith('.yaml') ? (root.text(path) ?? '').split('\n') : []
    const at = lines.findIndex((line) => !line.trimStart().startsWith('#') && isNamed(line, card))
    if (at === -1) return []
    const what = `netplan uses ${card} here`
    return [error(root.place(path, at + 1), what, `remove ${card} from this file of the base image`)]
  })
}

/** Whether a line has the card's name as a word, or a `match: name` with it. */
function isNamed(line: string, card: string): boolean {
  const [, pattern] = /[\s{]name:\s*["']?([^\s"',}]*[*?[][^\s"',}]*)/.exec(line) ?? []
  if (pattern !== undefined) return wildcard(pattern).test(card)
  return new RegExp(`(^|[\\s"'[{,-])${card}($|[\\s"'\\]},:])`).test(line)
}
