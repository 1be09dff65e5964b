import { withLines } from './lines.js'

/** The words that begin a stanza; interfaces(5). */
const stanza =
  /^(iface|mapping|auto|allow-\S+|no-auto-down|no-scripts|rename|template|source|source-directory)$/

/** /etc/network/interfaces without a card: its stanzas become comments. interfaces(5). */
export function ifupdownFree(text: string, { card }: { readonly card: string }): string {
  let isOfCard = false
  let isContinued = false
  const leave = (line: string): string => {
    const [word = '', ...names] = line.trim().split(/\s+/)
    const begins = !isContinued && stanza.test(word)
    const isListed = begins && /^(auto|allow-|no-)/.test(word) && names.includes(card)
    if (begins) isOfCard = /^(iface|mapping)$/.test(word) ? names[0] === card : isListed && names.length === 1
    isContinued = line.endsWith('\\')
    if (isOfCard) return word === '' || word.startsWith('#') ? line : `#${line}`
    return isListed ? [word, ...names.filter((name) => name !== card)].join(' ') : line
  }
  return withLines(text, (lines) => lines.map(leave))
}
