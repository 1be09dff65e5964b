import type { NodeRequest } from '../load/cluster-file.js'
import { coreVariables } from '../load/core-variables.js'
import { idleRemoval, type Library, loadOverlays, loadProfile } from '../load/library.js'
import { declaredVariables } from '../load/values.js'
import { roleOfProfiles } from '../model/cluster-node.js'
import type { Variable } from '../model/variable.js'
import { checkOverlay } from '../plan/check-overlay.js'
import { checkTogether } from '../plan/check-together.js'
import type { CollectedProblems } from './collected-problems.js'

export type Kind = ReturnType<typeof loadKind>

/** What a node is made of: its profile's parts, and the overlays that it has besides. */
export function loadKind(
  library: Library,
  { profile, overlays }: Pick<NodeRequest, 'profile' | 'overlays'>,
  found: CollectedProblems,
) {
  const { chain, problems } =
    profile === undefined ? { chain: [], problems: [] } : loadProfile(library, profile.text, profile.origin)
  const loaded = loadOverlays(library, [...chain.flatMap((each) => each.overlays), ...overlays])
  const declared = declaredVariables(loaded.overlays)
  const checked = loaded.overlays.flatMap((overlay) => checkOverlay(overlay, coreVariables))
  const idle = new Set(loaded.idle)
  const ofProfiles = chain.flatMap((each) => each.overlays).filter((word) => idle.has(word))
  found.add([
    ...problems,
    ...loaded.problems,
    ...ofProfiles.map(idleRemoval),
    ...declared.problems,
    ...checked,
  ])
  const together = checkTogether(loaded.overlays, profile?.origin)
  found.add(together)
  const isWhole = chain.length > 0 && problems.length === 0 && loaded.problems.length === 0
  return {
    profiles: chain,
    /** The words of its request that take an overlay away. */
    removals: overlays.filter((word) => word.text.startsWith('~') && !idle.has(word)),
    role: roleOfProfiles(chain.map(({ name }) => name)),
    overlays: loaded.overlays,
    // Without a profile the overlays of a node are unknown, so every overlay's variable is accepted.
    variables: isWhole ? declared.variables : everyVariable(library),
    isBroken:
      chain.length > 0 &&
      (!isWhole ||
        [...declared.problems, ...checked, ...together].some(({ severity }) => severity === 'error')),
  }
}

/** The variables of all overlays. */
export function everyVariable(library: Library): ReadonlyMap<string, Variable> {
  return declaredVariables(library.everyOverlay().map(({ overlay }) => overlay)).variables
}
