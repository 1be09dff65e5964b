import { isOff, keyfileValue } from '../model/keyfile.js'
import { error, type Problem } from '../model/problem.js'
import { wildcard } from '../model/wildcard.js'
import { isWifiCard } from '../model/network-card.js'
import type { FinishedNode } from './finished-node.js'
import type { FinishedTree } from './finished-tree.js'
import { keyfileOf, nmConfig, unmanagedBy } from './nm-config.js'

const profileFolders = [
  '/etc/NetworkManager/system-connections',
  '/usr/lib/NetworkManager/system-connections',
]

/**
 * What keeps NetworkManager from the node's own profile. A card is managed unless a device list names it
 * (NetworkManager.conf(5), `unmanaged-devices`, `managed`). Of the profiles for a card, that with the highest
 * autoconnect-priority wins, then the last one used, then the lower UUID (nm-settings(5), "autoconnect-priority").
 */
export function addressOnNetworkManager({ root }: FinishedNode, card: string): Problem[] {
  const own = `${profileFolders[0] ?? ''}/${card}.nmconnection`
  if (root.content(own) === undefined) return []
  const config = nmConfig(root)
  const unmanaged = unmanagedBy(config, card)
  const folder = config.findLast(({ section, key }) => section === 'keyfile' && key === 'path')
  return [
    ...(unmanaged === undefined
      ? []
      : [
          error(
            root.place(unmanaged.path, unmanaged.line),
            `${unmanaged.key}=${unmanaged.value} keeps NetworkManager from ${card}`,
            'remove this line from the base image',
          ),
        ]),
    ...(folder === undefined || folder.value === profileFolders[0]
      ? []
      : [
          error(
            root.place(folder.path, folder.line),
            `NetworkManager reads its profiles from ${folder.value}, not from ${profileFolders[0] ?? ''}`,
            'remove this line from the base image',
          ),
        ]),
    ...profilesBefore(root, own, card),
    ...takenByNetplan(root, card),
    ...byUdev(root, card),
    ...byDhcpcd(root, card),
  ]
}

/** Profiles that can win over the node's own, which has the highest priority that there is. */
function profilesBefore(root: FinishedTree, own: string, card: string): Problem[] {
  const type = isWifiCard(card) ? /^(wifi|802-11-wireless)$/ : /^(ethernet|802-3-ethernet)$/
  return profileFolders.flatMap((folder) =>
    root.names(folder).flatMap((name) => {
      const path = `${folder}/${name}`
      const content = path === own || !name.endsWith('.nmconnection') ? undefined : root.content(path)
      if (content === undefined) return []
      const values = keyfileOf(content)
      const valueOf = (...keys: string[]) => keyfileValue(values, 'connection', ...keys)
      const isOfCard =
        [card, undefined].includes(valueOf('interface-name')) && type.test(valueOf('type') ?? '')
      const takesPorts = /^(1|true)$/.test(valueOf('autoconnect-slaves', 'autoconnect-ports') ?? '')
      const isBefore = Number(valueOf('autoconnect-priority') ?? 0) >= 999 && !isOff(valueOf('autoconnect'))
      if (!(isOfCard && isBefore) && !(takesPorts && hasPort(root, valueOf, card))) return []
      const what = `the profile ${name} can take ${card} from the node's own profile`
      return [error(root.place(path), what, 'remove it from the base image, or give it a lower priority')]
    }),
  )
}

/** Whether a profile of a card is a port of this bridge or bond, which then connects it. */
function hasPort(
  root: FinishedTree,
  bridge: (...keys: string[]) => string | undefined,
  card: string,
): boolean {
  const names = [bridge('id'), bridge('uuid'), bridge('interface-name')].filter((name) => name !== undefined)
  return profileFolders.some((folder) =>
    root.names(folder).some((name) => {
      const content = root.content(`${folder}/${name}`)
      if (content === undefined) return false
      const values = keyfileOf(content)
      const controller = keyfileValue(values, 'connection', 'master', 'controller')
      const isOfCard = keyfileValue(values, 'connection', 'interface-name') === card
      return isOfCard && controller !== undefined && names.includes(controller)
    }),
  )
}

/** A bridge, bond or VLAN of netplan that has the card, or a definition in a form that piimg does not change. */
function takenByNetplan(root: FinishedTree, card: string): Problem[] {
  return ['/usr/lib/netplan', '/etc/netplan'].flatMap((folder) =>
    root.names(folder).flatMap((name) => {
      const path = `${folder}/${name}`
      const lines = name.endsWith('.yaml') ? (root.text(path) ?? '').split('\n') : []
      const word = new RegExp(`(^|[\\s"'[{,-])${card}($|[\\s"'\\]},:])`)
      const at = lines.findIndex((line) => !line.trimStart().startsWith('#') && word.test(line))
      if (at === -1) return []
      const what = `netplan uses ${card} here`
      return [error(root.place(path, at + 1), what, `remove ${card} from this file of the base image`)]
    }),
  )
}

/** `ENV{NM_UNMANAGED}="1"`; NetworkManager.conf(5), `managed`. A rule without a name counts for every card. */
function byUdev(root: FinishedTree, card: string): Problem[] {
  const folder = '/etc/udev/rules.d'
  return root.names(folder).flatMap((name) => {
    const lines = name.endsWith('.rules') ? (root.text(`${folder}/${name}`) ?? '').split('\n') : []
    const at = lines.findIndex((line) => {
      if (!/^[^#]*ENV\{NM_UNMANAGED\}:?="(1|true)"/.test(line)) return false
      const [, pattern] = /(?:KERNEL|NAME|ENV\{INTERFACE\})=="([^"]*)"/.exec(line) ?? []
      return pattern === undefined || pattern.split('|').some((each) => wildcard(each).test(card))
    })
    if (at === -1) return []
    const what = `a rule of udev keeps NetworkManager from ${card}`
    return [error(root.place(`${folder}/${name}`, at + 1), what, 'remove this line from the base image')]
  })
}

/** A second program that asks for an address, unless its own configuration leaves the card out. */
function byDhcpcd(root: FinishedTree, card: string): Problem[] {
  const unit = '/etc/systemd/system/multi-user.target.wants/dhcpcd.service'
  if (root.findLink(unit) === undefined) return []
  const denied = [...(root.text('/etc/dhcpcd.conf') ?? '').matchAll(/^\s*denyinterfaces\s+(.*)$/gm)]
  const patterns = denied.flatMap(([, names = '']) => names.split(/[\s,]+/))
  if (patterns.some((pattern) => wildcard(pattern).test(card))) return []
  const what = `dhcpcd configures ${card} too, beside NetworkManager`
  return [error(root.place(unit), what, 'disable dhcpcd.service in the base image')]
}
