import { readConfig } from '../boot/config-txt.js'
import { boards } from '../model/board.js'
import { type Problem, warning } from '../model/problem.js'
import { placeOfWord } from './asked-word.js'
import type { FinishedNode } from './finished-node.js'
import { kernelWords } from './kernel-command-line.js'
import { nodeValue } from './node-value.js'
import { maskOf } from './units.js'

const hint = 'remove it from the base image'
const off = (line = ''): string => `"${line.trim()}" switches the Wi-Fi off`

/** What keeps the kernel from a radio; the order is that of wifi.ts. */
export function radioOff(node: FinishedNode): Problem[] {
  return [...byFirmware(node), ...byCommandLine(node), ...byBlacklist(node), ...byRfkill(node)]
}

const disabling = /^(pi3-)?disable-wifi(-pi5)?$/

/** In config.txt and the files that it includes; where the board is known, only in parts for it. */
function byFirmware(node: FinishedNode): Problem[] {
  const { boot } = node
  const config = boot.text('/config.txt') ?? ''
  const included = [...config.matchAll(/^\s*include\s+(\S+)/gm)].map(([, name = '']) => `/${name}`)
  return ['/config.txt', ...included].flatMap((path) => {
    const lines = (boot.text(path) ?? '').split('\n')
    const at = lines.findIndex((line) => disabling.test(overlayIn(line)))
    if (at === -1 || !countsForBoard(node)) return []
    return [warning(boot.place(path, at + 1), off(lines[at]), hint)]
  })
}

function overlayIn(line: string): string {
  return /^\s*(?:dtoverlay|device_tree_overlay)=([^,\s]*)/.exec(line)?.[1] ?? ''
}

function countsForBoard(node: FinishedNode): boolean {
  const possible = boards[nodeValue(node, 'board')]
  if (possible === undefined) return true
  const read = (path: string) => node.boot.text(path)
  return possible.some((board) =>
    readConfig(read, board)
      .all('dtoverlay')
      .some((overlay) => disabling.test(overlay.replace(/,.*/, ''))),
  )
}

const drivers = ['cfg80211', 'brcmfmac', 'brcmutil']

function byCommandLine(node: FinishedNode): Problem[] {
  const word = kernelWords(node).find((each) => {
    const [, list = ''] = /^(?:modprobe\.blacklist|module_blacklist)=(.*)$/.exec(each) ?? []
    return list.split(',').some((name) => drivers.includes(name))
  })
  return word === undefined ? [] : [warning(placeOfWord(node, word), off(word), hint)]
}

const folders = ['/etc/modprobe.d', '/usr/local/lib/modprobe.d', '/usr/lib/modprobe.d']
const modules = new RegExp(
  `^\\s*(blacklist\\s+(${drivers.join('|')})|install\\s+(${drivers.join('|')})\\s+(/usr)?/bin/(true|false)|alias\\s+brcmfmac\\s+off)\\s*$`,
)

function byBlacklist({ root }: FinishedNode): Problem[] {
  const seen = new Set<string>()
  return folders.flatMap((folder) =>
    root.names(folder).flatMap((name) => {
      if (!name.endsWith('.conf') || seen.has(name)) return []
      seen.add(name)
      const path = `${folder}/${name}`
      const lines = (root.text(path) ?? '').split('\n')
      const at = lines.findIndex((line) => modules.test(line))
      return at === -1 ? [] : [warning(root.place(path, at + 1), off(lines[at]), hint)]
    }),
  )
}

/** NetworkManager unblocks the radio itself; for dhcpcd, systemd-rfkill restores what the plan wrote. */
function byRfkill(node: FinishedNode): Problem[] {
  const { root, facts } = node
  if (facts.networkStack !== 'dhcpcd') return []
  const unit = ['systemd-rfkill.service', 'systemd-rfkill.socket'].find(
    (each) => maskOf(root, each) !== undefined,
  )
  const isKept = kernelWords(node).includes('systemd.restore_state=0')
  const by = unit === undefined ? (isKept ? 'systemd.restore_state=0' : undefined) : `${unit} is masked`
  if (by === undefined) return []
  const place =
    unit === undefined ? placeOfWord(node, 'systemd.restore_state=0') : root.place('/etc/systemd/system')
  return [warning(place, `the radio may stay off: ${by}`, hint)]
}
