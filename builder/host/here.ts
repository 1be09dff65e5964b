import type { Place } from '../model/place.js'

let given: Place | undefined

/** Gives this folder the place that `main.ts` made: programs, the cache and colours depend on its environment. */
export function configureHost(place: Place): void {
  given = place
}

/** For this folder only; everything else has its place handed down. */
export function here(): Place {
  if (given === undefined) throw new Error('main.ts has not given host/ its place')
  return given
}
