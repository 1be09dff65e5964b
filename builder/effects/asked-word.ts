import type { Origin } from '../model/problem.js'
import type { FinishedNode } from './finished-node.js'
import { commandLineFile } from './kernel-command-line.js'

/** Where a person finds a word of the kernel command line: at `kernel_args`, or else in the base image's file. */
export function placeOfWord(node: FinishedNode, word: string): Origin {
  const asked = node.plan.values.get('kernel_args')
  const words = Array.isArray(asked?.value) ? (asked.value as readonly string[]) : []
  return asked?.origin !== undefined && words.includes(word)
    ? { key: 'kernel_args', ...asked.origin }
    : node.boot.place(commandLineFile(node), 1)
}
