import type { Facts, User } from '../model/facts.js'
import type { Sourced } from '../model/value.js'

/** The keys that can log in if the user gave neither a key nor a password. */
export type LoginKeys = Sourced<readonly string[]>

/** The node's user: the base image's user 1000 under its new name, or one that is made. */
export interface Login {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
  readonly base: User | undefined
}

/** The first user that Debian and Raspberry Pi OS make; adduser.conf(5), FIRST_UID. */
export const firstUid = 1000

export function loginOf(facts: Facts, name: string): Login {
  const base = facts.users.find((user) => user.uid === firstUid)
  if (base === undefined) return { name, uid: firstUid, gid: firstUid, home: `/home/${name}`, base }
  const home = base.home === `/home/${base.name}` ? `/home/${name}` : base.home
  return { name, uid: base.uid, gid: base.gid, home, base }
}
