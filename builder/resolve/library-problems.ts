import { coreVariables } from '../load/core-variables.js'
import { findLibrary, type Library, loadOverlays, loadProfile } from '../load/library.js'
import { loadOverlay } from '../load/overlays.js'
import { declaredVariables, resolveValues } from '../load/values.js'
import type { Place } from '../model/place.js'
import type { Problem } from '../model/problem.js'
import { checkOverlay } from '../plan/check-overlay.js'

/** What is wrong with profiles and overlays, whether a node uses them or not, and how many there are. */
export function checkLibrary(place: Place): { problems: Problem[]; profiles: number; overlays: number } {
  const library = findLibrary(place.folder)
  const problems = [...checkOverlays(library), ...checkProfiles(library, place)]
  return { problems, profiles: library.profiles.size, overlays: library.overlays.size }
}

function checkOverlays(library: Library): Problem[] {
  return [...library.overlays].flatMap(([name, folder]) => {
    const { overlay, problems } = loadOverlay(name, folder)
    return [...problems, ...checkOverlay(overlay, coreVariables)]
  })
}

function checkProfiles(library: Library, place: Place): Problem[] {
  return [...library.profiles].flatMap(([name, file]) => {
    const { chain, problems } = loadProfile(library, name, { file })
    const loaded = loadOverlays(library, chain)
    const declared = declaredVariables(loaded.overlays)
    const given = chain.flatMap(({ values }) => values)
    const resolved = resolveValues(declared.variables, given, [], place)
    return [...problems, ...loaded.problems, ...declared.problems, ...resolved.problems]
  })
}
