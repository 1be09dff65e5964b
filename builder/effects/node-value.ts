import { Cidr } from '../model/ipv4.js'
import type { FinishedNode } from './finished-node.js'

/** A value of the node as text; empty if it has none. */
export function nodeValue({ plan }: FinishedNode, name: string): string {
  return String(plan.values.get(name)?.value ?? '')
}

/** The cluster's network. */
export function clusterNetwork({ plan }: FinishedNode): Cidr | undefined {
  const network = plan.values.get('network')?.value
  return network instanceof Cidr ? network : undefined
}
