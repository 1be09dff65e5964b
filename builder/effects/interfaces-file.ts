import { wildcard } from '../model/wildcard.js'
import type { FinishedTree } from './finished-tree.js'

/** A line of /etc/network/interfaces, or of a file that it names, as words. */
export interface InterfacesLine {
  readonly path: string
  /** Counted from 1. */
  readonly line: number
  readonly words: readonly string[]
}

const mainFile = '/etc/network/interfaces'

/** All lines that ifupdown and NetworkManager's plugin read, `source` and `source-directory` followed; interfaces(5). */
export function interfacesLines(root: FinishedTree, path = mainFile, depth = 0): readonly InterfacesLine[] {
  const text = root.text(path)
  if (text === undefined || depth > 8) return []
  return text.split('\n').flatMap((line, index) => {
    const words = line.split(/\s+/).filter((word) => word !== '')
    const [first = '#', name = ''] = words
    if (first.startsWith('#')) return []
    if (first !== 'source' && first !== 'source-directory') return [{ path, line: index + 1, words }]
    const pattern = first === 'source' ? name : `${name}/*`
    return sourced(root, pattern).flatMap((each) => interfacesLines(root, each, depth + 1))
  })
}

/** The files of a pattern whose last part can have wildcards. */
function sourced(root: FinishedTree, pattern: string): string[] {
  const path = pattern.startsWith('/') ? pattern : `/etc/network/${pattern}`
  const slash = path.lastIndexOf('/')
  const name = wildcard(path.slice(slash + 1))
  const names = root.names(path.slice(0, slash))
  return names.filter((each) => name.test(each)).map((each) => `${path.slice(0, slash)}/${each}`)
}

/** The stanza of a card, or the bridge or bond that takes the card. */
export function claimOf(lines: readonly InterfacesLine[], card: string): InterfacesLine | undefined {
  return lines.find(({ words: [word = '', ...names] }) => {
    if (word === 'iface' || word === 'mapping') return names[0] === card
    return /^(bridge|bond)[_-](ports|slaves)$/.test(word) && names.includes(card)
  })
}

/** The first stanza that asks for an address in the main file, where dhcpcd's wrapper on Raspberry Pi OS looks. */
export function addressStanza(lines: readonly InterfacesLine[]): InterfacesLine | undefined {
  return lines.find(({ path, words: [word, , family, method = ''] }) => {
    return path === mainFile && word === 'iface' && family === 'inet' && /^(dhcp|static)/.test(method)
  })
}
