import { ownKeys } from '../load/own-keys.js'
import type { ClusterState } from '../model/cluster-state.js'
import type { CollectedProblems } from './collected-problems.js'
import type { ResolvedNode } from './members.js'
import { placeholderState, stateFor } from './new-state.js'
import type { PlanRequest } from './plan-request.js'

/** The state that the plans of these nodes follow from; a placeholder where it is wrong, which is found. */
export async function findState(
  asked: readonly ResolvedNode[],
  { place, purpose }: PlanRequest,
  found: CollectedProblems,
): Promise<ClusterState> {
  const needsKey =
    asked.some(({ values }) => !values.has('authorized_keys')) && ownKeys(place.home) === undefined
  return (await found.collect(() => stateFor(place, purpose, needsKey))) ?? placeholderState(0)
}
