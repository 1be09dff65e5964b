import type { Role } from '../../model/cluster-node.js'
import { error, type Problem } from '../../model/problem.js'
import { isGiven, placeOf, textOf, type Values } from '../values.js'

/** A node as rules look at it. */
export interface Node {
  readonly values: Values
  readonly role: Role
  /** Whether its card was built before, and this run is not about it. */
  readonly isRemembered?: boolean
}

/** What is wrong with a node; undefined where nothing is. */
export type Rule = (node: Node) => Problem | undefined

/** A problem of one value, at the line by which a person changes it. */
export function problem(values: Values, name: string, what: string, hint: string): Problem {
  const where = placeOf(values, name)
  return error({ ...where, key: where.key ?? name }, what, hint)
}

/**
 * Of two nodes that do not agree, the one that a person changes: the one that this run is about, and of two such the one
 * that was given a value of these names.
 */
export function toChange(node: Node, other: Node, names: readonly string[]): Node {
  const weigh = ({ values, isRemembered }: Node) =>
    (isRemembered === true ? 0 : 2) + (names.some((name) => isGiven(values, name)) ? 1 : 0)
  return weigh(other) > weigh(node) ? other : node
}

/** Several nodes by their names: `node2`, `node2 and node3`, `node2 and 7 others`. */
export function namesOf(nodes: readonly Node[]): string {
  const [first = '', second, ...others] = nodes.map(({ values }) => textOf(values, 'hostname'))
  if (second === undefined) return first
  return others.length === 0 ? `${first} and ${second}` : `${first} and ${others.length + 1} others`
}
