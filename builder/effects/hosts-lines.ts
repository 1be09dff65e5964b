import type { Content } from '../model/content.js'
import { memo } from '../model/memo.js'
import { error, type Problem, warning } from '../model/problem.js'
import type { FinishedNode } from './finished-node.js'
import { textOf } from './text.js'

/** A line of hosts(5). */
interface HostsLine {
  /** Counted from 1. */
  readonly line: number
  readonly text: string
  readonly address: string
  readonly names: readonly string[]
}

const file = '/etc/hosts'

/** Lines of the base image that give a name of the cluster another address. */
export function otherAddresses({ root, base, facts, plan }: FinishedNode): Problem[] {
  const before = base.readFile(file)
  const suspects = before === undefined ? [] : suspectsIn(before)
  const after = suspects.length === 0 ? undefined : root.content(file)
  if (before === undefined || after === undefined) return []
  const domain = String(plan.values.get('domain')?.value ?? '')
  const old = new Set(linesIn(before).map(({ text }) => text))
  const finished = linesIn(after)
  const own = finished.filter(({ text }) => !old.has(text))
  return suspects.flatMap((suspect) => {
    const at = finished.find(({ text }) => text === suspect.text)
    const meant = own.find(({ names }) => names.some((name) => suspect.names.includes(name)))
    if (at === undefined) return []
    const where = { file: facts.file, key: `root${file}, line ${suspect.line}` }
    const ofDomain = suspect.names.find((each) => each.endsWith(`.${domain}`))
    if (meant === undefined && ofDomain !== undefined) {
      const what = `${ofDomain} is ${suspect.address} here: the master's DNS server is not asked`
      return [warning(where, what, `remove the name from ${file} of the base image`)]
    }
    if (meant === undefined || meant.address === suspect.address) return []
    const name = meant.names.find((each) => suspect.names.includes(each)) ?? ''
    const what = `${name} is ${suspect.address} here, but ${meant.address} in the cluster`
    // getent and most programs ask for an IPv6 address first.
    const isFirst = at.line < meant.line || suspect.address.includes(':')
    return [(isFirst ? error : warning)(where, what, `remove the name from ${file} of the base image`)]
  })
}

/** The lines that piimg does not replace itself, and that name more than every computer does. */
const suspectsIn = memo((content: Content) =>
  linesIn(content).filter(
    ({ address, names }) =>
      address !== '127.0.1.1' && names.some((name) => !/^(localhost|localhost\.\w+|ip6-.*)$/.test(name)),
  ),
)

const linesIn = memo((content: Content): readonly HostsLine[] =>
  textOf(content)
    .split('\n')
    .flatMap((text, index) => {
      const [address = '', ...names] = text.replace(/#.*/, '').trim().toLowerCase().split(/\s+/)
      return names.length === 0 ? [] : [{ line: index + 1, text: text.trim(), address, names }]
    }),
)
