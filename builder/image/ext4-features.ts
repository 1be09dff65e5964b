type Names = readonly (string | undefined)[]

// The names of lib/e2p/feature.c in e2fsprogs 1.47, by bit number.
export const compatNames: Names = [
  'dir_prealloc',
  'imagic_inodes',
  'has_journal',
  'ext_attr',
  'resize_inode',
  'dir_index',
  'lazy_bg',
  undefined,
  'snapshot_bitmap',
  'sparse_super2',
  'fast_commit',
  'stable_inodes',
  'orphan_file',
]
export const incompatNames: Names = [
  'compression',
  'filetype',
  'needs_recovery',
  'journal_dev',
  'meta_bg',
  undefined,
  'extent',
  '64bit',
  'mmp',
  'flex_bg',
  'ea_inode',
  undefined,
  'dirdata',
  'metadata_csum_seed',
  'large_dir',
  'inline_data',
  'encrypt',
  'casefold',
]
export const roCompatNames: Names = [
  'sparse_super',
  'large_file',
  undefined,
  'huge_file',
  'uninit_bg',
  'dir_nlink',
  'extra_isize',
  undefined,
  'quota',
  'bigalloc',
  'metadata_csum',
  'replica',
  'read-only',
  'project',
  'shared_blocks',
  'verity',
  'orphan_present',
]

/** The names of the bits that are set in `word`, lowest first; `set` is the letter that unknown ones get. */
export function featureNames(word: number, names: Names, set: 'C' | 'I' | 'R'): string[] {
  return Array.from({ length: 32 }, (_, bit) => bit)
    .filter((bit) => (word >>> bit) & 1)
    .map((bit) => names[bit] ?? `FEATURE_${set}${bit}`)
}
