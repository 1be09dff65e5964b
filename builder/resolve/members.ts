import type { BuildSettings } from '../load/build-settings.js'
import type { NodeRequest } from '../load/cluster-file.js'
import { findLibrary, idleRemoval, type Library, loadOverlays, loadProfile } from '../load/library.js'
import type { LoadedOverlay } from '../load/overlays.js'
import { readMembers, type Remembered } from '../load/remembered.js'
import { readRequests } from '../load/requests.js'
import { type Given, resolveValues } from '../load/values.js'
import type { ListedNode, Membership } from '../model/cluster-node.js'
import { memo } from '../model/memo.js'
import type { Overlay } from '../model/overlay.js'
import type { Place } from '../model/place.js'
import type { Problem } from '../model/problem.js'
import { plain, type Value } from '../model/value.js'
import type { Variable } from '../model/variable.js'
import { listedNodes, type Member, withAddress } from '../plan/addresses.js'
import { checkCluster } from '../plan/rules/cluster.js'
import { checkLists } from '../plan/rules/lists.js'
import { checkSecretGroups, groupSecrets } from '../plan/rules/secrets.js'
import type { Node } from '../plan/rules/rule.js'
import { checkUplink } from '../plan/rules/ways-out.js'
import { textOf, type Values } from '../plan/values.js'
import type { CollectedProblems } from './collected-problems.js'
import { everyVariable, type Kind, loadKind } from './kinds.js'
import type { PlanRequest } from './plan-request.js'
import { knownSecrets, staleCards } from './stale-cards.js'

/** A selected node, with everything that is known without its base image. */
export type ResolvedNode = ReturnType<ReturnType<typeof resolver>>

export interface Members {
  readonly asked: readonly ResolvedNode[]
  readonly settings: BuildSettings
  /** Their names, as far as they are known. */
  readonly hostnames: readonly string[]
  /** The records of all nodes for templates. */
  readonly cluster: readonly ListedNode[]
  /** Whether they come from a cluster file, so that these are all nodes. */
  readonly isWhole: boolean
}

/** The nodes that the options name, or all of the cluster file, among all known nodes, with their problems. */
export async function loadMembers(
  { place, options, purpose, library }: PlanRequest,
  found: CollectedProblems,
): Promise<Members> {
  const parts = library ?? findLibrary(place.folder)
  const { nodes, others, hasFile, file, settings, given, hostnames, problems } = readRequests(
    place,
    options,
    parts,
  )
  found.add(problems)
  const resolve = resolver(parts, place, found)
  const asked = nodes.map((request) => resolve(request, given))
  const remembered = hasFile ? [] : ((await found.collect(() => readMembers(place.folder))) ?? [])
  const before = remembered
    .filter(({ values }) => !hostnames.includes(textOf(values, 'hostname')))
    .map((member) => ({ ...member, membership: membershipOf(member, parts), isRemembered: true }))
  const rest = others.map((request) => resolve(request, []))
  found.add(idleRemovals([...asked, ...rest]))
  const members: ClusterMember[] = [...before, ...asked, ...rest]
  found.add(
    checkCluster(members, file).map((problem) => (before.length === 0 ? problem : withWayOut(problem))),
  )
  if (!settings.hasBundle) found.add(checkUplink(asked))
  const cluster = listedNodes(inOrder(members))
  const isWhole = file !== undefined
  const current = [...asked, ...rest].map(({ values, kind, membership: { groups } }) => {
    return { values, overlays: kind.overlays, groups }
  })
  found.add(checkLists(current, cluster, isWhole))
  found.add(checkSecretGroups(current))
  if (current.some(({ overlays }) => overlays.some(knowsOthers))) {
    const isBuilt = (hostname: string) => purpose === 'build' && hostnames.includes(hostname)
    const stay = cluster.filter(({ hostname }) => !isBuilt(hostname))
    const old = await found.collect(() => [
      ...staleCards(place.folder, cluster, stay, parts),
      ...(isWhole ? knownSecrets(place.folder, cluster, parts) : []),
    ])
    found.add(old ?? [])
  }
  return { asked, settings, hostnames, cluster, isWhole }
}

/** Whether the card of a node with this overlay depends on other nodes. */
function knowsOthers(overlay: Overlay): boolean {
  return overlay.lists.length > 0 || groupSecrets(overlay).length > 0
}

/** A line of a cluster file may take away what only some of its nodes have. */
function idleRemovals(nodes: readonly ResolvedNode[]): Problem[] {
  const used = new Set(nodes.flatMap(({ kind }) => kind.removals))
  const words = new Set(nodes.flatMap(({ request }) => request.overlays))
  return [...words].filter((word) => word.text.startsWith('~') && !used.has(word)).map(idleRemoval)
}

/** A card that conflicts may no longer exist. */
function withWayOut(problem: Problem): Problem {
  const forget = 'if that card no longer exists, remove its file in .piimg/nodes'
  return { ...problem, hint: [problem.hint, forget].filter(Boolean).join('; ') }
}

/** A node among those of its cluster, as rules and lists see it. */
type ClusterMember = Member & Node

/** As a field of a list: a list word by word, a switch `yes` or empty. */
function shownText(value: Value | undefined): string {
  const shown = plain(value ?? '')
  if (typeof shown === 'string') return shown
  return typeof shown === 'boolean' ? (shown ? 'yes' : '') : shown.join(' ')
}

function publishedOf(overlays: readonly Overlay[], values: Values): Record<string, string> {
  return Object.fromEntries(publishedBy(overlays).map((name) => [name, shownText(values.get(name)?.value)]))
}

const publishedBy = memo((overlays: readonly Overlay[]) =>
  overlays.flatMap(({ variables }) =>
    variables.filter(({ isPublished }) => isPublished).map(({ name }) => name),
  ),
)

const namesOf = memo((overlays: readonly Overlay[]) => overlays.map(({ name }) => name))

/** A record of an older version has only the profile. */
function membershipOf({ profile, groups, overlays, published }: Remembered, library: Library): Membership {
  const { chain } = loadProfile(library, profile, { file: '.piimg' })
  const words = chain.flatMap((each) => each.overlays)
  return {
    profile,
    groups: groups ?? library.chainOf(profile),
    overlays: overlays ?? loadOverlays(library, words).overlays.map(({ name }) => name),
    published,
  }
}

/** The same order whatever nodes are selected. */
function inOrder(members: readonly Member[]): Member[] {
  if (members.length < 2) return [...members]
  const { compare } = new Intl.Collator('en', { numeric: true })
  const named = members.map((member) => ({
    member,
    name: textOf(member.values, 'hostname'),
  }))
  return named.sort((a, b) => compare(a.name, b.name)).map(({ member }) => member)
}

/** Each node with the parts of its profile, its values and its address. */
function resolver(library: Library, place: Place, found: CollectedProblems) {
  const kinds = new Map<string, Kind>()
  const kindOf = (request: NodeRequest) => {
    const { profile, overlays } = request
    const key = JSON.stringify([profile?.text, ...overlays])
    const kind = kinds.get(key) ?? loadKind(library, request, found)
    kinds.set(key, kind)
    return kind
  }
  let every: ReadonlyMap<string, Variable> | undefined
  const anyVariable = () => (every ??= everyVariable(library))
  const ownerOf = (name: string) => {
    const declares = ({ overlay }: LoadedOverlay) => overlay.variables.some((each) => each.name === name)
    return library.everyOverlay().find(declares)?.overlay.name
  }
  return (request: NodeRequest, line: readonly Given[]) => {
    const kind = kindOf(request)
    const own = { name: 'hostname', ...request.hostname }
    // A value for all nodes is used by those whose overlays declare it, such as the master's.
    const isForOthers = ({ name, origin }: Given) =>
      origin.key === `[cluster] ${name}` && !kind.variables.has(name) && anyVariable().has(name)
    const given = request.given.filter((each) => !isForOthers(each))
    const general = [...kind.profiles.flatMap(({ values }) => values), ...given, own]
    const resolved = resolveValues(kind.variables, general, line, place)
    const placed = withAddress(resolved.values, kind.role)
    const withOwner = (problem: Problem): Problem => {
      const unknown = [...given, ...line].find(({ origin }) => origin === problem.where)
      const isUnknown = unknown !== undefined && !kind.variables.has(unknown.name)
      const owner = isUnknown ? ownerOf(unknown.name) : undefined
      return owner === undefined
        ? problem
        : { ...problem, hint: `it is a variable of the overlay ${owner}, which the node does not have` }
    }
    found.add([...resolved.problems.map(withOwner), ...placed.problems])
    const { profiles, overlays } = kind
    const published = publishedOf(overlays, placed.values)
    const membership: Membership = {
      profile: request.profile?.text ?? '',
      groups: [...profiles.map(({ name }) => name), ...request.groups],
      overlays: namesOf(overlays),
      published,
    }
    return { request, kind, role: kind.role, values: placed.values, membership }
  }
}
