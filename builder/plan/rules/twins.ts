import { error, type Problem } from '../../model/problem.js'
import { isGiven, placeOf, textOf, type Values } from '../values.js'

/** @param keyOf a value that must be unique; empty if a node has none */
export function twins(nodes: readonly Values[], name: string, keyOf: (values: Values) => string): Problem[] {
  const first = new Map<string, Values>()
  return nodes.flatMap((values) => {
    const key = keyOf(values)
    if (key === '') return []
    const before = first.get(key)
    if (before === undefined) {
      first.set(key, values)
      return []
    }
    const [one, other] = [before, values].map((each) => textOf(each, 'hostname'))
    if (one === other && name !== 'hostname') return []
    // One value for several nodes is already reported where it was given.
    const isMadeUp = !isGiven(values, name)
    if (!isMadeUp && JSON.stringify(placeOf(before, name)) === JSON.stringify(placeOf(values, name)))
      return []
    const [holder, taker] = isMadeUp ? [other, one] : [one, other]
    const origin = placeOf(isMadeUp ? before : values, name)
    const what =
      name === 'hostname'
        ? `two nodes have the name ${key}`
        : `${taker ?? ''} has the ${name} ${key}, which ${holder ?? ''} has already`
    return [error(origin, what, `give one of them another ${name}`)]
  })
}
