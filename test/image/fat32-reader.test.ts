import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { openFat32, type Fat32 } from '../../builder/image/fat32.js'
import { pathsBelow } from './ext4-fixture.js'
import { run, sourceOf, workFolder, nodeAt } from './reader-fixture.js'

const folder = workFolder()
const tree = folder.path('tree')
const image = folder.path('boot.img')
let fat: Fat32

const names = [
  'config.txt',
  'README',
  'lower.EXT',
  'UPPER.ext',
  'ReadMe.TXT',
  'kernel_2712.img',
  'no-extension-and-long',
  'a.b.c',
  '.hidden',
  'thirteen char',
  'twenty-six characters long',
  'ünïcode – 名前.txt',
  'ÄÖÜ.TXT',
  `${'l'.repeat(250)}.txt`,
]

beforeAll(() => {
  mkdirSync(`${tree}/overlays/nested/more/and more`, { recursive: true })
  mkdirSync(`${tree}/empty`)
  names.forEach((name, index) => writeFileSync(`${tree}/${name}`, `${name} `.repeat(index * 20)))
  for (let index = 0; index < 300; index++)
    writeFileSync(`${tree}/overlays/some-overlay-${index}.dtbo`, `${index}`)
  writeFileSync(`${tree}/overlays/nested/more/and more/large`, Buffer.alloc(2_500_000, 'large file '))
  utimesSync(`${tree}/config.txt`, 0, 1_234_567_890)
  utimesSync(`${tree}/README`, 0, 4_000_000_000)
  run('mkfs.vfat', '-F', '32', '-s', '2', '-n', 'BOOTFS', '-i', '1a2b3c4d', '-C', image, '81920')
  const top = ['overlays', 'empty', ...names].map((name) => `${tree}/${name}`)
  run('mcopy', '-s', '-m', '-i', image, ...top.slice(0, 5), '::/')
  // Files that are deleted again, so that what comes later is in pieces and between marks.
  for (const name of ['gap-1', 'a long name that is gone.txt', 'gap-2']) {
    writeFileSync(folder.path(name), Buffer.alloc(5000, name))
    run('mcopy', '-i', image, folder.path(name), `::/${name}`)
  }
  run('mcopy', '-m', '-i', image, `${tree}/${names[3]}`, '::/')
  run('mdel', '-i', image, '::/gap-1', '::/gap-2', '::/a long name that is gone.txt')
  run('mcopy', '-s', '-m', '-i', image, ...top.slice(6), '::/')
  run('mcopy', '-i', image, folder.path('gap-1'), '::/gone')
  run('mdel', '-i', image, '::/gone')
  fat = openFat32(folder.open('boot.img'), 'boot partition')
})

describe('a FAT32 file system', () => {
  it('has the names of the folder it was made from, in order', () => {
    const found = [...fat.walk()].map(({ path }) => path)
    expect([...found].sort()).toEqual(pathsBelow(tree).sort())
    expect(fat.names('/')).toEqual(['empty', 'overlays', ...names].sort())
    expect(found.indexOf('/overlays')).toBeLessThan(found.indexOf('/overlays/nested'))
    expect(fat.names('/overlays')).toHaveLength(301)
    expect(fat.names('/none')).toEqual([])
    expect(fat.names('/README')).toEqual([])
  })

  it('has the sizes, times and bytes of the folder', () => {
    for (const { path, stat } of fat.walk()) {
      const { size, mtimeMs } = statSync(tree + path)
      const fixed = { mode: 0o755, uid: 0, gid: 0, links: 1 }
      if (stat.kind === 'directory') expect([path, stat]).toMatchObject([path, fixed])
      // FAT counts in steps of two seconds.
      else
        expect([path, stat]).toMatchObject([path, { ...fixed, size, mtime: Math.floor(mtimeMs / 2000) * 2 }])
      expect(nodeAt(fat, path).xattrs().size).toBe(0)
      if (stat.kind === 'directory') expect(fat.readFile(path)).toBeUndefined()
      else expect([path, fat.readFile(path)?.equals(readFileSync(tree + path))]).toEqual([path, true])
    }
    const pieces = [...nodeAt(fat, '/overlays/nested/more/and more/large').chunks()]
    expect(pieces.map(({ length }) => length)).toEqual([1 << 20, 1 << 20, 2_500_000 - (2 << 20)])
    expect(Buffer.concat(pieces).equals(readFileSync(`${tree}/overlays/nested/more/and more/large`))).toBe(
      true,
    )
  })

  it('has an inode number of its own for every file', () => {
    const inodes = Array.from(fat.walk(), ({ stat }) => stat.inode)
    expect(new Set([...inodes, fat.stat('/')?.inode]).size).toBe(inodes.length + 1)
    expect(inodes.every((inode) => Number.isSafeInteger(inode) && inode > 0)).toBe(true)
  })

  it('finds names in every case, and short names of long ones', () => {
    expect(fat.realPath('/CONFIG.TXT')).toBe('/config.txt')
    expect(fat.realPath('/Overlays/NESTED/../nested/More')).toBe('/overlays/nested/more')
    expect(fat.realPath('/ÜNÏCODE – 名前.TXT')).toBe('/ünïcode – 名前.txt')
    const short = /^(\w+~\d) +(IMG) .*kernel_2712\.img$/m.exec(run('mdir', '-i', image, '::/'))
    expect(fat.realPath(`/${short?.[1]}.${short?.[2]}`)).toBe('/kernel_2712.img')
    expect(fat.stat('/gap-1')).toBeUndefined()
  })

  it('has the facts that other tools show', () => {
    expect(fat).toMatchObject({ label: 'BOOTFS', volumeId: '1A2B-3C4D', clusterSize: 1024 })
    const [, used, all] = /(\d+)\/(\d+) clusters$/m.exec(run('fsck.vfat', '-n', image)) ?? []
    expect(fat.freeClusters).toBe(Number(all) - Number(used))
    expect(fat.freeBytes).toBe(fat.freeClusters * 1024)
    run('mlabel', '-i', image, '::RENAMED')
    expect(openFat32(folder.open('boot.img'), 'boot').label).toBe('RENAMED')
  })

  it('is complete for fsck.vfat in a copy of its metadata', () => {
    const source = folder.open('boot.img')
    const copy = openSync(folder.path('copy.img'), 'w')
    let copied = 0
    for (const { offset, length } of fat.metadataRanges()) {
      writeSync(copy, source.read(offset, length), 0, length, offset)
      copied += length
    }
    closeSync(copy)
    truncateSync(folder.path('copy.img'), source.size)
    const withoutName = (text: string) => text.replace(/^.*\.img: /m, '')
    const check = (name: string) => withoutName(run('fsck.vfat', '-n', folder.path(name)))
    expect(check('copy.img')).toBe(check('boot.img'))
    expect(copied).toBeLessThan(1_000_000)
    const copyTree = openFat32(folder.open('copy.img'), 'copy')
    const stats = (tree: Fat32) => Array.from(tree.walk(), ({ path, stat }) => [path, stat])
    expect(stats(copyTree)).toEqual(stats(fat))
  })
})

describe('names in upper case that Windows and Linux show in lower case', () => {
  it('follow the two flags of their entry', () => {
    const bytes = readFileSync(image)
    const at = bytes.indexOf('README     ')
    for (const [flags, name] of [
      [0, 'README'],
      [0x08, 'readme'],
      [0x10, 'README'],
    ] as const) {
      bytes[at + 12] = flags
      expect(openFat32(sourceOf(bytes), 'boot').names('/')).toContain(name)
    }
    bytes.write('READ\x81   \x84XT', at, 'latin1')
    bytes[at + 12] = 0x18
    expect(openFat32(sourceOf(bytes), 'boot').names('/')).toContain('readü.äxt')
  })

  it('are what is left of a long name whose parts are out of order', () => {
    const bytes = readFileSync(image)
    const at = bytes.indexOf('LLLLLL~1TXT')
    expect([bytes[at - 64], bytes[at - 32]]).toEqual([2, 1])
    bytes[at - 64] = 1
    expect(openFat32(sourceOf(bytes), 'boot').names('/')).toContain('LLLLLL~1.TXT')
  })

  it('are what is left of a long name with another checksum', () => {
    const bytes = readFileSync(image)
    const at = bytes.indexOf('KERNEL~1IMG')
    bytes.write('KERNEL~9IMG', at)
    const names = openFat32(sourceOf(bytes), 'boot').names('/')
    expect(names).toContain('KERNEL~9.IMG')
    expect(names).not.toContain('kernel_2712.img')
  })
})

describe('a file system with other sizes', () => {
  it.each([
    ['sectors of 4 KiB', '-S', '4096', '-s', '1'],
    ['one table', '-f', '1', '-s', '8'],
    ['clusters of 32 KiB and many reserved sectors', '-s', '64', '-R', '100'],
  ])('is read: %s', (_name, ...options) => {
    const other = folder.path('other.img')
    rmSync(other, { force: true })
    run('mkfs.vfat', '-F', '32', ...options, '-C', other, '300000')
    const source = folder.open('other.img')
    const empty = openFat32(source, 'other')
    expect(empty.label).toBe('')
    const [, used, all] = /(\d+)\/(\d+) clusters$/m.exec(run('fsck.vfat', '-n', other)) ?? []
    expect(empty.freeClusters).toBe(Number(all) - Number(used))
    expect([...empty.walk()]).toEqual([])
  })
})
