import type { Content } from '../model/content.js'
import { matchInDeviceList } from '../model/device-list.js'
import { isOff, type KeyfileValue, keyfileValue, keyfileValues } from '../model/keyfile.js'
import { memo } from '../model/memo.js'
import type { FinishedTree } from './finished-tree.js'
import { textOf } from './text.js'

/** A value of NetworkManager's configuration. */
export interface Setting extends KeyfileValue {
  readonly path: string
}

/** The values of a keyfile; all nodes of a base image have most of them in common. */
export const keyfileOf = memo((content: Content) => keyfileValues(textOf(content)))

const main = '/etc/NetworkManager/NetworkManager.conf'
const intern = '/var/lib/NetworkManager/NetworkManager-intern.conf'

/**
 * NetworkManager's configuration in the order in which it is read: a later value replaces an earlier one, and a file of
 * /etc/NetworkManager/conf.d one of the same name in /usr/lib; `[.config] enable` can switch off each file except the main
 * one. NetworkManager.conf(5), "Description" and ".config sections".
 */
export function nmConfig(root: FinishedTree): readonly Setting[] {
  const etc = filesOf(root, '/etc/NetworkManager/conf.d')
  const names = new Set(etc.map(nameOf))
  const lib = filesOf(root, '/usr/lib/NetworkManager/conf.d').filter((path) => !names.has(nameOf(path)))
  return [...lib, main, ...etc, intern].flatMap((path) => {
    const content = root.content(path)
    const settings = content === undefined ? [] : settingsOf(content, path)
    return path !== main && isOff(keyfileValue(settings, '.config', 'enable')) ? [] : settings
  })
}

const settingsOf = memo((content: Content, path: string) =>
  keyfileOf(content).map((value) => ({ ...value, path })),
)

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

function filesOf(root: FinishedTree, folder: string): string[] {
  return root
    .names(folder)
    .filter((name) => name.endsWith('.conf'))
    .map((name) => `${folder}/${name}`)
}

/** The setting by which NetworkManager leaves a card alone. */
export function unmanagedBy(config: readonly Setting[], card: string): Setting | undefined {
  let list: Setting[] = []
  for (const setting of config) {
    if (setting.section !== 'keyfile') continue
    if (setting.key === 'unmanaged-devices') list = [setting]
    if (setting.key === 'unmanaged-devices+') list = [...list, setting]
  }
  if (matchInDeviceList(list.map(({ value }) => value).join(';'), card) === 'yes') return list.at(-1)
  const first = deviceSetting(config, 'managed', card)
  return isOff(first?.value) ? first : undefined
}

/** The value of a `[device…]` section for a card: a section of a later file comes first, and the first one that matches decides. */
export function deviceSetting(config: readonly Setting[], key: string, card: string): Setting | undefined {
  const sections = config.filter((setting) => setting.section.startsWith('device') && setting.key === key)
  return sections.findLast(({ section, path }) => {
    const own = config.filter((setting) => setting.path === path)
    return matchInDeviceList(keyfileValue(own, section, 'match-device') ?? '*', card) === 'yes'
  })
}
