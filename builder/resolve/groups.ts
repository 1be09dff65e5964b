import { UserError } from '../errors.js'
import { findLibrary } from '../load/library.js'
import { readMembers } from '../load/remembered.js'
import { readRequests } from '../load/requests.js'
import type { Place } from '../model/place.js'
import { textOf } from '../plan/values.js'

/** A group, and the names of its nodes. */
export interface Group {
  readonly name: string
  readonly nodes: readonly string[]
}

/**
 * The groups of the cluster file, or of the cards that were built in this folder one by one. Every profile is a group.
 * @throws {UserError} where the cluster file is wrong
 */
export function groupsOf(place: Place): Group[] {
  const library = findLibrary(place.folder)
  const { nodes, hasFile, problems } = readRequests(place, {}, library)
  if (hasFile && problems.some(({ severity }) => severity === 'error')) throw new UserError(problems)
  const members = hasFile
    ? nodes.map(({ hostname, profile, groups }) => ({
        hostname: hostname.text,
        groups: [...library.chainOf(profile?.text ?? ''), ...groups],
      }))
    : readMembers(place.folder).map(({ profile, groups, values }) => ({
        hostname: textOf(values, 'hostname'),
        groups: groups ?? library.chainOf(profile),
      }))
  const names = [...new Set(members.flatMap(({ groups }) => groups))]
  return names.map((name) => ({
    name,
    nodes: members.filter(({ groups }) => groups.includes(name)).map(({ hostname }) => hostname),
  }))
}
