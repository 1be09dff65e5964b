import type { Facts } from './facts.js'
import { memo } from './memo.js'
import type { Value } from './value.js'

/** The first user that Debian and Raspberry Pi OS make; adduser.conf(5), FIRST_UID. It becomes the node's user. */
export const firstUid = 1000

/**
 * The other accounts of the base image that somebody could log in to.
 * @param kept the names of those that stay as they are
 */
export const lockedUsers = memo(({ users }: Facts, kept: Value | undefined): readonly string[] => {
  return users
    .filter(({ name, uid, openings }) => openings !== undefined && uid !== firstUid && !isKept(kept, name))
    .map(({ name }) => name)
})

/** @param kept the value of `keep_users` */
export function isKept(kept: Value | undefined, name: string): boolean {
  return Array.isArray(kept) && kept.includes(name)
}
