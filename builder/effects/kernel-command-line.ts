import { readCommandLines } from '../boot/command-line.js'
import type { Content } from '../model/content.js'
import { type CommandLines, commandLinesOf, type Facts } from '../model/facts.js'
import { memo } from '../model/memo.js'
import type { FinishedNode } from './finished-node.js'
import type { FinishedTree } from './finished-tree.js'
import { textOf } from './text.js'

/**
 * The words of the kernel command line, in order, without the double quotes that keep a blank in a word; the firmware reads
 * the first line of the file only.
 */
export const kernelWords = memo((node: FinishedNode): readonly string[] => {
  const content = node.boot.content(commandLineFile(node))
  return content === undefined ? [] : wordsOf(content)
})

/** The value of a word `name=value`; of several the last one counts, for the kernel and for systemd. */
export function kernelWord(node: FinishedNode, name: string): string | undefined {
  return kernelWords(node)
    .findLast((word) => word.startsWith(`${name}=`))
    ?.slice(name.length + 1)
}

/** The file with the kernel command line, absolute on the boot partition. */
export function commandLineFile(node: FinishedNode): string {
  return commandLineFiles(node)[0] ?? '/cmdline.txt'
}

/** More than one where that depends on a board which is not given. */
export const commandLineFiles = memo(({ boot, facts, plan }: FinishedNode): readonly string[] => {
  const board = plan.values.get('board')?.value
  const config = boot.find('/config.txt')?.isPlanned === true ? boot.content('/config.txt') : undefined
  const lines = config === undefined ? facts.commandLines : changedLines(facts, config, boot)
  return commandLinesOf(lines, typeof board === 'string' ? board : '')
})

const wordsOf = memo((content: Content): readonly string[] => {
  const [line = ''] = textOf(content).split('\n')
  const words = line.match(/(?:"[^"]*"?|[^\s"])+/g) ?? []
  return words.map((word) => word.replaceAll('"', ''))
})

/** By what the plan makes of config.txt, which is the same for most nodes. */
const knownLines = memo<Facts, [], WeakMap<Content, CommandLines>>(() => new WeakMap())

function changedLines(facts: Facts, config: Content, boot: FinishedTree): CommandLines {
  const known = knownLines(facts)
  const lines =
    known.get(config) ??
    readCommandLines({
      text: (path) => boot.text(path),
      has: (path) => boot.find(path)?.kind === 'file',
    })
  known.set(config, lines)
  return lines
}
