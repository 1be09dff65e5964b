import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { openExt4 } from '../../builder/image/ext4.js'
import { ext4Problems } from '../../builder/image/ext4-problems.js'
import { readSuperblock } from '../../builder/image/ext4-superblock.js'
import { debugfs, makeExt4 } from './ext4-fixture.js'
import { problemsOf, run, sourceOf, workFolder } from './reader-fixture.js'

const folder = workFolder()
const where = { file: 'node.img', key: 'root partition' }
const UUID = '01234567-89ab-cdef-0123-456789abcdef'
let stock: Buffer

beforeAll(() => {
  const options = ['-t', 'ext4', '-L', 'rootfs', '-U', UUID, '-O', 'orphan_file']
  makeExt4(folder.path('stock.img'), { options, size: '8M' })
  stock = readFileSync(folder.path('stock.img'))
})

/** The stock image with 32-bit words of its superblock changed. */
function patched(words: Readonly<Record<number, (before: number) => number>>): Buffer {
  const bytes = Buffer.from(stock)
  for (const [offset, change] of Object.entries(words)) {
    const at = 1024 + Number(offset)
    bytes.writeUInt32LE(change(bytes.readUInt32LE(at)) >>> 0, at)
  }
  return bytes
}

const wrongChecksum = 'the superblock has a wrong checksum'

/** Nobody has put the right checksum into patched bytes. */
function problemsIn(bytes: Buffer): string[] {
  const texts = ext4Problems(readSuperblock(sourceOf(bytes), 'test'), where).map(
    ({ severity, where: from, what }) => {
      expect([severity, from]).toEqual(['error', where])
      return what
    },
  )
  expect(texts.includes(wrongChecksum)).toBe(bytes !== stock)
  return texts.filter((text) => text !== wrongChecksum)
}

describe('the facts of the superblock', () => {
  it('are those that dumpe2fs shows', () => {
    const shown = run('dumpe2fs', '-h', folder.path('stock.img'))
    const value = (key: string) => new RegExp(`^${key}:\\s+(.*)$`, 'm').exec(shown)?.[1]
    const superblock = readSuperblock(sourceOf(stock), 'test')
    const { features } = superblock
    expect([...features.compat, ...features.incompat, ...features.roCompat].sort()).toEqual(
      value('Filesystem features')?.split(' ').sort(),
    )
    expect(superblock).toMatchObject({
      label: 'rootfs',
      uuid: UUID,
      blockSize: Number(value('Block size')),
      blockCount: Number(value('Block count')),
      freeBlocks: Number(value('Free blocks')),
      inodeCount: Number(value('Inode count')),
      freeInodes: Number(value('Free inodes')),
      inodeSize: Number(value('Inode size')),
      state: { needsRecovery: false, orphanPresent: false, lastOrphan: 0, errors: false, clean: true },
    })
  })

  it.each([
    [92, 'compat'],
    [96, 'incompat'],
    [100, 'roCompat'],
  ] as const)('name the features at byte %i as dumpe2fs does', (offset, set) => {
    for (let bit = 0; bit < 32; bit++) {
      // Not these: a journal is read differently, and metadata_csum needs the right checksum.
      if ((offset === 96 && bit === 3) || (offset === 100 && bit === 10)) continue
      const none = () => 0
      const bytes = patched({ 92: none, 96: none, 100: none, [offset]: () => 2 ** bit })
      writeFileSync(folder.path('features.img'), bytes)
      const shown = run('dumpe2fs', '-h', '-f', folder.path('features.img'))
      const names = readSuperblock(sourceOf(bytes), 'test').features[set]
      expect(names).toEqual([/^Filesystem features: +(\S+)$/m.exec(shown)?.[1]])
    }
  })
})

describe('problems', () => {
  it('are none in a stock image', () => {
    expect(problemsIn(stock)).toEqual([])
  })

  it('are a journal that is not replayed, as debugfs marks it', () => {
    const image = folder.path('running.img')
    copyFileSync(folder.path('stock.img'), image)
    debugfs(image, 'feature needs_recovery')
    const [problem, ...more] = ext4Problems(openExt4(folder.open('running.img'), 'test').superblock, where)
    expect(more).toEqual([])
    expect(problem?.what).toContain('journal still has changes (needs_recovery)')
    expect(problem?.hint).toContain('sudo poweroff')
  })

  it('are deleted files that wait for the next mount', () => {
    expect(problemsIn(patched({ 100: (word) => word | 0x10000 }))).toEqual([
      'the file system has deleted files that were still open (orphan_present)',
    ])
    expect(problemsIn(patched({ 232: () => 15 }))).toEqual([
      'the file system has deleted files that were still open (inode 15)',
    ])
  })

  it('are marks of errors and of a missing unmount', () => {
    expect(problemsIn(patched({ 56: (word) => word | 0x20000 }))).toEqual([
      'the kernel has marked the file system as damaged',
    ])
    expect(problemsIn(patched({ 56: (word) => word & ~0x10000 }))).toEqual([
      'the file system was not unmounted: its superblock is not marked clean',
    ])
  })

  it('are features by name, all at once', () => {
    const bytes = patched({ 96: (word) => word | 0x30001 | (2 ** 20), 100: (word) => word | 0x200 })
    expect(problemsIn(bytes)).toEqual(
      ['compression', 'encrypt', 'casefold', 'FEATURE_I20', 'bigalloc'].map(
        (name) => `the file system uses ${name}, which piimg does not support`,
      ),
    )
  })
})

describe('a superblock that cannot be', () => {
  it.each([
    [24, 99, 'block size'],
    [88, 0x70, 'inode size'],
    [20, 77, 'first data block 77'],
    [32, 0, '0 blocks in a group'],
    [40, 0, '0 inodes in a group'],
    [0, 1, '1 inodes in 1 groups'],
    [252, 0x30000, 'descriptor size'],
    [12, 0xffffffff, 'blocks free'],
  ])('is damaged: word %i = %i', (offset, word, what) => {
    const problem = problemsOf(() => readSuperblock(sourceOf(patched({ [offset]: () => word })), 'test'))
    expect(problem).toContain('damaged file system: the superblock says')
    expect(problem).toContain(what)
  })

  it('is damaged where it says more than the partition holds', () => {
    const problem = problemsOf(() => readSuperblock(sourceOf(stock.subarray(0, 8_000_000)), 'test'))
    expect(problem).toBe('damaged file system: the superblock says 8388608 bytes in a partition of 8000000')
  })
})
