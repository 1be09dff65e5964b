import { placeEntries } from '../engines/placement.js'
import type { OpenImage } from '../image/open-image.js'
import { readBaseFiles } from '../image/base-files.js'
import type { NodeOptions } from '../load/command-line.js'
import { buildTime, newState, ownKeys, placeholderState, readState } from '../load/state.js'
import { readVersion } from '../load/version.js'
import type { PackagesLock } from '../model/bundle.js'
import type { Role } from '../model/cluster-node.js'
import type { ClusterState } from '../model/cluster-state.js'
import type { Facts } from '../model/facts.js'
import type { Plan } from '../model/plan.js'
import type { Problem } from '../model/problem.js'
import type { Step } from '../model/step.js'
import { checkMpi } from '../plan/cluster-rules.js'
import { withDefaults } from '../plan/defaults.js'
import { planNode } from '../plan/plan-node.js'
import { type PlanInput, prepareNode, wantedPaths } from '../plan/prepare.js'
import { checkValues } from '../plan/rules.js'
import { type Base, openBases } from './bases.js'
import { CollectedProblems } from './collected-problems.js'
import { loadMembers } from './members.js'

/** One node, ready to be shown or applied. */
export interface NodePlan {
  readonly role: Role
  readonly base: OpenImage
  readonly facts: Facts
  readonly plan: Plan
  /** The root entries as steps on the base image. */
  readonly steps: readonly Step[]
}

export interface NodePlans {
  readonly nodes: readonly NodePlan[]
  readonly warnings: readonly Problem[]
  /** What `.piimg/` holds, or would hold after a build. */
  readonly state: ClusterState
  /** What is to be `packages.lock`, where that is not what it is. */
  readonly lock?: PackagesLock
  /** Closes the base images. */
  close(): void
}

/**
 * Loads and plans the nodes that the options name, or all of the cluster file. Writes nothing but the cache of unpacked
 * images.
 * @param purpose a build makes the state of a new cluster; anything else puts placeholders in its place
 * @param outputProblems what stands against writing these nodes' cards
 * @throws {UserError} with every problem that was found, in options, profiles, overlays and base images
 */
export async function planNodes(
  folder: string,
  options: NodeOptions,
  purpose: 'build' | 'show',
  outputProblems: (hostnames: readonly string[], base: string | undefined) => readonly Problem[] = () => [],
): Promise<NodePlans> {
  const found = new CollectedProblems()
  const { asked, hostnames, cluster, isWhole } = await loadMembers(folder, options, found)
  const opening = {
    folder,
    options,
    found,
    outputProblems: (base: string | undefined) => outputProblems(hostnames, base),
  }
  const bases = await openBases(
    asked.map(({ request }) => request),
    opening,
  )
  const { close } = bases
  try {
    const needsKey = asked.some(
      ({ values }) => !values.has('authorized_keys') && !values.has('password_hash'),
    )
    const known = await found.collect(() => stateFor(folder, purpose, needsKey && ownKeys() === undefined))
    const state = known ?? placeholderState(0)
    // A broken overlay cannot be planned; wrong values can, and what else is wrong is found so.
    if (asked.some(({ kind }) => kind.isBroken)) throw found.error()
    const common = commonInput(state)
    const nodes: NodePlan[] = []
    for (const { request, kind, role, values } of asked) {
      const base = bases.of(request)
      if (base === undefined) {
        found.add(checkValues({ values: withDefaults(values, undefined, common.loginKeys, cluster), role }))
        continue
      }
      const input = {
        ...common,
        profile: request.profile?.text ?? '',
        ...kind,
        role,
        cluster,
        isWhole,
        facts: base.facts,
        given: values,
      }
      const node = await planOne(input, base, found)
      if (node !== undefined) nodes.push(node)
    }
    found.add(checkMpi(nodes.map(({ role, plan, facts }) => ({ role, values: plan.values, facts }))))
    if (found.hasErrors()) throw found.error()
    const lock = bases.all.map(({ bundler }) => bundler?.newLock()).find((each) => each !== undefined)
    return { nodes, warnings: found.warnings(), state, ...(lock === undefined ? {} : { lock }), close }
  } catch (error) {
    close()
    throw error
  }
}

/** What the plans of all nodes follow from. */
function commonInput({ id, builtAt, authority, loginKey }: ClusterState) {
  const value = [loginKey?.publicKey ?? '']
  const made = { value, by: 'derived', origin: { file: '.piimg/id_ed25519' } } as const
  return { loginKeys: ownKeys() ?? made, clusterId: id, authority, builtAt, version: readVersion() }
}

async function planOne(
  input: PlanInput,
  { image: base, facts, bundler }: Base,
  found: CollectedProblems,
): Promise<NodePlan | undefined> {
  const prepared = prepareNode(input)
  found.add(prepared.problems)
  const files = await found.collect(() => readBaseFiles(base, wantedPaths(input, prepared)))
  if (files === undefined) return undefined
  const first = planNode(input, prepared, files)
  found.add(first.problems)
  // Packages take a while to fetch: not for an input that is wrong already.
  const bundle = found.hasErrors() ? undefined : await found.collect(() => bundler?.bundleOf(first.plan))
  const { plan, problems } = bundle === undefined ? first : planNode({ ...input, bundle }, prepared, files)
  found.add(problems)
  const steps = await found.collect(() => placeEntries(base.root, plan.root, base.name))
  return { role: input.role, base, facts, plan, steps: steps ?? [] }
}

function stateFor(folder: string, purpose: 'build' | 'show', needsKey: boolean): ClusterState {
  const { now, fixed } = buildTime(process.env)
  const known = readState(folder)
  const placeholder = placeholderState(now)
  const state =
    purpose === 'build'
      ? newState(now, needsKey, known)
      : {
          ...placeholder,
          ...known,
          ...(needsKey && known?.loginKey === undefined ? { loginKey: placeholder.loginKey } : {}),
        }
  return fixed ? { ...state, builtAt: now } : state
}
