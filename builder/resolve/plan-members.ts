import { checkEffects } from '../effects/check-effects.js'
import { placeEntries } from '../engines/placement.js'
import { readBaseFiles } from '../image/base-files.js'
import type { OpenImage } from '../image/open-image.js'
import { ownKeys } from '../load/own-keys.js'
import { readVersion } from '../load/version.js'
import type { Membership, Role } from '../model/cluster-node.js'
import type { ClusterState } from '../model/cluster-state.js'
import type { Facts } from '../model/facts.js'
import type { OpenPort } from '../model/open-port.js'
import type { Place } from '../model/place.js'
import type { Plan } from '../model/plan.js'
import type { Step } from '../model/step.js'
import { withDefaults } from '../plan/defaults.js'
import { listDigests } from '../plan/list-digests.js'
import { openPorts } from '../plan/open-ports.js'
import { planNode } from '../plan/plan-node.js'
import { type PlanInput, prepareNode, wantedPaths } from '../plan/prepare.js'
import { checkValues } from '../plan/rules/node.js'
import type { Bases } from './bases.js'
import type { CollectedProblems } from './collected-problems.js'
import type { Members, ResolvedNode } from './members.js'
import type { Base } from './open-base.js'

/** One node, ready to be shown or applied. */
export interface NodePlan {
  readonly role: Role
  readonly membership: Membership
  /** By the name of each of its lists of nodes, a hash of what the card has of it. */
  readonly lists: Readonly<Record<string, string>>
  readonly base: OpenImage
  readonly facts: Facts
  readonly plan: Plan
  /** The root entries as steps on the base image. */
  readonly steps: readonly Step[]
  readonly openPorts: readonly OpenPort[]
}

/** What all plans follow from. */
interface Known {
  readonly members: Members
  readonly bases: Bases
  readonly state: ClusterState
  readonly place: Place
}

/**
 * What `keep` takes of the plan of each node that is asked for; what is wrong with one is found, and that one left out.
 * @throws {UserError} where an overlay is broken, so that nothing can be planned
 */
export async function planMembers<Kept>(
  known: Known,
  found: CollectedProblems,
  keep: (node: NodePlan) => Kept,
): Promise<Kept[]> {
  const { members, bases } = known
  // A broken overlay cannot be planned. Wrong values can be, to find further problems.
  if (members.asked.some(({ kind }) => kind.isBroken)) throw found.error()
  const common = commonInput(known)
  const plans: Kept[] = []
  for (const node of members.asked) {
    const base = bases.of(node.request)
    if (base === undefined) checkWithoutBase(node, common, found)
    else {
      const plan = await planOne(inputOf(node, base, common), base, found)
      const lists = listDigests(members.cluster, node.kind.overlays)
      if (plan !== undefined) plans.push(keep({ ...plan, membership: node.membership, lists }))
    }
  }
  return plans
}

type CommonInput = ReturnType<typeof commonInput>

/** The common inputs of all plans. */
function commonInput({ members, state, place }: Known) {
  const { id, builtAt, generations, authority, loginKey } = state
  const value = [loginKey?.publicKey ?? '']
  const made = { value, by: 'derived', origin: { file: '.piimg/id_ed25519' } } as const
  const { cluster, isWhole } = members
  const loginKeys = ownKeys(place.home) ?? made
  return {
    cluster,
    isWhole,
    loginKeys,
    clusterId: id,
    generations,
    authority,
    builtAt,
    version: readVersion(),
  }
}

function inputOf({ kind, role, values, membership }: ResolvedNode, { facts }: Base, common: CommonInput) {
  const { profile, groups } = membership
  return { ...common, profile, groups, ...kind, role, facts, given: values }
}

function checkWithoutBase(
  { values, role }: ResolvedNode,
  { loginKeys, cluster }: CommonInput,
  found: CollectedProblems,
): void {
  found.add(checkValues({ values: withDefaults(values, undefined, loginKeys, cluster), role }))
}

async function planOne(
  input: PlanInput,
  { image: base, facts, bundler }: Base,
  found: CollectedProblems,
): Promise<Omit<NodePlan, 'membership' | 'lists'> | undefined> {
  const prepared = prepareNode(input)
  found.add(prepared.problems)
  const files = await found.collect(() => readBaseFiles(base, wantedPaths(input, prepared)))
  if (files === undefined) return undefined
  const first = planNode(input, prepared, files)
  found.add(first.problems)
  // Downloading packages takes time, so it is skipped if there are problems already.
  const bundle = found.hasErrors() ? undefined : await found.collect(() => bundler?.bundleOf(first.plan))
  const { plan, problems } = bundle === undefined ? first : planNode({ ...input, bundle }, prepared, files)
  found.add(problems)
  found.add(checkEffects(base, facts, plan))
  const steps = await found.collect(() => placeEntries(base.root, plan.root, base.name))
  const ports = openPorts(input.variables, input.overlays, plan.values)
  return { role: input.role, base, facts, plan, steps: steps ?? [], openPorts: ports }
}
