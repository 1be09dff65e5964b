import { checkEffects } from '../../builder/effects/check-effects.js'
import { readBaseFiles } from '../../builder/image/base-files.js'
import { findLibrary, loadOverlays, loadProfile } from '../../builder/load/library.js'
import { declaredVariables, resolveValues } from '../../builder/load/values.js'
import type { Role } from '../../builder/model/cluster-node.js'
import { ed25519, keyFiles, type SshKey } from '../../builder/model/ssh/ssh-key.js'
import type { Overlay } from '../../builder/model/overlay.js'
import type { Plan } from '../../builder/model/plan.js'
import type { Problem } from '../../builder/model/problem.js'
import { derived } from '../../builder/model/value.js'
import { listedNodes, withAddress } from '../../builder/plan/addresses.js'
import { planNode } from '../../builder/plan/plan-node.js'
import { type PlanInput, prepareNode, wantedPaths } from '../../builder/plan/prepare.js'
import { placeOf } from './place.js'
import type { PracticeBase } from './practice-base.js'
import { changeableProblems } from './problem-text.js'

export const clusterId = '3d9f5ac2-7f0b-4a51-9c7e-0b8f6f1f2a10'
export const builtAt = 1_767_225_600
export const loginKey =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKaPF9xjdGp8NUcJHdlKJlv1jvzdFKfXbDNwzKuYxEb0 fixed@test'

/** Its keys are the same in every run: nobody must trust it. */
export const authority = keyFiles(ed25519(Buffer.alloc(32, 7)), 'fixed@test')

export interface Node {
  readonly base: PracticeBase
  readonly set?: Readonly<Record<string, string>>
  /** In the place of those of the profile. */
  readonly overlays?: readonly Overlay[]
  readonly folder?: string
  readonly profile?: string
  /** Values of the cluster's other nodes. */
  readonly others?: readonly Readonly<Record<string, string>>[]
  readonly authority?: SshKey
  readonly generations?: Readonly<Record<string, number>>
}

const profiles = new Map<string, ReturnType<typeof loadIt>>()

/** The library without a folder of a user is the same for all tests; loading it takes longer than a plan. */
function loadedProfile(folder: string, profile: string): ReturnType<typeof loadIt> {
  if (folder !== nowhere) return loadIt(folder, profile)
  const known = profiles.get(profile) ?? loadIt(folder, profile)
  profiles.set(profile, known)
  return known
}

function loadIt(folder: string, profile: string) {
  const library = findLibrary(folder)
  const { chain, problems } = loadProfile(library, profile, { file: 'command line', key: '--profile' })
  const loaded = loadOverlays(
    library,
    chain.flatMap((each) => each.overlays),
  )
  return { chain, overlays: loaded.overlays, problems: [...problems, ...loaded.problems] }
}

const nowhere = '/nowhere'

/** What planning starts from, loaded as `node-plans.ts` does it, and the problems so far. */
export function nodeInput(node: Node): { input: PlanInput; problems: Problem[] } {
  const { base, set = {}, folder = nowhere, profile = 'worker' } = node
  const { chain, overlays: loadedOverlays, problems } = loadedProfile(folder, profile)
  const overlays = node.overlays ?? loadedOverlays
  const declared = declaredVariables(overlays)
  const given = Object.entries({ hostname: 'node3', ...set }).map(([name, text]) => {
    return { name, text, origin: { file: 'command line', key: `--set ${name}` } }
  })
  const resolved = resolveValues(
    declared.variables,
    chain.flatMap(({ values }) => values),
    given,
    placeOf(folder),
  )
  const placed = withAddress(resolved.values, roleOf(profile))
  const others = (node.others ?? []).map((values) => memberOf(declared.variables, values))
  const membership = {
    profile,
    groups: chain.map(({ name }) => name),
    overlays: overlays.map(({ name }) => name),
    published: {},
  }
  const members = [{ values: placed.values, role: roleOf(profile), membership }, ...others]
  const input: PlanInput = {
    role: roleOf(profile),
    cluster: listedNodes(members),
    profile,
    groups: membership.groups,
    overlays,
    variables: declared.variables,
    given: placed.values,
    facts: base.facts,
    loginKeys: derived([loginKey], 'your own keys'),
    authority: node.authority ?? authority,
    clusterId,
    generations: node.generations ?? {},
    builtAt,
    version: '0.0.0',
  }
  return {
    input,
    problems: [
      ...changeableProblems([...problems, ...declared.problems, ...resolved.problems, ...placed.problems]),
    ],
  }
}

const roleOf = (profile: string): Role => (profile === 'master' ? 'master' : 'worker')

/** Another node of the cluster; the one that is called master is it. */
function memberOf(variables: PlanInput['variables'], values: Readonly<Record<string, string>>) {
  const given = Object.entries(values).map(([name, text]) => ({
    name,
    text,
    origin: { file: 'cluster.ini' },
  }))
  const role = roleOf(values['hostname'] ?? '')
  return {
    role,
    membership: { profile: role, groups: [role], overlays: [], published: {} },
    values: withAddress(resolveValues(variables, given, [], placeOf()).values, role).values,
  } as const
}

/** The plan of one node, every problem on the way to it, and what the effect checks find. */
export function planWithEffects(node: Node): { plan: Plan; problems: Problem[]; effects: Problem[] } {
  const { input, problems } = nodeInput(node)
  const prepared = prepareNode(input)
  const files = readBaseFiles(node.base.image, wantedPaths(input, prepared))
  const { plan, problems: found } = planNode(input, prepared, files)
  const effects = checkEffects(node.base.image, input.facts, plan)
  return {
    plan,
    problems: [...problems, ...changeableProblems([...prepared.problems, ...found])],
    effects: [...changeableProblems(effects)],
  }
}

/** The same, with the effects among the problems. */
export function planOf(node: Node): { plan: Plan; problems: Problem[] } {
  const { plan, problems, effects } = planWithEffects(node)
  return { plan, problems: [...problems, ...effects] }
}
