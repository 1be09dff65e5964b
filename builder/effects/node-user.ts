import type { FinishedNode } from './finished-node.js'

/** The name of the node's user. */
export function nodeUser({ plan }: FinishedNode): string {
  return String(plan.values.get('user')?.value ?? '')
}
