import type { BuildSettings } from '../load/build-settings.js'
import type { NodeRequest } from '../load/cluster-file.js'
import { findLibrary, idleRemoval, type Library, loadOverlays, loadProfile } from '../load/library.js'
import { readMembers, type Remembered } from '../load/remembered.js'
import { readRequests } from '../load/requests.js'
import { type Given, resolveValues } from '../load/values.js'
import type { ClusterNode, Membership } from '../model/cluster-node.js'
import type { Place } from '../model/place.js'
import type { Problem } from '../model/problem.js'
import type { Variable } from '../model/variable.js'
import { clusterOf, withAddress } from '../plan/addresses.js'
import { checkCluster } from '../plan/rules/cluster.js'
import type { Node } from '../plan/rules/rule.js'
import { checkUplink } from '../plan/rules/ways-out.js'
import { textOf } from '../plan/values.js'
import type { CollectedProblems } from './collected-problems.js'
import { everyVariable, type Kind, loadKind } from './kinds.js'
import type { PlanRequest } from './plan-request.js'

/** A selected node, with everything that is known without its base image. */
export type ResolvedNode = ReturnType<ReturnType<typeof resolver>>

export interface Members {
  readonly asked: readonly ResolvedNode[]
  readonly settings: BuildSettings
  /** Their names, as far as they are known. */
  readonly hostnames: readonly string[]
  /** The records of all nodes for templates. */
  readonly cluster: readonly ClusterNode[]
  /** Whether they come from a cluster file, so that these are all nodes. */
  readonly isWhole: boolean
}

/** The nodes that the options name, or all of the cluster file, among all known nodes, with their problems. */
export async function loadMembers(
  { place, options, library }: Pick<PlanRequest, 'place' | 'options' | 'library'>,
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
  const members: Member[] = [...before, ...asked, ...rest]
  found.add(
    checkCluster(members, file).map((problem) => (before.length === 0 ? problem : withWayOut(problem))),
  )
  if (!settings.hasBundle) found.add(checkUplink(asked))
  const cluster = clusterOf(inOrder(members))
  return { asked, settings, hostnames, cluster, isWhole: file !== undefined }
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

/** A node as others of its cluster see it. */
interface Member extends Node {
  readonly membership: Membership
}

/** A record of an older version has only the profile. */
function membershipOf({ profile, groups, overlays }: Remembered, library: Library): Membership {
  const { chain } = loadProfile(library, profile, { file: '.piimg' })
  const words = chain.flatMap((each) => each.overlays)
  return {
    profile,
    groups: groups ?? library.chainOf(profile),
    overlays: overlays ?? loadOverlays(library, words).overlays.map(({ name }) => name),
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
    found.add([...resolved.problems, ...placed.problems])
    const { profiles, overlays } = kind
    const membership: Membership = {
      profile: request.profile?.text ?? '',
      groups: [...profiles.map(({ name }) => name), ...request.groups],
      overlays: overlays.map(({ name }) => name),
    }
    return { request, kind, role: kind.role, values: placed.values, membership }
  }
}
