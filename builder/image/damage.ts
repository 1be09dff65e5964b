import { UserError } from '../errors.js'

/** A structure of the file system in `partition` contradicts itself or its surroundings. */
export function damaged(partition: string, what: string): UserError {
  return new UserError([
    {
      severity: 'error',
      where: { file: partition },
      what: `damaged file system: ${what}`,
      hint: 'repair it with e2fsck or fsck.vfat, or use a fresh copy of the image',
    },
  ])
}
