import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { openExt4 } from '../../builder/image/ext4.js'
import { ext4Problems } from '../../builder/image/ext4-problems.js'
import { debugfs, makeExt4, makeScattered } from './ext4-fixture.js'
import { slowness } from '../support/slowness.js'
import { problemsOf, readAll, readDamaged, run, sourceOf, workFolder, nodeAt } from './reader-fixture.js'

const folder = workFolder()
const tree = folder.path('tree')

beforeAll(() => {
  mkdirSync(`${tree}/many`, { recursive: true })
  mkdirSync(`${tree}/a/b/c`, { recursive: true })
  for (let index = 0; index < 100; index++) writeFileSync(`${tree}/many/file-${index}`, '')
  writeFileSync(`${tree}/a/b/c/inline`, 'i'.repeat(80))
  symlinkSync('s'.repeat(100), `${tree}/a/slow`)
  symlinkSync('b/c', `${tree}/a/fast`)
  makeScattered(`${tree}/a/scattered`, { pieces: 400, step: 2048 })
})

const shapes: [name: string, ...options: string[]][] = [
  ['ext4', '-t', 'ext4', '-O', '^has_journal'],
  ['ext4 with inline data and 64 bits', '-t', 'ext4', '-O', '^has_journal,inline_data,64bit,ea_inode'],
  ['ext2', '-t', 'ext2', '-I', '128'],
]

describe('random damage', () => {
  it.each(shapes)('of %s never ends in anything but a UserError', (name, ...options) => {
    const image = folder.path(`${name}.img`)
    makeExt4(image, { tree, options: [...options, '-b', '1024', '-N', '160'], size: '3M' })
    writeFileSync(folder.path('value'), 'value '.repeat(100))
    debugfs(image, `ea_set -f ${folder.path('value')} /a user.large`, 'ea_set /a/slow trusted.small value')
    const longest = readDamaged(readFileSync(image), 300, (source) => {
      readAll(() => {
        const ext4 = openExt4(source, 'test')
        ext4Problems(ext4.superblock, { file: 'test' })
        return ext4
      })
    })
    expect(longest).toBeLessThan(2000 * slowness())
  })
})

describe('damage', () => {
  const image = folder.path('victim.img')
  const blockSize = 1024
  beforeAll(() => {
    const options = ['-t', 'ext4', '-b', String(blockSize), '-O', '^has_journal,^metadata_csum']
    makeExt4(image, { tree, options, size: '3M' })
    debugfs(image, 'ea_set /a/slow trusted.small value')
  })

  const blockOf = (path: string) => Number(run('debugfs', '-R', `bmap ${path} 0`, image).trim())
  const inodeOffset = (path: string) => {
    const [, block, offset] =
      /block (\d+), offset (0x\w+)/.exec(run('debugfs', '-R', `imap ${path}`, image)) ?? []
    return Number(block) * blockSize + Number(offset)
  }
  const damagedBy = (change: (bytes: Buffer) => void) => {
    const bytes = readFileSync(image)
    change(bytes)
    return openExt4(sourceOf(bytes), 'the root partition')
  }
  const walkAll = (change: (bytes: Buffer) => void) =>
    problemsOf(() => Array.from(damagedBy(change).walk()).length)

  it('names the partition and the structure', () => {
    expect(walkAll((bytes) => bytes.writeUInt16LE(3, blockOf('/a') * blockSize + 4))).toBe(
      `damaged file system: the directory in inode ${damagedBy(() => {}).stat('/a')?.inode}`,
    )
  })

  it.each<[what: string, path: string, change: (bytes: Buffer, inode: number) => void, expected: RegExp]>([
    [
      'an unknown kind',
      '/a',
      (bytes, at) => bytes.writeUInt16LE(0, at),
      /inode \d+ is named, but not in use/,
    ],
    ['no links', '/a', (bytes, at) => bytes.writeUInt16LE(0, at + 26), /inode \d+ is named, but not in use/],
    ['extra fields beyond its end', '/a', (bytes, at) => bytes.writeUInt16LE(200, at + 128), /extra fields/],
    [
      'a size of odd bytes',
      '/a',
      (bytes, at) => bytes.writeUInt32LE(77, at + 4),
      /the size of the directory/,
    ],
    [
      'an absurd size',
      '/a',
      (bytes, at) => bytes.writeUInt32LE(2 ** 31, at + 4),
      /the size of the directory/,
    ],
    ['no extent tree', '/a', (bytes, at) => bytes.writeUInt16LE(0, at + 40), /the extent tree/],
    ['too many extents', '/a', (bytes, at) => bytes.writeUInt16LE(5, at + 42), /the extent tree/],
    ['a deep extent tree', '/a', (bytes, at) => bytes.writeUInt16LE(6, at + 46), /the extent tree/],
    [
      'a block far away',
      '/a',
      (bytes, at) => bytes.writeUInt32LE(9999, at + 60),
      /block 9999 .* outside of 3072/,
    ],
    [
      'a target beyond PATH_MAX',
      '/a/slow',
      (bytes, at) => bytes.writeUInt32LE(4097, at + 4),
      /symbolic link/,
    ],
  ])('is found where an inode has %s', (_what, path, change, expected) => {
    expect(walkAll((bytes) => change(bytes, inodeOffset(path)))).toMatch(expected)
  })

  it('is found where a directory is its own descendant', () => {
    const problem = walkAll((bytes) => {
      // The entry of "c" is the first behind "." and "..".
      const at = blockOf('/a/b') * blockSize + 24
      expect(bytes.toString('latin1', at + 8, at + 9)).toBe('c')
      bytes.writeUInt32LE(damagedBy(() => {}).stat('/a')?.inode ?? 0, at)
    })
    expect(problem).toContain('the directory /a/b/c has a second parent')
  })

  it('is found where an extent tree leads back into itself', () => {
    const ext4 = damagedBy((bytes) => {
      const at = inodeOffset('/a/scattered') + 40
      expect([bytes.readUInt16LE(at + 6), bytes.readUInt16LE(at + 2)]).toEqual([2, 1])
      const node = bytes.readUInt32LE(at + 16) * blockSize
      // Every index of the second level leads to the first leaf.
      for (let index = 1; index <= bytes.readUInt16LE(node + 2); index++) {
        bytes.writeUInt32LE(bytes.readUInt32LE(node + 16), node + index * 12 + 4)
      }
    })
    expect(problemsOf(() => ext4.readFile('/a/scattered'))).toContain('the block numbers of inode')
  })

  it('is found where an extent tree has an empty leaf', () => {
    const ext4 = damagedBy((bytes) => {
      const node = bytes.readUInt32LE(inodeOffset('/a/scattered') + 56) * blockSize
      bytes.writeUInt16LE(0, bytes.readUInt32LE(node + 16) * blockSize + 2)
    })
    expect(problemsOf(() => ext4.readFile('/a/scattered'))).toContain('the extent tree of inode')
  })

  it('is found where a block map leads to the same blocks again and again', () => {
    const ext4 = damagedBy((bytes) => {
      const at = inodeOffset('/a/scattered')
      const [third, second, empty] = [3069, 3070, 3071]
      // No extents; three levels of indirection, and at the end of all of them the same empty block.
      bytes.writeUInt32LE(0, at + 32)
      bytes.fill(0, at + 40, at + 100)
      bytes.writeUInt32LE(third, at + 40 + 14 * 4)
      for (let index = 0; index < 256; index++) {
        bytes.writeUInt32LE(second, third * blockSize + index * 4)
        bytes.writeUInt32LE(empty, second * blockSize + index * 4)
      }
      bytes.fill(0, empty * blockSize, (empty + 1) * blockSize)
      bytes.writeUInt32LE(1, at + 108)
    })
    const count = () => {
      let pieces = 0
      for (const piece of nodeAt(ext4, '/a/scattered').chunks()) pieces += piece.length
      return pieces
    }
    expect(problemsOf(count)).toContain('the block map of inode')
  })

  it('is found where an attribute is longer than its place', () => {
    const name = Buffer.from('small')
    const ext4 = damagedBy((bytes) => bytes.writeUInt8(255, bytes.indexOf(name) - 16))
    expect(problemsOf(() => nodeAt(ext4, '/a/slow').xattrs())).toContain('the extended attributes of inode')
    const other = damagedBy((bytes) => bytes.writeUInt16LE(0xfff0, bytes.indexOf(name) - 14))
    expect(problemsOf(() => nodeAt(other, '/a/slow').xattrs())).toContain('the extended attributes of inode')
  })

  it('is not what a removed entry is', () => {
    const ext4 = damagedBy((bytes) => bytes.writeUInt32LE(0, blockOf('/a/b') * blockSize + 24))
    expect(ext4.names('/a/b')).toEqual([])
  })

  it('is found where an inode or a reserved one is named that does not exist', () => {
    const at = blockOf('/a/b') * blockSize + 24
    expect(walkAll((bytes) => bytes.writeUInt32LE(99999, at))).toContain('there is no inode 99999')
    expect(walkAll((bytes) => bytes.writeUInt32LE(8, at))).toContain('reserved inode 8')
  })

  it('is found where a name would lead elsewhere', () => {
    const at = blockOf('/a/b') * blockSize + 24
    expect(walkAll((bytes) => bytes.write('/', at + 8))).toContain('the directory in inode')
    expect(walkAll((bytes) => bytes.write('\0', at + 8))).toContain('the directory in inode')
  })

  it('does not ask for more memory than a file may take', () => {
    const ext4 = damagedBy((bytes) => bytes.writeUInt32LE(0xff, inodeOffset('/a/scattered') + 108))
    expect(problemsOf(() => ext4.readFile('/a/scattered'))).toContain('too large to be read in one piece')
  })
})
