import type { ClusterNode } from '../model/cluster-node.js'
import { type Cidr, patternsOf } from '../model/ipv4.js'
import { memo } from '../model/memo.js'

/**
 * What ssh_config(5) calls the nodes of a cluster, as patterns: a list of a thousand names would be on a thousand
 * cards, and would change with each new node.
 * @param network undefined if other machines are in it, too
 */
export function sshHosts(
  cluster: readonly ClusterNode[],
  domain: string,
  network: Cidr | undefined,
): string[] {
  const names = namesOf(cluster)
  return [
    `*.${domain}`,
    ...names,
    ...names.map((name) => `${name}.local`),
    ...(network === undefined ? [] : patternsOf(network)),
  ]
}

/** `node?` and `node??` for node2 to node12; other nodes also use the name `master`. */
const namesOf = memo((cluster: readonly ClusterNode[]): readonly string[] => {
  const names = ['master', ...cluster.flatMap(({ hostname, aliases }) => [hostname, ...aliases])]
  const patterns = names.map((name) => name.replace(/(?<=\D)\d+$/, (digits) => '?'.repeat(digits.length)))
  return [...new Set(patterns)].sort()
})
