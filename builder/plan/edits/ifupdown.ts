import { withLines } from './lines.js'

/** The words that begin a stanza; interfaces(5). */
const stanza =
  /^(iface|mapping|auto|allow-\S+|no-auto-down|no-scripts|rename|template|source|source-directory)$/

/** Options that name a Wi-Fi; wpa_supplicant's README.Debian, wireless(7). */
const savedWifi = /^(wpa-(ssid|psk|wep-key\d|password|conf|roam)|wireless-(essid|key\d?))$/
const secret = /^(\s*(?:wpa-(?:psk|wep-key\d|password)|wireless-key\d?)\s).*/

/**
 * /etc/network/interfaces without the cards of `card` and their aliases, such as eth0:1, and without saved Wi-Fi networks:
 * their stanzas become comments, without passwords. interfaces(5).
 */
export function ifupdownFree(text: string, { card }: { readonly card: string }): string {
  const cards = card.split(/\s+/)
  const isFreed = (name = '') => cards.includes(name.replace(/:.*/, ''))
  return withLines(text, (lines) => {
    const stanzas = stanzasOf(lines)
    const ofWifi = stanzas.filter((own) => own.some((line) => savedWifi.test(wordsOf(line)[0] ?? '')))
    const wifiCards = ofWifi.map(([first = '']) => wordsOf(first)[1])
    const isOurs = (name: string) => isFreed(name) || wifiCards.includes(name)
    return stanzas.flatMap((own) => freed(own, isOurs))
  })
}

function freed(lines: readonly string[], isOurs: (name: string) => boolean): readonly string[] {
  const [word = '', ...names] = wordsOf(lines[0] ?? '')
  const isListed = /^(auto|allow-|no-)/.test(word) && names.some(isOurs)
  const others = names.filter((name) => !isOurs(name))
  if (isListed && others.length > 0) return [[word, ...others].join(' '), ...lines.slice(1)]
  if (!isListed && !(/^(iface|mapping)$/.test(word) && isOurs(names[0] ?? ''))) return lines
  return lines.map((line) => (/^\s*(#|$)/.test(line) ? line : `#${line.replace(secret, '$1********')}`))
}

/** The lines before the first stanza, and those of each stanza. */
function stanzasOf(lines: readonly string[]): string[][] {
  const stanzas: string[][] = [[]]
  let isContinued = false
  for (const line of lines) {
    if (!isContinued && stanza.test(wordsOf(line)[0] ?? '')) stanzas.push([line])
    else stanzas.at(-1)?.push(line)
    isContinued = line.endsWith('\\')
  }
  return stanzas
}

function wordsOf(line: string): string[] {
  return line.trim().split(/\s+/)
}
