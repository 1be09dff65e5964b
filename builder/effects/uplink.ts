import { matchInDeviceList } from '../model/device-list.js'
import { isOff, keyfileValue } from '../model/keyfile.js'
import { isWifiCard } from '../model/network-card.js'
import { type Problem, warning } from '../model/problem.js'
import { dhcpcdFile, optionsFor } from './dhcpcd-conf.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import { claimOf, type InterfacesLine, interfacesLines, isStarted } from './interfaces-file.js'
import { nmConfig, unmanagedBy } from './nm-config.js'
import { autoconnects, connection, isForCard, nmProfiles, type Profile } from './nm-profiles.js'
import { priorityOf } from './nm-profiles.js'
import { nodeValue } from './node-value.js'

/**
 * Something connects the uplink to the internet. In this order: an `iface` stanza (interfaces(5)), which NetworkManager
 * leaves alone, with an address, and brought up by `auto` or `allow-hotplug`; else of NetworkManager's profiles for the card
 * the one with the highest priority, then the lower UUID; else its automatic one, unless `no-auto-default` lists the card or
 * any profile is for it (NetworkManager.conf(5), nm-settings(5)); or dhcpcd, which takes all cards, unless an option says
 * no (dhcpcd.conf(5)).
 */
export const uplink: Effect = (node) => {
  const card = nodeValue(node, 'uplink')
  const { root, facts } = node
  // The same card for both is an error already.
  if (card === '' || isWifiCard(card) || card === nodeValue(node, 'interface')) return []
  const lines = interfacesLines(root)
  const claim = claimOf(lines, card)
  if (claim !== undefined) return byIfupdown(node, claim, isStarted(lines, card), card)
  return facts.networkStack === 'dhcpcd' ? byDhcpcd(node, card) : byNetworkManager(node, card)
}

function byIfupdown(
  { root }: FinishedNode,
  { path, line, words }: InterfacesLine,
  isBroughtUp: boolean,
  card: string,
): Problem[] {
  const has = /^(dhcp|static|ppp)$/.test(words[3] ?? '')
  if (has && isBroughtUp) return []
  const lacks = has ? `no line "auto ${card}" brings it up` : 'no address'
  const what = `"${words.join(' ')}" gives the uplink ${card} to ifupdown, and ${lacks}`
  return [warning(root.place(path, line), what, 'remove this line from the base image')]
}

function byDhcpcd(node: FinishedNode, card: string): Problem[] {
  const options = optionsFor(node.root, card)
  const fixed = options.findLast(({ text }) => /^static\s+ip_address=./.test(text))
  const hasRouters = options.some(({ text }) => /^static\s+routers=./.test(text))
  const against =
    fixed === undefined
      ? /^(noipv4|ipv6only|nogateway|noconfigure|nodhcp)$/
      : /^(noipv4|ipv6only|nogateway|noconfigure)$/
  const by = options.find(({ text }) => against.test(text)) ?? (hasRouters ? undefined : fixed)
  if (by === undefined) return []
  const place = node.root.place(dhcpcdFile, by.line)
  return [warning(place, nothing(card, `"${by.text}"`), 'remove this line from the base image')]
}

const nothing = (card: string, by: string): string =>
  `nothing connects the uplink ${card} to the internet, because of ${by}`

function byNetworkManager({ root }: FinishedNode, card: string): Problem[] {
  const config = nmConfig(root)
  const hint = 'remove this line from the base image, or add a profile'
  const unmanaged = unmanagedBy(config, card)
  if (unmanaged !== undefined)
    return [
      warning(
        root.place(unmanaged.path, unmanaged.line),
        nothing(card, `${unmanaged.key}=${unmanaged.value}`),
        hint,
      ),
    ]
  const profiles = nmProfiles(root).filter((profile) => isForCard(profile, card))
  if (profiles.length > 0) return ofProfile(profiles, root, card)
  const automatic = config.findLast(({ section, key }) => section === 'main' && key === 'no-auto-default')
  if (automatic === undefined || matchInDeviceList(automatic.value, card) !== 'yes') return []
  return [
    warning(
      root.place(automatic.path, automatic.line),
      nothing(card, `${automatic.key}=${automatic.value}`),
      hint,
    ),
  ]
}

function ofProfile(profiles: readonly Profile[], root: FinishedNode['root'], card: string): Problem[] {
  const uuid = (profile: Profile) => connection(profile, 'uuid') ?? ''
  const [first] = profiles
    .filter(autoconnects)
    .toSorted((one, other) => priorityOf(other) - priorityOf(one) || (uuid(one) < uuid(other) ? -1 : 1))
  const profile = first ?? profiles[0]
  const lacks = first === undefined ? 'does not connect it automatically' : lackOf(first)
  if (profile === undefined || lacks === undefined) return []
  const what = `the profile ${profile.name} of the uplink ${card} ${lacks}`
  return [warning(root.place(profile.path), what, 'change or remove this profile in the base image')]
}

/** What a profile lacks for the internet; without a method it is `auto`. */
function lackOf({ values }: Profile): string | undefined {
  const own = values.filter(({ section }) => section === 'ipv4')
  const value = (key: string) => keyfileValue(own, 'ipv4', key)
  const method = value('method') ?? 'auto'
  if (!/^(auto|manual)$/.test(method)) return `has the method ${method}`
  const hasGateway = own.some(({ key, value: text }) => {
    return /^(gateway|route\d*)$/.test(key) || (/^address\d*$/.test(key) && text.includes(','))
  })
  const never = value('never-default')
  const isNever = never !== undefined && !isOff(never)
  return isNever || (method === 'manual' && !hasGateway) ? 'has no default route' : undefined
}
