import type { FinishedNode } from './finished-node.js'

/** A value of the node as text; empty if it has none. */
export function nodeValue({ plan }: FinishedNode, name: string): string {
  return String(plan.values.get(name)?.value ?? '')
}
