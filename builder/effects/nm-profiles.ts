import { isOff, keyfileValue, type KeyfileValue } from '../model/keyfile.js'
import { isWifiCard } from '../model/network-card.js'
import type { FinishedTree } from './finished-tree.js'
import { keyfileOf } from './nm-config.js'

/** The folder of the node's own profiles. */
export const profileFolder = '/etc/NetworkManager/system-connections'

/** A profile that NetworkManager reads. */
export interface Profile {
  readonly path: string
  readonly name: string
  readonly values: readonly KeyfileValue[]
}

/**
 * The profiles that NetworkManager reads: files of root that nobody else can read. In /etc they may have any name except
 * those of backups, in /usr/lib they end in .nmconnection; for one UUID, /etc hides /usr/lib. NetworkManager.conf(5),
 * "keyfile"; its nm_keyfile_utils_ignore_filename() and nms_keyfile_utils_check_file_permissions_stat().
 */
export function nmProfiles(root: FinishedTree): readonly Profile[] {
  const own = profilesIn(root, profileFolder, (name) => !/^\.|~$|\.(pem|der)$|\.\w{6}$/i.test(name))
  const uuids = new Set(own.map((profile) => connection(profile, 'uuid')))
  const vendor = profilesIn(root, '/usr/lib/NetworkManager/system-connections', isNamed)
  return [...own, ...vendor.filter((profile) => !uuids.has(connection(profile, 'uuid') ?? ''))]
}

const isNamed = (name: string): boolean => /.\.nmconnection$/.test(name)

function profilesIn(root: FinishedTree, folder: string, isRead: (name: string) => boolean): Profile[] {
  return root.names(folder).flatMap((name) => {
    const path = `${folder}/${name}`
    const found = isRead(name) ? root.find(path) : undefined
    if (found?.kind !== 'file' || found.uid !== 0 || (found.mode & 0o077) !== 0) return []
    const content = root.content(path)
    return content === undefined ? [] : [{ path, name, values: keyfileOf(content) }]
  })
}

/** A value of the section `[connection]`, by any of its names. */
export function connection({ values }: Profile, ...keys: readonly string[]): string | undefined {
  return keyfileValue(values, 'connection', ...keys)
}

/** Whether a profile is for a card; those for one MAC address are for the old Raspberry Pi's. */
export function isForCard(profile: Profile, card: string): boolean {
  const type = isWifiCard(card) ? /^(wifi|802-11-wireless)$/ : /^(ethernet|802-3-ethernet)$/
  const isOfBoard = profile.values.some(({ key, section }) => key === 'mac-address' && type.test(section))
  if (isOfBoard || !type.test(connection(profile, 'type') ?? '')) return false
  return [card, undefined].includes(connection(profile, 'interface-name'))
}

export function autoconnects(profile: Profile): boolean {
  return !isOff(connection(profile, 'autoconnect'))
}

export function priorityOf(profile: Profile): number {
  return Number(connection(profile, 'autoconnect-priority') ?? 0)
}
