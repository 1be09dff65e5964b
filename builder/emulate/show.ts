import { report } from '../host/report.js'
import { table } from '../host/show.js'
import type { EmulatedNode, Reached } from './nodes.js'

/** Prints the console to stderr; with several nodes, line by line with the node's name. */
export function showConsole({ console, label }: EmulatedNode, isOneOfSeveral: boolean): void {
  let rest = ''
  console.onOutput((bytes) => {
    if (!isOneOfSeveral) return process.stderr.write(bytes)
    const lines = (rest + bytes.toString('latin1')).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines)
      process.stderr.write(`${label.replace(/\.img$/, '')}| ${line.replaceAll('\r', '')}\n`)
  })
}

/** How long it took, and the status that the nodes report. */
export function reportReached(
  reached: readonly Reached[],
  { isAlone, json }: { readonly isAlone: boolean; readonly json: boolean },
): void {
  if (!json) {
    for (const { facts } of reached) if (facts.length > 0) report.result(table(facts))
    return
  }
  if (isAlone && reached.length === 0) return
  const results = reached.map(({ label, seconds, facts }) => {
    return { image: label, seconds, node: grouped(facts) }
  })
  report.result(JSON.stringify(isAlone ? results[0] : { nodes: results }, undefined, 1))
}

function grouped(facts: Reached['facts']): Record<string, string[]> {
  const values: Record<string, string[]> = {}
  for (const [key, value] of facts) (values[key] ??= []).push(value)
  return values
}
