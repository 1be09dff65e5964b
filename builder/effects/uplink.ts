import { isWifiCard } from '../model/network-card.js'
import { matchInDeviceList } from '../model/device-list.js'
import { warning } from '../model/problem.js'
import { claimOf, interfacesLines } from './interfaces-file.js'
import type { FinishedNode } from './finished-node.js'
import { forSameNetwork } from './for-same-network.js'
import { keyfileOf, nmConfig, unmanagedBy } from './nm-config.js'
import { nodeValue } from './node-value.js'

/**
 * Something configures the uplink: an `iface` stanza with an address (interfaces(5)), which NetworkManager leaves
 * alone; else a profile of NetworkManager; else its automatic one, unless `no-auto-default` lists the card
 * (NetworkManager.conf(5)); or dhcpcd, which takes all cards.
 */
export const uplink = forSameNetwork((node) => {
  const card = nodeValue(node, 'uplink')
  const { root, facts } = node
  if (card === '' || isWifiCard(card)) return []
  const claim = claimOf(interfacesLines(root), card)
  if (claim !== undefined) {
    if (/^(dhcp|static|ppp)$/.test(claim.words[3] ?? '')) return []
    const what = `"${claim.words.join(' ')}" gives the uplink ${card} to ifupdown, and no address`
    return [warning(root.place(claim.path, claim.line), what, 'remove this line from the base image')]
  }
  if (facts.networkStack === 'dhcpcd') return []
  const config = nmConfig(root)
  const unmanaged = unmanagedBy(config, card)
  const automatic = config.findLast(({ section, key }) => section === 'main' && key === 'no-auto-default')
  const isNotAutomatic = automatic !== undefined && matchInDeviceList(automatic.value, card) === 'yes'
  const by = unmanaged ?? (isNotAutomatic && !hasProfile(node, card) ? automatic : undefined)
  if (by === undefined) return []
  const what = `nothing configures the uplink ${card}, because of ${by.key}=${by.value}`
  return [
    warning(root.place(by.path, by.line), what, 'remove this line from the base image, or add a profile'),
  ]
})

function hasProfile({ root }: FinishedNode, card: string): boolean {
  const folder = '/etc/NetworkManager/system-connections'
  return root.names(folder).some((name) => {
    const content = root.content(`${folder}/${name}`)
    const own = content === undefined ? [] : keyfileOf(content)
    const connection = own.filter(({ section }) => section === 'connection')
    return connection.some(({ key, value }) => key === 'interface-name' && value === card)
  })
}
