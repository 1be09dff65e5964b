import type { FinishedNode } from './finished-node.js'

/** Whether the plan sets up the node's user; a profile without the overlay user promises no login. */
export function setsUpUser({ plan }: FinishedNode): boolean {
  return plan.root.some(
    ({ path }) => ['/etc/passwd', '/etc/shadow'].includes(path) || path.endsWith('/.ssh/authorized_keys'),
  )
}

/** The name of the node's user. */
export function nodeUser({ plan }: FinishedNode): string {
  return String(plan.values.get('user')?.value ?? '')
}
