import type { Content } from '../model/content.js'
import { commandLinesOf } from '../model/facts.js'
import { memo } from '../model/memo.js'
import { error, type Problem, warning } from '../model/problem.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import { commandLineFile, commandLineFiles, kernelWords } from './kernel-command-line.js'
import { textOf } from './text.js'

/**
 * The firmware reads the boot partition that piimg writes, its settings and its kernel command line. In this order
 * (raspberrypi.com/documentation, "config.txt" and "Raspberry Pi boot EEPROM"):
 *
 * 1. autoboot.txt: `boot_partition` leads to another partition.
 * 2. config.txt, with the files that it includes: `boot_ramdisk` leads to the files in boot.img. Of a line the firmware
 *    reads 98 characters, which the type of boot_config knows. Below `[tryboot]`, `[none]` and the filters of other boards nothing counts, and piimg's lines are
 *    below `[all]` at the end, outside every dtoverlay.
 * 3. `os_prefix` and `cmdline` lead to another file than cmdline.txt, maybe by board; of that file the first line counts.
 *
 * The EEPROM can have a part `[config.txt]`, which counts after the file: it belongs to the board, and piimg cannot know it.
 */
export const firmwareFiles: Effect = (node) => [
  ...otherPlace(node),
  ...unknownFile(node),
  ...unreadWords(node),
  ...furtherLines(node),
]

function otherPlace({ boot, facts }: FinishedNode): Problem[] {
  const autoboot = settingIn(boot.content('/autoboot.txt'), 'boot_partition')
  const ramdisk = settingIn(boot.content('/config.txt'), 'boot_ramdisk')
  const found: Problem[] = []
  if (autoboot !== undefined && Number(autoboot.value) !== facts.boot.number) {
    const what = `the firmware boots from partition ${autoboot.value}, and piimg writes to partition ${facts.boot.number}`
    const where = boot.place('/autoboot.txt', autoboot.line)
    found.push(error(where, what, 'remove autoboot.txt from the base image'))
  }
  if (ramdisk !== undefined && ramdisk.value !== '0') {
    const what = 'the firmware reads the files in boot.img, which piimg does not change'
    found.push(error(boot.place('/config.txt', ramdisk.line), what, 'remove boot_ramdisk from config.txt'))
  }
  return found
}

interface Setting {
  readonly value: string
  readonly line: number
}

function settingIn(content: Content | undefined, name: string): Setting | undefined {
  return content === undefined ? undefined : lastSetting(content, name)
}

/** Outside the parts for a `tryboot` and for no board. */
const lastSetting = memo((content: Content, name: string): Setting | undefined => {
  const setting = new RegExp(`^\\s*(?:\\[(\\S+)\\]|${name}=(\\S+))`)
  let isFor = true
  let found: Setting | undefined
  for (const [index, line] of textOf(content).split('\n').entries()) {
    const [, filter, value] = setting.exec(line) ?? []
    if (filter !== undefined) isFor = !['tryboot', 'none'].includes(filter)
    if (value !== undefined && isFor) found = { value, line: index + 1 }
  }
  return found
})

function unknownFile(node: FinishedNode): Problem[] {
  const [path = '', ...others] = commandLineFiles(node)
  const { boot } = node
  if (boot.find(path)?.kind !== 'file') {
    const what = `the firmware reads the kernel command line from ${path.slice(1)}, which is not there`
    return [error(boot.place('/config.txt'), what, 'add the file, or remove the setting from config.txt')]
  }
  if (others.length === 0) return []
  const names = [path, ...others].map((each) => each.slice(1)).join(', ')
  const what = `which of ${names} has the kernel command line depends on the board; piimg writes to the first`
  return [warning(boot.place('/config.txt'), what, 'say which board the node is, such as: board = pi4')]
}

/** Where lines of boot_config lead to another file than the base image's. */
function unreadWords(node: FinishedNode): Problem[] {
  const path = commandLineFile(node)
  const { values } = node.plan
  const asked = values.get('kernel_args')?.value
  const board = values.get('board')?.value
  const [before] = commandLinesOf(node.facts.commandLines, typeof board === 'string' ? board : '')
  if (path === before || !Array.isArray(asked)) return []
  const words = kernelWords(node)
  const missing = (asked as readonly string[]).filter((word) => !words.includes(word))
  if (missing.length === 0) return []
  const what = `the firmware reads the kernel command line from ${path.slice(1)}, which lacks ${missing.join(' ')}`
  const where = values.get('boot_config')?.origin ?? node.boot.place('/config.txt')
  return [error(where, what, `add the words to ${path.slice(1)}`)]
}

function furtherLines(node: FinishedNode): Problem[] {
  const path = commandLineFile(node)
  const content = node.boot.content(path)
  const line = content === undefined ? undefined : secondLine(content)
  if (line === undefined) return []
  const what = 'the kernel gets only the first line of this file'
  return [warning(node.boot.place(path, line), what, 'join the lines, or remove the others')]
}

/** The number of the next line that is not empty. */
const secondLine = memo((content: Content): number | undefined => {
  const [, ...further] = textOf(content).split('\n')
  const next = further.findIndex((text) => text.trim() !== '')
  return next === -1 ? undefined : next + 2
})
