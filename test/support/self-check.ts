import { readFileSync } from 'node:fs'

/** What `scripts/self-check` says of a node: each key with its lines, in their order. */
export type SelfCheck = ReadonlyMap<string, readonly string[]>

/** The script, for a shell on the node that reads it from its input. */
export const selfCheckScript = readFileSync(new URL('../../scripts/self-check', import.meta.url), 'utf8')

export function parseSelfCheck(text: string): SelfCheck {
  const report = new Map<string, string[]>()
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [all = '', key = ''] = /^(\w+)=/.exec(line) ?? []
    if (all === '') throw new Error(`not a line of a self-check: ${line}`)
    report.set(key, [...(report.get(key) ?? []), line.slice(all.length)])
  }
  return report
}

/** Without what is another at each boot of the same node. */
export function lasting(report: SelfCheck): Record<string, readonly string[]> {
  const passing = ['first_boot', 'time', 'uptime', 'root', 'clock_synchronised']
  return Object.fromEntries([...report].filter(([key]) => !passing.includes(key)))
}
