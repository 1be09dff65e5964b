import type { Content } from '../model/content.js'
import { memo } from '../model/memo.js'
import type { FinishedTree } from './finished-tree.js'
import { textOf } from './text.js'

export const dhcpcdFile = '/etc/dhcpcd.conf'

/** An option of dhcpcd.conf(5). */
export interface DhcpcdOption {
  /** Counted from 1. */
  readonly line: number
  readonly text: string
  /** `interface eth0`, `ssid Home`, `profile x`; empty for all cards. */
  readonly section: string
  /** Whether piimg wrote it. */
  readonly isOwn: boolean
}

/** The options in their order; those before the first `interface`, `ssid` or `profile` count for all cards. */
export function dhcpcdOptions(root: FinishedTree): readonly DhcpcdOption[] {
  const content = root.content(dhcpcdFile)
  return content === undefined ? [] : optionsIn(content)
}

const optionsIn = memo((content: Content): readonly DhcpcdOption[] => {
  let section = ''
  let isOwn = false
  return textOf(content)
    .split('\n')
    .flatMap((each, index) => {
      const text = each.trim()
      if (/^# (begin|end) piimg /.test(text)) isOwn = text.startsWith('# begin')
      const [, kind, name = ''] = /^(interface|ssid|profile)\s+"?([^"]*)"?$/.exec(text) ?? []
      if (kind !== undefined) section = `${kind} ${name}`
      return text === '' || text.startsWith('#') ? [] : [{ line: index + 1, text, section, isOwn }]
    })
})

/** The options of the base image that count for a card, which may be connected to this Wi-Fi. */
export function optionsFor(root: FinishedTree, card: string, ssid = ''): readonly DhcpcdOption[] {
  const sections = ['', `interface ${card}`, ...(ssid === '' ? [] : [`ssid ${ssid}`])]
  return dhcpcdOptions(root).filter(({ section, isOwn }) => !isOwn && sections.includes(section))
}

/** The option by which dhcpcd does not run a hook for a card: its name, a number before it, or `.sh` behind it. */
export function hookSwitchedOff(root: FinishedTree, hook: string, card: string): DhcpcdOption | undefined {
  const isHook = (name: string) => new RegExp(`^(\\d\\d-)?${hook.replace('.', '\\.')}(\\.sh)?$`).test(name)
  return optionsFor(root, card).find(({ text }) => {
    const [word, ...names] = text.split(/[\s,]+/)
    return word === 'nohook' && names.some(isHook)
  })
}
