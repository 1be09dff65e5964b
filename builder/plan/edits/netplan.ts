import { wildcard } from '../../model/wildcard.js'
import { withLines } from './lines.js'

/** A file of netplan without a card: its definition below `ethernets` or `wifis` becomes a comment. netplan-yaml(5). */
export function netplanFree(text: string, { card }: { readonly card: string }): string {
  return withLines(text, (lines) => {
    const dropped = new Set<number>()
    for (const [start, line] of lines.entries()) {
      if (!/^\s*(ethernets|wifis):\s*(#.*)?$/.test(line)) continue
      const children = childrenOf(lines, start)
      const own = children.filter(({ from, to }) => isOf(card, lines.slice(from, to)))
      for (const { from, to } of own) for (let at = from; at < to; at++) dropped.add(at)
      if (own.length > 0 && own.length === children.length) dropped.add(start)
    }
    const isText = (line: string) => line.trim() !== '' && !line.trimStart().startsWith('#')
    return lines.map((line, at) => (dropped.has(at) && isText(line) ? `#${line}` : line))
  })
}

/** The definitions below a line: from one line up to, but without, another. */
function childrenOf(lines: readonly string[], start: number): { from: number; to: number }[] {
  const children: { from: number; to: number }[] = []
  const depth = depthOf(lines[start] ?? '')
  let inner = -1
  for (let at = start + 1; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const own = depthOf(line)
    if (own === -1) continue
    if (own <= depth) break
    if (inner === -1) inner = own
    const last = children.at(-1)
    if (own === inner) children.push({ from: at, to: at + 1 })
    else if (last !== undefined) last.to = at + 1
  }
  return children
}

/** Spaces before the text; -1 for a comment or an empty line. */
function depthOf(line: string): number {
  return /^\s*(#|$)/.test(line) ? -1 : line.search(/\S/)
}

/** Whether a definition is of a card: by its name, by `set-name`, or by `match: name`. */
function isOf(card: string, definition: readonly string[]): boolean {
  const all = definition.join('\n')
  const [, id = ''] = /^\s*["']?([^\s"':]+)["']?\s*:/.exec(all) ?? []
  const [, set = ''] = /\bset-name:\s*["']?([^\s"',}]+)/.exec(all) ?? []
  const [, name] = /\bmatch:[^]*?[\s{]name:\s*["']?([^\s"',}]+)/.exec(all) ?? []
  return set === card || (name === undefined ? id === card : wildcard(name).test(card))
}
