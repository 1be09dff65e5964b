import { type Given } from '../load/values.js'
import type { Place } from '../model/place.js'
import type { Problem } from '../model/problem.js'
import { CollectedProblems } from './collected-problems.js'
import { loadMembers } from './members.js'

/**
 * Reads a new cluster file as a build would.
 * @param place whose folder holds that file
 * @param typed what of it the options gave
 * @returns warnings
 * @throws {UserError} with what is wrong, where it was typed: a file that is not published cannot be looked at
 */
export async function checkNewCluster(place: Place, typed: readonly Given[]): Promise<Problem[]> {
  const read = new CollectedProblems()
  await loadMembers({ place, options: {}, purpose: 'show' }, read)
  const found = new CollectedProblems()
  found.add(read.all().map((problem) => (read.hasErrors() ? asTyped(problem, typed) : problem)))
  found.throwErrors()
  return found.warnings()
}

function asTyped(problem: Problem, typed: readonly Given[]): Problem {
  const [, name] = /^\[\w+\] (\w+)$/.exec(problem.where.key ?? '') ?? []
  const given = typed.find((each) => each.name === name)
  return given === undefined ? problem : { ...problem, where: given.origin }
}
