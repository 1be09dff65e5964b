import type { Origin, Problem } from '../model/problem.js'
import type { Superblock } from './ext4-superblock.js'

/**
 * All reasons why this file system cannot be read and edited; empty if there are none. A journal that is not replayed
 * is the dangerous one: the kernel would write its old blocks over every edit.
 */
export function ext4Problems(superblock: Superblock, where: Origin): Problem[] {
  return [...stateProblems(superblock), ...featureProblems(superblock)].map((words) => ({ ...words, where }))
}

type Words = Omit<Problem, 'where'>

const SHUT_DOWN =
  'the image comes from a running Pi, or from one that was not shut down: start it once and shut it down ' +
  'with "sudo poweroff" before you copy the card, or use the stock image'

const readable = new Set(
  'filetype needs_recovery meta_bg extent 64bit mmp flex_bg ea_inode metadata_csum_seed large_dir inline_data'.split(
    ' ',
  ),
)
const writable = new Set(
  (
    'sparse_super large_file huge_file uninit_bg dir_nlink extra_isize quota metadata_csum project verity ' +
    'orphan_present'
  ).split(' '),
)

function stateProblems({ state }: Superblock): Words[] {
  const { needsRecovery, orphanPresent, lastOrphan, errors, badChecksum, clean } = state
  const error = (what: string, hint: string): Words => ({ severity: 'error', what, hint })
  const found: Words[] = []
  if (needsRecovery) {
    found.push(
      error('the file system was not unmounted: its journal still has changes (needs_recovery)', SHUT_DOWN),
    )
  } else if (!clean) {
    found.push(error('the file system was not unmounted: its superblock is not marked clean', SHUT_DOWN))
  }
  if (orphanPresent) {
    found.push(error('the file system has deleted files that were still open (orphan_present)', SHUT_DOWN))
  } else if (lastOrphan !== 0) {
    found.push(
      error(`the file system has deleted files that were still open (inode ${lastOrphan})`, SHUT_DOWN),
    )
  }
  if (badChecksum) {
    found.push(
      error(
        'the superblock has a wrong checksum',
        'repair it with e2fsck -f, or use a fresh copy of the image',
      ),
    )
  }
  if (errors) {
    found.push(
      error(
        'the kernel has marked the file system as damaged',
        'repair it with e2fsck -f, or use the stock image',
      ),
    )
  }
  return found
}

function featureProblems({ features }: Superblock): Words[] {
  const hint = 'use the stock image; "dumpe2fs -h" shows what a file system uses'
  const unreadable = features.incompat.filter((name) => !readable.has(name))
  const unwritable = features.roCompat.filter((name) => !writable.has(name))
  const refuse = (names: string[]): Words[] =>
    names.map((name) => ({
      severity: 'error',
      what: `the file system uses ${name}, which piimg does not support`,
      hint,
    }))
  return refuse([...unreadable, ...unwritable])
}
