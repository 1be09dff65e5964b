import { wildcard } from '../../model/wildcard.js'
import { withLines } from './lines.js'

/**
 * A file of netplan without a card, and without saved Wi-Fi networks and tunnels: a card's definition below `ethernets`
 * becomes a comment; `wifis` and `tunnels`, which contain keys, are removed. netplan-yaml(5).
 */
export function netplanFree(text: string, { card }: { readonly card: string }): string {
  return withLines(text, (lines) => {
    const kept = withoutNetworks(lines)
    const dropped = new Set<number>()
    for (const [start, line] of kept.entries()) {
      if (!/^\s*ethernets:\s*(#.*)?$/.test(line)) continue
      const children = childrenOf(kept, start)
      const own = children.filter(({ from, to }) => isOf(card, kept.slice(from, to)))
      for (const { from, to } of own) for (let at = from; at < to; at++) dropped.add(at)
      if (own.length > 0 && own.length === children.length) dropped.add(start)
    }
    const isText = (line: string) => depthOf(line) !== -1
    const free = kept.map((line, at) => (dropped.has(at) && isText(line) ? `#${line}` : line))
    const isChanged = kept.length < lines.length || dropped.size > 0
    // netplan refuses a mapping with nothing in it.
    return isChanged && free.filter(isText).length === 1
      ? free.map((line) => (isText(line) ? `#${line}` : line))
      : free
  })
}

function withoutNetworks(lines: readonly string[]): string[] {
  let inside = -1
  return lines.filter((line) => {
    const depth = depthOf(line)
    if (inside !== -1 && depth !== -1 && depth <= inside) inside = -1
    if (inside === -1 && /^\s*(wifis|tunnels)\s*:/.test(line)) inside = depth
    return inside === -1
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
