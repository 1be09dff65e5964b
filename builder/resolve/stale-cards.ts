import type { Library } from '../load/library.js'
import { readMembers, rememberedPath } from '../load/remembered.js'
import type { ListedNode } from '../model/cluster-node.js'
import { type Problem, warning } from '../model/problem.js'
import { listDigests } from '../plan/list-digests.js'
import { groupSecrets } from '../plan/rules/secrets.js'
import { textOf } from '../plan/values.js'

/** Secrets of groups on the cards of nodes that have left the group: the owner of that card still knows them. */
export function knownSecrets(folder: string, cluster: readonly ListedNode[], library: Library): Problem[] {
  return readMembers(folder).flatMap(({ groups = [], overlays = [], values }) => {
    const hostname = textOf(values, 'hostname')
    const now = cluster.find((node) => node.hostname === hostname)?.groups ?? []
    const secrets = overlays
      .flatMap((name) => library.overlay(name)?.overlay ?? [])
      .flatMap(groupSecrets)
      .filter(({ group }) => groups.includes(group) && !now.includes(group))
    return secrets.map(({ name, group }) => {
      const what = `${hostname} has left the group ${group}, and its card has the secret ${name}`
      const where = { file: `.piimg/${rememberedPath(hostname)}` }
      return warning(where, what, `make a new one: piimg keys rotate ${name}`)
    })
  })
}

/**
 * Cards in whose lists other nodes are than today: those that were built before a node was added, changed or removed.
 * @param folder of the cluster
 * @param cluster the nodes as they are now
 * @param stay those whose cards are not built now
 * @throws {UserError} where a record in `.piimg/` is no such record
 */
export function staleCards(
  folder: string,
  cluster: readonly ListedNode[],
  stay: readonly ListedNode[],
  library: Library,
): Problem[] {
  const known = new Set(stay.map(({ hostname }) => hostname))
  return readMembers(folder).flatMap(({ overlays = [], lists, values }) => {
    const hostname = textOf(values, 'hostname')
    if (!known.has(hostname) || Object.keys(lists).length === 0) return []
    const loaded = overlays.flatMap((name) => library.overlay(name)?.overlay ?? [])
    const now = listDigests(cluster, loaded)
    const old = Object.keys(lists).filter((name) => now[name] !== undefined && now[name] !== lists[name])
    if (old.length === 0) return []
    const what = `the card of ${hostname} has an older list of ${old.join(' and ')}`
    return [warning({ file: `.piimg/${rememberedPath(hostname)}` }, what, 'build it again')]
  })
}
