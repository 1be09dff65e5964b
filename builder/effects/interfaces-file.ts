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
  const folder = path.slice(0, path.lastIndexOf('/'))
  return joined(text).flatMap(({ line, words }) => {
    const [first = '#', ...names] = words
    if (first.startsWith('#')) return []
    if (first !== 'source' && first !== 'source-directory') return [{ path, line, words }]
    return names.flatMap((name) => {
      const pattern = name.startsWith('/') ? name : `${folder}/${name}`
      const files = first === 'source' ? sourced(root, pattern) : inFolder(root, pattern)
      return files.flatMap((each) => interfacesLines(root, each, depth + 1))
    })
  })
}

/** Lines as words; a backslash at the end continues a line. */
function joined(text: string): { line: number; words: string[] }[] {
  const found: { line: number; text: string }[] = []
  let isContinued = false
  for (const [index, line] of text.split('\n').entries()) {
    const last = found.at(-1)
    if (isContinued && last !== undefined) last.text += line.replace(/\\$/, ' ')
    else found.push({ line: index + 1, text: line.replace(/\\$/, ' ') })
    isContinued = line.endsWith('\\')
  }
  return found.map(({ line, text }) => ({ line, words: text.split(/\s+/).filter((word) => word !== '') }))
}

/** The files of a pattern whose last part can have wildcards. */
function sourced(root: FinishedTree, path: string): string[] {
  const slash = path.lastIndexOf('/')
  const name = wildcard(path.slice(slash + 1))
  const names = root.names(path.slice(0, slash))
  return names.filter((each) => name.test(each)).map((each) => `${path.slice(0, slash)}/${each}`)
}

function inFolder(root: FinishedTree, folder: string): string[] {
  return sourced(root, `${folder}/*`).filter((path) => /\/[\w-]+$/.test(path))
}

/** The stanza of a card, an alias of it, or the bridge or bond that takes the card. */
export function claimOf(lines: readonly InterfacesLine[], card: string): InterfacesLine | undefined {
  return lines.find(({ words: [word = '', ...names] }) => {
    const [first = ''] = names
    if (word === 'iface') return first.replace(/:.*/, '') === card
    if (word === 'mapping') return wildcard(first).test(card)
    if (/^(auto|allow-)/.test(word)) return names.some((name) => isLogicalOf(name, card))
    if (!/^(bridge|bond)[_-](ports|slaves)$/.test(word)) return false
    if (first === 'regex') return names.slice(1).some((pattern) => isRegexOf(pattern, card))
    return names.includes(card) || (first === 'all' && /^(eth|en)/.test(card))
  })
}

/** Whether a card is brought up by the stanza of another name: `eth0=lan`, `/e*=lan`. */
function isLogicalOf(name: string, card: string): boolean {
  const [physical = '', logical] = name.split('=')
  if (logical === undefined) return false
  return wildcard(physical.replace(/^\/([^/]*).*$/, '$1')).test(card)
}

/** bridge-utils-interfaces(5): an extended regular expression of the whole name. */
function isRegexOf(pattern: string, card: string): boolean {
  try {
    return new RegExp(`^(${pattern})$`).test(card)
  } catch {
    return false
  }
}

/** Whether ifupdown brings a card up at the boot: `auto`, or `allow-hotplug`. */
export function isStarted(lines: readonly InterfacesLine[], card: string): boolean {
  return lines.some(({ words: [word = '', ...names] }) => {
    return /^(auto|allow-(auto|hotplug))$/.test(word) && names.some((name) => name.split('=', 1)[0] === card)
  })
}

/** The first stanza that asks for an address in the main file, where dhcpcd's wrapper on Raspberry Pi OS looks. */
export function addressStanza(lines: readonly InterfacesLine[]): InterfacesLine | undefined {
  return lines.find(({ path, words: [word, , family, method = ''] }) => {
    return path === mainFile && word === 'iface' && family === 'inet' && /^(dhcp|static)/.test(method)
  })
}
