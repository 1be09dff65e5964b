import { error, type Problem } from '../model/problem.js'
import { wildcard } from '../model/wildcard.js'
import type { FinishedNode } from './finished-node.js'
import type { FinishedTree } from './finished-tree.js'
import { deviceSetting, nmConfig, type Setting, unmanagedBy } from './nm-config.js'
import { takenByNetplan } from './netplan.js'
import { autoconnects, connection, isForCard, nmProfiles, type Profile } from './nm-profiles.js'
import { priorityOf, profileFolder } from './nm-profiles.js'

/**
 * What keeps NetworkManager from the node's own profile, in this order (NetworkManager.conf(5)): `keyfile.unmanaged-devices`,
 * `managed` of `[device…]`, or `NM_UNMANAGED` of a rule of udev leaves the card alone; `keyfile.path` is another folder;
 * `allowed-connections` of `[device…]` leaves the profile out. Of the other profiles for the card, that with the highest
 * autoconnect-priority wins, then the last one used, then the lower UUID (nm-settings(5), "autoconnect-priority"); a bridge
 * or bond with autoconnect-ports connects its ports. netplan makes profiles before NetworkManager starts.
 */
export function addressOnNetworkManager({ root }: FinishedNode, card: string): Problem[] {
  const profiles = nmProfiles(root)
  const own = profiles.find(({ path }) => path === `${profileFolder}/${card}.nmconnection`)
  if (own === undefined) return []
  return [
    ...bySettings(root, own, card),
    ...profilesBefore(root, profiles, own, card),
    ...takenByNetplan(root, card),
    ...byUdev(root, card),
  ]
}

const remove = 'remove this line from the base image'

function bySettings(root: FinishedTree, own: Profile, card: string): Problem[] {
  const config = nmConfig(root)
  const report = (by: Setting | undefined, what: string): Problem[] =>
    by === undefined ? [] : [error(root.place(by.path, by.line), what, remove)]
  const folder = config.findLast(({ section, key }) => section === 'keyfile' && key === 'path')
  const isOther = folder !== undefined && folder.value !== profileFolder
  const unmanaged = unmanagedBy(config, card)
  const allowed = deviceSetting(config, 'allowed-connections', card)
  const isAllowed = allowed === undefined || allowsProfile(allowed.value, own)
  return [
    ...report(
      unmanaged,
      `${unmanaged?.key ?? ''}=${unmanaged?.value ?? ''} keeps NetworkManager from ${card}`,
    ),
    ...report(
      isOther ? folder : undefined,
      `NetworkManager reads its profiles from ${folder?.value ?? ''}, not from ${profileFolder}`,
    ),
    ...report(
      isAllowed ? undefined : allowed,
      `allowed-connections=${allowed?.value ?? ''} keeps the node's profile from ${card}`,
    ),
  ]
}

/** NetworkManager.conf(5), "Connection List Format". */
function allowsProfile(list: string, own: Profile): boolean {
  const specs = list.split(/[,;]/).map((spec) => spec.trim())
  const names = ['*', `id:${connection(own, 'id') ?? ''}`, `uuid:${connection(own, 'uuid') ?? ''}`]
  if (specs.some((spec) => spec.startsWith('except:') && names.includes(spec.slice('except:'.length))))
    return false
  return specs.every((spec) => spec.startsWith('except:')) || specs.some((spec) => names.includes(spec))
}

/** Profiles that can win over the node's own, which has the highest priority that there is. */
function profilesBefore(
  root: FinishedTree,
  profiles: readonly Profile[],
  own: Profile,
  card: string,
): Problem[] {
  return profiles.flatMap((profile) => {
    if (profile === own) return []
    const takesPorts = /^(1|true)$/.test(connection(profile, 'autoconnect-slaves', 'autoconnect-ports') ?? '')
    const isBefore = isForCard(profile, card) && priorityOf(profile) >= 999 && autoconnects(profile)
    if (!isBefore && !(takesPorts && hasPort(profiles, profile, card))) return []
    const what = `the profile ${profile.name} can take ${card} from the node's own profile`
    return [
      error(root.place(profile.path), what, 'remove it from the base image, or give it a lower priority'),
    ]
  })
}

/** Whether a profile of a card is a port of this bridge or bond, which then connects it. */
function hasPort(profiles: readonly Profile[], bridge: Profile, card: string): boolean {
  const names = ['id', 'uuid', 'interface-name'].map((key) => connection(bridge, key))
  return profiles.some((profile) => {
    const controller = connection(profile, 'master', 'controller')
    return (
      connection(profile, 'interface-name') === card && controller !== undefined && names.includes(controller)
    )
  })
}

/**
 * `ENV{NM_UNMANAGED}="1"`; NetworkManager.conf(5), `managed`. A rule without a name counts for every card, one with a MAC
 * address for the old Raspberry Pi's. Rules of packages, in /usr/lib, are about cards that these make.
 */
function byUdev(root: FinishedTree, card: string): Problem[] {
  const folder = '/etc/udev/rules.d'
  return root.names(folder).flatMap((name) => {
    const lines = name.endsWith('.rules') ? (root.text(`${folder}/${name}`) ?? '').split('\n') : []
    const at = lines.findIndex((line) => {
      if (!/^[^#]*ENV\{NM_UNMANAGED\}:?="(1|true)"/.test(line) || /ATTRS?\{address\}==/.test(line))
        return false
      const [, pattern] = /(?:KERNEL|NAME|ENV\{INTERFACE\})=="([^"]*)"/.exec(line) ?? []
      return pattern === undefined || pattern.split('|').some((each) => wildcard(each).test(card))
    })
    if (at === -1 || isOn(deviceSetting(nmConfig(root), 'managed', card)?.value)) return []
    const what = `a rule of udev keeps NetworkManager from ${card}`
    return [error(root.place(`${folder}/${name}`, at + 1), what, remove)]
  })
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(1|yes|true|on)$/i.test(value)
}
