import { coreVariables } from '../load/core-variables.js'
import { idleRemoval, type Library, loadOverlays, loadProfile } from '../load/library.js'
import { declaredVariables, resolveValues } from '../load/values.js'
import type { Place } from '../model/place.js'
import type { Problem } from '../model/problem.js'
import { checkOverlay } from '../plan/check-overlay.js'

/** What is wrong with profiles and overlays, whether a node uses them or not. */
export function checkLibrary(library: Library, place: Place): Problem[] {
  return [...checkOverlays(library), ...checkProfiles(library, place)]
}

function checkOverlays(library: Library): Problem[] {
  return library
    .everyOverlay()
    .flatMap(({ overlay, problems }) => [...problems, ...checkOverlay(overlay, coreVariables)])
}

function checkProfiles(library: Library, place: Place): Problem[] {
  return [...library.profiles].flatMap(([name, file]) => {
    const { chain, problems } = loadProfile(library, name, { file })
    const words = chain.flatMap(({ overlays }) => overlays)
    const loaded = loadOverlays(library, words)
    const declared = declaredVariables(loaded.overlays)
    const given = chain.flatMap(({ values }) => values)
    const resolved = resolveValues(declared.variables, given, [], place)
    const idle = loaded.idle.map(idleRemoval)
    return [...problems, ...loaded.problems, ...idle, ...declared.problems, ...resolved.problems]
  })
}
