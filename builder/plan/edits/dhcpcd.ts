import { wildcard } from '../../model/wildcard.js'
import { withLines } from './lines.js'

/**
 * dhcpcd.conf(5) that leaves the cards of `card` to piimg: their sections become comments, and no `denyinterfaces` or
 * `allowinterfaces` excludes a card of `cards`. Lines between piimg's markers are not changed.
 */
export function dhcpcdFree(
  text: string,
  { card, cards }: { readonly card: string; readonly cards: string },
): string {
  const names = [...new Set(cards.split(/\s+/).filter((name) => name !== ''))]
  const own = card.split(/\s+/)
  let isOwn = false
  let isOfCard = false
  const leave = (line: string): string => {
    if (/^# (begin|end) piimg /.test(line)) isOwn = line.startsWith('# begin')
    if (isOwn || /^\s*(#|$)/.test(line)) return line
    const [word = '', ...rest] = line.trim().split(/[\s,]+/)
    if (/^(interface|ssid|profile)$/.test(word))
      isOfCard = word === 'interface' && own.includes(rest[0] ?? '')
    if (isOfCard) return `#${line}`
    const matches = (name: string) => rest.some((pattern) => wildcard(pattern).test(name))
    if (word === 'denyinterfaces' && names.some(matches)) {
      const others = rest.filter((pattern) => !names.some((name) => wildcard(pattern).test(name)))
      return others.length === 0 ? `#${line}` : [word, ...others].join(' ')
    }
    return word === 'allowinterfaces' ? [line, ...names.filter((name) => !matches(name))].join(' ') : line
  }
  return withLines(text, (lines) => lines.map(leave))
}
