import { homedir } from 'node:os'
import type { Place } from '../../builder/model/place.js'

/** A place for a test; what the test changes of the environment counts at once. */
export function placeOf(folder = process.cwd(), rest: Partial<Place> = {}): Place {
  return { folder, environment: process.env, home: homedir(), ...rest }
}

/** As main.ts makes it: what a test changes of the folder or the environment counts at once. */
export const testPlace: Place = {
  get folder() {
    return process.cwd()
  },
  environment: process.env,
  get home() {
    return homedir()
  },
}
