import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { openFat32, type Fat32 } from '../../builder/image/fat32.js'
import { slowness } from '../support/slowness.js'
import { problemsOf, readAll, readDamaged, run, sourceOf, workFolder, nodeAt } from './reader-fixture.js'

const folder = workFolder()
const image = folder.path('boot.img')
const SECTOR = 512
let stock: Buffer

beforeAll(() => {
  const tree = folder.path('tree')
  mkdirSync(`${tree}/overlays/nested`, { recursive: true })
  for (let index = 0; index < 40; index++) writeFileSync(`${tree}/overlays/overlay-${index}.dtbo`, `${index}`)
  writeFileSync(`${tree}/config.txt`, '[all]\n'.repeat(500))
  writeFileSync(`${tree}/empty`, '')
  run('mkfs.vfat', '-F', '32', '-s', '1', '-n', 'BOOTFS', '-C', image, '33792')
  run(
    'mcopy',
    '-s',
    '-i',
    image,
    ...['overlays', 'config.txt', 'empty'].map((name) => `${tree}/${name}`),
    '::/',
  )
  stock = readFileSync(image)
})

function damagedBy(change: (bytes: Buffer) => void): Fat32 {
  const bytes = Buffer.from(stock)
  change(bytes)
  return openFat32(sourceOf(bytes), 'the boot partition')
}

describe('random damage', () => {
  it('never ends in anything but a UserError', () => {
    const longest = readDamaged(stock, 300, (source) => {
      readAll(() => {
        const fat = openFat32(source, 'test')
        expect(Array.from(fat.metadataRanges()).length).toBeGreaterThan(0)
        expect(fat.label.length).toBeLessThan(12)
        return fat
      })
    })
    expect(longest).toBeLessThan(2000 * slowness())
  })
})

describe('damage', () => {
  const tableEntry = (cluster: number) => 32 * SECTOR + cluster * 4
  const clusterOf = (path: string) => damagedBy(() => {}).stat(path)?.inode ?? 0
  const slotOf = (shortName: string) => stock.indexOf(shortName)

  it('is found where a chain is a circle', () => {
    const first = clusterOf('/config.txt')
    const fat = damagedBy((bytes) => bytes.writeUInt32LE(first, tableEntry(first + 3)))
    expect(problemsOf(() => fat.readFile('/config.txt'))).toBe(
      `damaged file system: the chain of cluster ${first} is a circle`,
    )
    expect(fat.names('/overlays')).toHaveLength(41)
  })

  it.each([0, 1, 0x0fffff00, 0x0ffffff7])('is found where a chain leads to %i', (value) => {
    const first = clusterOf('/config.txt')
    const fat = damagedBy((bytes) => bytes.writeUInt32LE(value, tableEntry(first + 1)))
    expect(problemsOf(() => [...nodeAt(fat, '/config.txt').chunks()])).toContain(
      `cluster ${value} in the chain of`,
    )
  })

  it('is found where a file has fewer clusters than bytes', () => {
    const first = clusterOf('/config.txt')
    const fat = damagedBy((bytes) => bytes.writeUInt32LE(0x0fffffff, tableEntry(first + 1)))
    expect(problemsOf(() => fat.readFile('/config.txt'))).toContain('config.txt has too few clusters')
  })

  it('is found where a directory is its own descendant', () => {
    const fat = damagedBy((bytes) => bytes.writeUInt16LE(clusterOf('/overlays'), slotOf('NESTED     ') + 26))
    const second = 'has a second parent'
    expect(problemsOf(() => Array.from(fat.walk()).length)).toContain(`/overlays/nested ${second}`)
    expect(problemsOf(() => Array.from(fat.metadataRanges()).length)).toContain(second)
  })

  it('is found where a name would lead elsewhere', () => {
    const fat = damagedBy((bytes) => bytes.write('A/B', slotOf('NESTED     ')))
    expect(problemsOf(() => fat.names('/overlays'))).toContain('a directory holds the name "a/bted"')
  })

  it.each([
    [13, 3, 'the boot sector says 3 sectors in a cluster'],
    [13, 0, 'the boot sector says 0 sectors in a cluster'],
    [40, 0x85, 'the boot sector says table 5 of 2 is in use'],
    [34, 0x7f, 'bytes in a partition of 34603008'],
    [39, 0x7f, 'the boot sector says that there are no clusters'],
  ])('is found in the boot sector: byte %i = %i', (offset, value, what) => {
    expect(problemsOf(() => damagedBy((bytes) => bytes.writeUInt8(value, offset)))).toContain(what)
  })

  it('does not hurt the table that is in use', () => {
    const tableSize = stock.readUInt32LE(36) * SECTOR
    const fat = damagedBy((bytes) => {
      bytes.writeUInt8(0x81, 40)
      bytes.fill(0x55, 32 * SECTOR, 32 * SECTOR + tableSize)
    })
    expect(fat.readFile('/config.txt')?.length).toBe(3000)
  })
})

describe('what fsck.vfat finds in boot sectors and tables', () => {
  const tableSize = () => stock.readUInt32LE(36) * SECTOR
  const first = 32 * SECTOR
  const clean = (bytes: Buffer, value: number) => {
    for (const table of [first, first + tableSize()]) bytes.writeUInt32LE(value, table + 4)
  }

  /** The last free clusters as a chain, and the number of free ones without them. */
  const lose = (bytes: Buffer, count: number) => {
    const clusters = Math.floor((bytes.length - first - 2 * tableSize()) / bytes.readUInt8(13) / SECTOR)
    const free = Array.from({ length: clusters }, (_, index) => clusters + 1 - index)
      .filter((cluster) => bytes.readUInt32LE(first + 4 * cluster) === 0)
      .slice(0, count)
    for (const [index, cluster] of free.entries())
      for (const table of [first, first + tableSize()])
        bytes.writeUInt32LE(free[index + 1] ?? 0x0fffffff, table + 4 * cluster)
    bytes.writeUInt32LE(bytes.readUInt32LE(SECTOR + 488) - free.length, SECTOR + 488)
  }

  it.each<readonly [string, (bytes: Buffer) => void, string | undefined]>([
    ['nothing', () => {}, undefined],
    ['the mark of Linux', (bytes) => bytes.writeUInt8(1, 65), 'marked dirty'],
    ['another mark', (bytes) => bytes.writeUInt8(2, 65), undefined],
    ['the mark of Windows', (bytes) => clean(bytes, 0x07ffffff), 'marked dirty'],
    ['the mark for errors of the disk', (bytes) => clean(bytes, 0x0bffffff), undefined],
    ['two tables that differ', (bytes) => bytes.writeUInt8(1, first + tableSize() + 4000), 'tables differ'],
    [
      'a wrong number of free clusters',
      (bytes) => bytes.writeUInt32LE(7, SECTOR + 488),
      'free clusters is wrong',
    ],
    ['a cluster that no file has', (bytes) => lose(bytes, 1), 'lost: 1 chain that'],
    [
      'clusters of two files that are gone',
      (bytes) => void [2, 1].map((count) => lose(bytes, count)),
      'lost: 2 chains that',
    ],
    ['no number of free clusters', (bytes) => bytes.writeUInt32LE(0xffffffff, SECTOR + 488), undefined],
    ['no info sector', (bytes) => bytes.writeUInt32LE(0, SECTOR), undefined],
  ])('is found here too: %s', (_, change, what) => {
    const faults = damagedBy(change).faults()
    const bytes = Buffer.from(stock)
    change(bytes)
    writeFileSync(folder.path('changed.img'), bytes)
    const { status } = spawnSync('/usr/sbin/fsck.vfat', ['-n', folder.path('changed.img')])
    expect(faults.join()).toMatch(what ?? /^$/)
    if (what !== undefined) expect(status).toBe(1)
  })
})

describe('what is no FAT32 file system', () => {
  const refusal = (change: (bytes: Buffer) => void) => problemsOf(() => damagedBy(change))

  it.each([
    ['12', '1440', 'FAT12'],
    ['16', '20000', 'FAT16'],
  ])('is named: FAT%s of %s KiB', (bits, size, name) => {
    rmSync(folder.path('small.img'), { force: true })
    run('mkfs.vfat', '-F', bits, '-C', folder.path('small.img'), size)
    const source = folder.open('small.img')
    expect(problemsOf(() => openFat32(source, 'boot'))).toBe(`not a FAT32 file system: it is ${name}`)
  })

  it('is named: NTFS, exFAT, zeros, bad sectors and unknown content', () => {
    expect(refusal((bytes) => bytes.write('NTFS    ', 3))).toContain('it is NTFS')
    expect(refusal((bytes) => bytes.write('EXFAT   ', 3))).toContain('it is exFAT')
    expect(refusal((bytes) => bytes.fill(0, 0, SECTOR))).toContain('it begins with zeros')
    expect(refusal((bytes) => bytes.writeUInt16LE(0, 510))).toContain('does not end in 55 AA')
    expect(refusal((bytes) => bytes.writeUInt16LE(520, 11))).toContain('its sectors have 520 bytes')
    expect(refusal((bytes) => bytes.writeUInt8(0, 16))).toContain('it has no file allocation table')
    expect(problemsOf(() => openFat32(sourceOf(Buffer.alloc(100)), 'boot'))).toContain(
      'it has only 100 bytes',
    )
  })
})
