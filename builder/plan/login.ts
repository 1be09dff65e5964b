import type { Facts, User } from '../model/facts.js'
import { firstUid } from '../model/locked-users.js'
import type { Sourced } from '../model/value.js'

/** The keys that can log in if the user gave none. */
export type LoginKeys = Sourced<readonly string[]>

/** The node's user: the base image's user 1000 under its new name, or one that is made. */
export interface Login {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
  readonly base: User | undefined
}

export function loginOf(facts: Facts, name: string): Login {
  const base = facts.users.find((user) => user.uid === firstUid)
  if (base === undefined) return { name, uid: firstUid, gid: firstUid, home: `/home/${name}`, base }
  const home = base.home === `/home/${base.name}` ? `/home/${name}` : base.home
  return { name, uid: base.uid, gid: base.gid, home, base }
}
