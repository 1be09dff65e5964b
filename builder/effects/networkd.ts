import { keyfileValue, type KeyfileValue } from '../model/keyfile.js'
import { error, type Problem } from '../model/problem.js'
import { isWifiCard } from '../model/network-card.js'
import { wildcard } from '../model/wildcard.js'
import type { FinishedNode } from './finished-node.js'
import type { FinishedTree } from './finished-tree.js'
import { keyfileOf } from './nm-config.js'

const folders = [
  '/etc/systemd/network',
  '/usr/local/lib/systemd/network',
  '/usr/lib/systemd/network',
] as const

/** Files of one ending by name, in the order of systemd: one in an earlier folder replaces others of its name. */
export function networkdFiles(root: FinishedTree, ending: string): readonly string[] {
  const found = new Map<string, string>()
  for (const folder of folders) {
    for (const name of root.names(folder).filter((each) => each.endsWith(ending))) {
      if (!found.has(name)) found.set(name, `${folder}/${name}`)
    }
  }
  return [...found].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, path]) => path)
}

/**
 * systemd-networkd's settings of a card, if it runs: the first file that matches decides (systemd.network(5)), and piimg's
 * own, by which it leaves the card alone, is 00-piimg.network. A match by something else than name and type, such as the
 * old Raspberry Pi's MAC address, does not count.
 */
export function byNetworkd({ root, facts }: FinishedNode, card: string): Problem[] {
  if (!facts.tags.networkd) return []
  return networkdFiles(root, '.network').flatMap((path) => {
    const name = path.slice(path.lastIndexOf('/') + 1)
    const content = name < '00-piimg.network' ? root.content(path) : undefined
    if (content === undefined || !matches(keyfileOf(content), card)) return []
    const what = `systemd-networkd configures ${card} by ${name}`
    return [
      error(root.place(path), what, 'remove this file from the base image, or disable systemd-networkd'),
    ]
  })
}

function matches(values: readonly KeyfileValue[], card: string): boolean {
  const other = values.some(({ section, key }) => section === 'Match' && !/^(Name|Type)$/.test(key))
  const names = listOf(values, 'Name')
  const type = keyfileValue(values, 'Match', 'Type')
  const isOfType = type === undefined || type.split(/\s+/).includes(isWifiCard(card) ? 'wlan' : 'ether')
  return !other && isOfType && (names.length === 0 || isNamed(names, card))
}

/** A value that may be given several times. */
function listOf(values: readonly KeyfileValue[], key: string): string[] {
  const own = values.filter((value) => value.section === 'Match' && value.key === key)
  return own.flatMap(({ value }) => value.split(/\s+/))
}

/** A list of patterns; after a `!` it means all other names. */
function isNamed([first = '', ...others]: readonly string[], card: string): boolean {
  const patterns = [first.replace(/^!/, ''), ...others]
  return patterns.some((pattern) => wildcard(pattern).test(card)) !== first.startsWith('!')
}
