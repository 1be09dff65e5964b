import { UserError } from '../errors.js'
import { error } from '../model/problem.js'

/** A structure of the file system in `partition` contradicts itself or its surroundings. */
export function damaged(partition: string, what: string): UserError {
  return new UserError([
    error(
      { file: partition },
      `damaged file system: ${what}`,
      'repair it with e2fsck or fsck.vfat, or use a fresh copy of the image',
    ),
  ])
}
