import type { BuildSettings } from '../load/build-settings.js'
import type { PackagesLock } from '../model/bundle.js'
import type { ClusterState } from '../model/cluster-state.js'
import type { Problem } from '../model/problem.js'
import { checkMpi, type Planned, valuesForMpi } from '../plan/rules/mpi.js'
import { openBases } from './bases.js'
import { CollectedProblems } from './collected-problems.js'
import { loadMembers } from './members.js'
import { type NodePlan, planMembers } from './plan-members.js'
import type { PlanRequest } from './plan-request.js'
import { findState } from './state.js'

export interface NodePlans<Node = NodePlan> {
  readonly nodes: readonly Node[]
  readonly settings: BuildSettings
  readonly warnings: readonly Problem[]
  /** The content of `.piimg/`, now or after a build. */
  readonly state: ClusterState
  /** The new `packages.lock`, if it changes. */
  readonly lock?: PackagesLock
  /** Closes the base images. */
  close(): void
}

/**
 * Loads and plans the nodes that the options name, or all of the cluster file. Writes only the cache of decompressed
 * images.
 * @throws {UserError} with every problem that was found, in options, profiles, overlays and base images
 */
export async function planNodes(request: PlanRequest): Promise<NodePlans> {
  return await planEach(request, (node) => node)
}

/**
 * The warnings of what `planNodes` would plan. Each plan is dropped as soon as it is checked: a thousand take hundreds of MiB.
 * @throws {UserError} as `planNodes` does
 */
export async function checkNodes(request: Omit<PlanRequest, 'purpose'>): Promise<readonly Problem[]> {
  const plans = await planEach({ ...request, purpose: 'check' }, () => undefined)
  plans.close()
  return plans.warnings
}

async function planEach<Kept>(
  request: PlanRequest,
  keep: (node: NodePlan) => Kept,
): Promise<NodePlans<Kept>> {
  const found = new CollectedProblems()
  const members = await loadMembers(request, found)
  const bases = await openBases(members, request, found)
  try {
    const state = await findState(members.asked, request, found)
    const planned: Planned[] = []
    const nodes = await planMembers({ members, bases, state, place: request.place }, found, (node) => {
      planned.push({ role: node.role, values: valuesForMpi(node.plan.values), facts: node.facts })
      return keep(node)
    })
    found.add(checkMpi(planned))
    found.throwErrors()
    const lock = bases.newLock()
    const { settings } = members
    const made = { nodes, settings, warnings: found.warnings(), state, close: bases.close }
    return lock === undefined ? made : { ...made, lock }
  } catch (error) {
    bases.close()
    throw error
  }
}
