import { error, type Problem } from '../model/problem.js'
import { dhcpcdFile, dhcpcdOptions, optionsFor } from './dhcpcd-conf.js'
import type { FinishedNode } from './finished-node.js'
import { addressStanza, interfacesLines } from './interfaces-file.js'
import { isWifiCard } from '../model/network-card.js'
import { nodeValue } from './node-value.js'

const hint = 'remove this line from the base image'

/**
 * What keeps dhcpcd from the node's address. Raspberry Pi OS does not start it where /etc/network/interfaces asks for
 * an address on any card. Then, in the order of dhcpcd.conf(5): options before the first `interface` count for all cards;
 * a section of the card, or of the Wi-Fi's `ssid`, comes after them, and a later value replaces an earlier one, except
 * `routers`, which add up. The plan takes the card's own sections, `denyinterfaces` and `allowinterfaces` over.
 */
export function addressOnDhcpcd(node: FinishedNode, card: string): Problem[] {
  const { root } = node
  const stanza = addressStanza(interfacesLines(root))
  const found = stanza?.words.join(' ') ?? ''
  const what = `dhcpcd does not start on Raspberry Pi OS because of "${found}", and ${card} gets no address`
  return [
    ...(stanza === undefined ? [] : [error(root.place(stanza.path, stanza.line), what, hint)]),
    ...against(node, card),
  ]
}

const always = /^(noipv4|ipv6only|noconfigure|noup|static\s+routers=.*)$/
/** For an address by DHCP also what gives another one, leaves out servers, or names all nodes alike. */
const byDhcp =
  /^(nodhcp|randomise_hwaddr|anonymous|inform\b.*|(whitelist|blacklist|reject|clientid)\s.+|duid\s+(?!ll$|lt$|uuid$).*|static\s+ip_address=.*)$/

/** Options that take the address or its gateway away, or give another one; proved in real-dhcpcd.test.ts. */
function against(node: FinishedNode, card: string): Problem[] {
  const { root } = node
  const isGatewayless = dhcpcdOptions(root).some(({ isOwn, text }) => isOwn && text === 'nogateway')
  const isDhcp = nodeValue(node, 'address') === 'dhcp'
  const ssid = isWifiCard(card) ? nodeValue(node, 'wifi_ssid') : ''
  const isAgainst = (text: string): boolean =>
    always.test(text) || (isDhcp && byDhcp.test(text)) || (text === 'nogateway' && !isGatewayless)
  return optionsFor(root, card, ssid)
    .filter(({ text }) => isAgainst(text))
    .map(({ line, text }) => error(root.place(dhcpcdFile, line), `"${text}" counts for ${card} too`, hint))
}
