import { error, type Problem } from '../model/problem.js'
import type { FinishedNode } from './finished-node.js'
import { addressStanza, interfacesLines } from './interfaces-file.js'

const file = '/etc/dhcpcd.conf'

/**
 * What keeps dhcpcd from the node's address. Raspberry Pi OS does not start it where /etc/network/interfaces asks for
 * an address on any card. Then: options before the first `interface` count for all cards, the sections of a card are
 * read in order, and a later value replaces an earlier one; dhcpcd.conf(5).
 */
export function addressOnDhcpcd({ root }: FinishedNode, card: string): Problem[] {
  const stanza = addressStanza(interfacesLines(root))
  const found = stanza === undefined ? undefined : `"${stanza.words.join(' ')}"`
  return [
    ...(stanza === undefined
      ? []
      : [
          error(
            root.place(stanza.path, stanza.line),
            `dhcpcd does not start on Raspberry Pi OS because of ${found ?? ''}, and ${card} gets no address`,
            'remove this line from the base image',
          ),
        ]),
    ...againstAll(root.text(file) ?? '').map(({ line, text }) =>
      error(
        root.place(file, line),
        `"${text}" counts for ${card} too`,
        'remove this line from the base image',
      ),
    ),
  ]
}

/** Options for all cards that take the address away, or give another one. */
function againstAll(text: string): { line: number; text: string }[] {
  const lines = text.split('\n').map((line) => line.trim())
  const end = lines.findIndex((line) => /^(interface|ssid|profile)\b/.test(line))
  const all = lines.slice(0, end === -1 ? undefined : end)
  return all.flatMap((line, index) => {
    return /^(noipv4|ipv6only|nodhcp|noconfigure|inform\b.*|static\s+(ip_address|routers)=.*)$/.test(line)
      ? [{ line: index + 1, text: line }]
      : []
  })
}
