import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../builder/errors.js'
import { readPartitionTable } from '../../builder/image/partition-table.js'
import { makeExt4 } from './ext4-fixture.js'
import { problemsOf, run, sourceOf, workFolder } from './reader-fixture.js'

const folder = workFolder()
const MIB = 1024 * 1024

interface Entry {
  readonly type?: number
  readonly first: number
  readonly count: number
  readonly status?: number
}

/** A disk of `size` bytes with these entries, in sectors. */
function disk(entries: readonly Entry[], size = 4 * MIB): Buffer {
  const bytes = Buffer.alloc(size)
  bytes.writeUInt16LE(0xaa55, 510)
  bytes.writeUInt32LE(0x0badcafe, 440)
  entries.forEach(({ type = 0x83, first, count, status = 0 }, index) => {
    const at = 446 + index * 16
    bytes[at] = status
    bytes[at + 4] = type
    bytes.writeUInt32LE(first, at + 8)
    bytes.writeUInt32LE(count, at + 12)
  })
  return bytes
}

function refusal(bytes: Buffer): string {
  return problemsOf(() => readPartitionTable(sourceOf(bytes), 'card.img'))
}

describe('a partition table', () => {
  it('has what its entries say, in bytes', () => {
    const bytes = disk([
      { type: 0x0c, first: 2048, count: 1024, status: 0x80 },
      { type: 0, first: 99, count: 99 },
      { first: 4096, count: 4096 },
    ])
    expect(readPartitionTable(sourceOf(bytes), 'card.img')).toEqual({
      diskSignature: '0badcafe',
      partitions: [
        { number: 1, type: 0x0c, offset: MIB, size: MIB / 2 },
        { number: 3, type: 0x83, offset: 2 * MIB, size: 2 * MIB },
      ],
    })
  })
})

describe('refused by name', () => {
  it('is what is no disk image', () => {
    expect(refusal(Buffer.alloc(100))).toBe('not a disk image: it has only 100 bytes')
    expect(refusal(Buffer.alloc(0))).toBe('not a disk image: it has only 0 bytes')
    expect(refusal(Buffer.alloc(4096))).toBe('not a disk image: it begins with zeros')
    expect(refusal(Buffer.alloc(4096, 'text '))).toBe(
      'not a disk image: its first sector does not end in 55 AA',
    )
    expect(refusal(disk([{ first: 8, count: 8, status: 0x33 }]))).toContain('holds no partition table')
    expect(refusal(disk([]))).toBe('the image has no partitions')
  })

  it('is a GPT, with and without its protective entry', () => {
    expect(refusal(disk([{ type: 0xee, first: 1, count: 100 }]))).toContain('GPT')
    const bytes = disk([{ first: 64, count: 100 }])
    bytes.write('EFI PART', 512)
    expect(refusal(bytes)).toContain('GPT')
  })

  it('is a truncated image, with every partition that is cut', () => {
    const bytes = disk([
      { type: 0x0c, first: 2048, count: 7000 },
      { first: 10_000, count: 1000 },
    ])
    expect(refusal(bytes)).toBe(
      'the image is truncated: partition 1 reaches beyond its end (4194304 bytes are there, 4632576 needed)\n' +
        'the image is truncated: partition 2 reaches beyond its end (4194304 bytes are there, 5632000 needed)',
    )
  })

  it('are partitions that overlap each other or the table', () => {
    const bytes = disk([
      { first: 100, count: 100 },
      { first: 199, count: 100 },
      { first: 0, count: 50 },
    ])
    expect(refusal(bytes)).toBe('partitions 1 and 2 overlap\npartition 3 covers the partition table')
  })

  it('is a single partition: FAT32, FAT16, ext4', () => {
    run('mkfs.vfat', '-F', '32', '-C', folder.path('fat32'), '40000')
    run('mkfs.vfat', '-F', '16', '-C', folder.path('fat16'), '20000')
    makeExt4(folder.path('ext4'), { options: ['-t', 'ext4'], size: '4M' })
    for (const [name, shown] of [
      ['fat32', 'FAT'],
      ['fat16', 'FAT'],
      ['ext4', 'ext4'],
    ] as const) {
      const source = folder.open(name)
      expect(problemsOf(() => readPartitionTable(source, 'card.img'))).toBe(
        `this is a single partition (${shown}), not a whole card`,
      )
    }
  })

  it('says where, and what to do', () => {
    writeFileSync(folder.path('empty'), '')
    try {
      readPartitionTable(folder.open('empty'), 'card.img')
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(UserError)
      const [problem] = (error as UserError).problems
      expect(problem).toMatchObject({ severity: 'error', where: { file: 'card.img' } })
      expect(problem?.hint).toContain('whole SD card')
    }
  })
})
