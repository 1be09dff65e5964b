import { type Board, boards } from '../model/board.js'
import { anyBoard, type CommandLines } from '../model/facts.js'
import { bootFiles } from './boot-files.js'
import { readConfig } from './config-txt.js'

/** A boot partition, by absolute paths. */
interface BootPartition {
  /** Undefined where there is no such file. */
  readonly text: (path: string) => string | undefined
  readonly has: (path: string) => boolean
}

/** The settings without which every board reads cmdline.txt. */
const decisive = /^\s*(cmdline|os_prefix|upstream_kernel|include)\b/m

/**
 * Which file each board reads the kernel command line from (raspberrypi.com/documentation, "config.txt", `cmdline` and
 * `os_prefix`). Parts of config.txt for one serial number do not count.
 */
export function readCommandLines(partition: BootPartition): CommandLines {
  if (!decisive.test(partition.text('/config.txt') ?? '')) return { [anyBoard]: ['/cmdline.txt'] }
  const found: Record<string, string[]> = {}
  const all: BoardStart[] = []
  for (const [name, possible] of Object.entries(boards)) {
    const starts = possible.map((board) => startOf(partition, board))
    found[name] = mostFrequent(starts)
    if (starts.length === 1) all.push(...starts)
  }
  const able = all.filter(({ isPossible }) => isPossible)
  return { ...found, [anyBoard]: mostFrequent(able.length > 0 ? able : all) }
}

interface BoardStart {
  readonly path: string
  /** Whether the partition has a kernel for the board. */
  readonly isPossible: boolean
}

function startOf({ text, has }: BootPartition, board: Board): BoardStart {
  const { commandLine, kernel } = bootFiles(readConfig(text, board), board, has)
  return { path: commandLine, isPossible: has(kernel) }
}

function mostFrequent(starts: readonly BoardStart[]): string[] {
  const counts = new Map<string, number>()
  for (const { path } of starts) counts.set(path, (counts.get(path) ?? 0) + 1)
  return [...counts].sort(([, one], [, other]) => other - one).map(([path]) => path)
}
