import { parseCidr } from '../model/ipv4.js'
import type { Problem } from '../model/problem.js'
import type { Values } from './defaults.js'

/** What must hold between nodes: each has its own name, address, card and board. */
export function checkCluster(nodes: readonly Values[]): Problem[] {
  return [
    ...twins(nodes, 'hostname', (text) => text),
    ...twins(nodes, 'address', (text) => parseCidr(text)?.address),
    ...twins(nodes, 'mac', (text) => text),
    ...twins(nodes, 'serial', (text) => text),
  ]
}

function twins(
  nodes: readonly Values[],
  name: string,
  keyOf: (text: string) => string | undefined,
): Problem[] {
  const first = new Map<string, Values>()
  return nodes.flatMap((values) => {
    const value = values.get(name)
    const key = value === undefined ? undefined : keyOf(String(value.value))
    if (value === undefined || key === undefined) return []
    const before = first.get(key)
    if (before === undefined) {
      first.set(key, values)
      return []
    }
    // One value for many is told where it was given.
    if (JSON.stringify(before.get(name)?.origin) === JSON.stringify(value.origin)) return []
    const [one, other] = [before, values].map((each) => String(each.get('hostname')?.value))
    const what = name === 'hostname' ? `two nodes are called ${key}` : `${other ?? ''} has the ${name} ${key}, which ${one ?? ''} has already` // prettier-ignore
    return [{ severity: 'error', where: value.origin, what, hint: `give one of them another ${name}` }]
  })
}
