import { createHash } from 'node:crypto'
import {
  copyFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { openExt4, type Ext4 } from '../../builder/image/ext4.js'
import { ext4Problems } from '../../builder/image/ext4-problems.js'
import { debugfs, makeExt4, makeScattered, makeTree, pathsBelow, statOnDisk } from './ext4-fixture.js'
import { nodeAt, run, workFolder } from './reader-fixture.js'

const folder = workFolder()
const tree = folder.path('tree')

beforeAll(() => makeTree(tree))

const smallGroups = ['-b', '1024', '-g', '256', '-N', '1024', '-O', '^flex_bg']
const shapes: [name: string, ...options: string[]][] = [
  ['ext4 as this computer makes it', '-t', 'ext4'],
  ['ext4 as pi-gen makes it', '-t', 'ext4', '-O', '^64bit,^huge_file,^metadata_csum'],
  ['ext4 with the features of Trixie', '-t', 'ext4', '-O', 'orphan_file,metadata_csum_seed,^64bit'],
  ['blocks of 1 KiB', '-t', 'ext4', '-b', '1024'],
  ['blocks of 1 KiB without 64bit', '-t', 'ext4', '-b', '1024', '-O', '^64bit'],
  ['blocks of 64 KiB', '-t', 'ext4', '-b', '65536', '-O', '^metadata_csum'],
  ['inodes of 128 bytes', '-t', 'ext4', '-I', '128'],
  ['inodes of 512 bytes', '-t', 'ext4', '-I', '512'],
  ['data in inodes', '-t', 'ext4', '-O', 'inline_data'],
  ['data in large inodes', '-t', 'ext4', '-O', 'inline_data', '-I', '1024'],
  ['ext2', '-t', 'ext2', '-b', '1024'],
  ['ext2 with blocks of 4 KiB', '-t', 'ext2', '-b', '4096'],
  ['ext2 of the first revision', '-t', 'ext2', '-r', '0', '-b', '1024', '-O', 'none'],
  ['ext3', '-t', 'ext3', '-b', '2048'],
  ['small groups', '-t', 'ext4', ...smallGroups],
  ['meta groups', '-t', 'ext4', ...smallGroups, '-O', 'meta_bg,^resize_inode'],
  [
    'meta groups, two backups',
    '-t',
    'ext4',
    ...smallGroups,
    '-O',
    'meta_bg,^resize_inode,sparse_super2,^sparse_super',
  ],
  ['meta groups, all backups', '-t', 'ext2', ...smallGroups, '-O', 'meta_bg,^resize_inode,^sparse_super'],
]

describe.each(shapes)('%s', (name, ...options) => {
  let ext4: Ext4
  beforeAll(() => {
    const image = `${name.replaceAll(/\W+/g, '-')}.img`
    makeExt4(folder.path(image), { tree, options })
    ext4 = openExt4(folder.open(image), 'test')
  })

  it('has the names of the folder it was made from', () => {
    const found = [...ext4.walk()].map(({ path }) => path)
    expect(found.filter((path) => path !== '/lost+found').sort()).toEqual(pathsBelow(tree).sort())
    for (const path of ['/', ...found]) {
      const below = found.filter((other) => other.slice(0, other.lastIndexOf('/') || 1) === path)
      expect(ext4.names(path)).toEqual(below.map((other) => other.slice(other.lastIndexOf('/') + 1)))
      expect(ext4.names(path)).toEqual([...ext4.names(path)].sort())
    }
  })

  it('has the modes, owners, times, sizes and links of the folder', () => {
    for (const path of pathsBelow(tree)) {
      const stat = ext4.stat(path)
      expect({ path, ...stat }).toMatchObject({ path, ...statOnDisk(tree + path) })
      if (stat?.kind === 'file') expect(stat.size).toBe(lstatSync(tree + path).size)
    }
    expect(ext4.stat('/etc/hosts')?.inode).toBe(ext4.stat('/etc/hosts-again')?.inode)
  })

  it('has the bytes of the folder, whole and in pieces', () => {
    for (const node of ext4.walk()) {
      const { path, stat } = node
      expect(nodeAt(ext4, path).stat).toEqual(stat)
      if (stat.kind === 'symlink') expect(stat.target).toBe(readlinkSync(tree + path))
      if (stat.kind !== 'file') continue
      const hash = hashOf([readFileSync(tree + path)])
      expect([path, hashOf([ext4.readFile(path) ?? Buffer.alloc(0)])]).toEqual([path, hash])
      expect([path, hashOf(nodeAt(ext4, path).chunks())]).toEqual([path, hash])
      expect([path, hashOf(node.chunks())]).toEqual([path, hash])
    }
  })

  it('counts what is free, and finds nothing wrong', () => {
    const free = /^Free blocks: +(\d+)$/m.exec(run('dumpe2fs', '-h', imageOf(name)))?.[1]
    expect(ext4.freeBytes).toBe(Number(free) * ext4.superblock.blockSize)
    expect(ext4Problems(ext4.superblock, { file: 'test' })).toEqual([])
  })
})

function imageOf(name: string): string {
  return folder.path(`${name.replaceAll(/\W+/g, '-')}.img`)
}

function hashOf(pieces: Iterable<Buffer>): string {
  const hash = createHash('sha1')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}

describe('maps of blocks', () => {
  it('reads extent trees of depth 2', () => {
    const image = imageOf('blocks of 1 KiB')
    expect(run('debugfs', '-R', 'dump_extents /etc/scattered', image)).toMatch(/^ 2\/ 2/m)
  })

  it('reads three levels of indirection', () => {
    mkdirSync(folder.path('wide'))
    makeScattered(folder.path('wide/file'), { pieces: 3, step: 25_000_000 })
    makeExt4(folder.path('wide.img'), { tree: folder.path('wide'), options: ['-t', 'ext2', '-b', '1024'] })
    expect(run('debugfs', '-R', 'stat /file', folder.path('wide.img'))).toContain('(TIND)')
    const ext4 = openExt4(folder.open('wide.img'), 'test')
    expect(hashOf(nodeAt(ext4, '/file').chunks())).toBe(hashOf([readFileSync(folder.path('wide/file'))]))
  })

  it('reads unwritten extents as zeros, though there are old bytes on disk', () => {
    const image = folder.path('unwritten.img')
    writeFileSync(image, Buffer.alloc(8 << 20, 0xaa))
    makeExt4(image, { options: ['-t', 'ext4', '-b', '1024', '-E', 'nodiscard'], size: '8M' })
    writeFileSync(folder.path('start'), 'start')
    debugfs(image, `write ${folder.path('start')} /file`, 'fallocate /file 4 9', 'sif /file size 8192')
    expect(run('debugfs', '-R', 'dump_extents /file', image)).toContain('Uninit')
    const expected = Buffer.alloc(8192)
    expected.write('start')
    expect(openExt4(folder.open('unwritten.img'), 'test').readFile('/file')).toEqual(expected)
  })

  it('reads a hole at the end of a file', () => {
    mkdirSync(folder.path('holes'))
    writeFileSync(folder.path('holes/file'), 'start')
    truncateSync(folder.path('holes/file'), 3_000_000)
    writeFileSync(folder.path('holes/only-a-hole'), '')
    truncateSync(folder.path('holes/only-a-hole'), 100_000)
    makeExt4(folder.path('holes.img'), { tree: folder.path('holes'), options: ['-t', 'ext4'] })
    const ext4 = openExt4(folder.open('holes.img'), 'test')
    for (const name of ['file', 'only-a-hole']) {
      const hash = hashOf([readFileSync(folder.path(`holes/${name}`))])
      expect(hashOf([ext4.readFile(`/${name}`) ?? Buffer.alloc(0)])).toBe(hash)
      expect(hashOf(nodeAt(ext4, `/${name}`).chunks())).toBe(hash)
    }
  })

  it('reads entries that fill a block of 64 KiB', () => {
    const image = folder.path('expanded.img')
    copyFileSync(imageOf('blocks of 64 KiB'), image)
    debugfs(image, 'expand_dir /many')
    const ext4 = openExt4(folder.open('expanded.img'), 'test')
    expect(ext4.stat('/many')?.size).toBe(2 * 65536)
    expect(ext4.names('/many')).toHaveLength(400)
  })

  it('gives pieces of 1 MiB, the last one shorter', () => {
    const ext4 = openExt4(folder.open('ext2.img'), 'test')
    const sizes = Array.from(nodeAt(ext4, '/etc/deep/large').chunks(), ({ length }) => length)
    expect(sizes).toEqual([1 << 20, 1 << 20, 3_000_001 - (2 << 20)])
    expect([...nodeAt(ext4, '/etc/empty').chunks()]).toEqual([])
    expect([...nodeAt(ext4, '/etc').chunks()]).toEqual([])
  })
})

describe('a directory of 5000 names', () => {
  const names = Array.from({ length: 5000 }, (_, index) => `name-${index}-${'x'.repeat(index % 60)}`)
  beforeAll(() => {
    mkdirSync(folder.path('big/all'), { recursive: true })
    for (const name of names) writeFileSync(folder.path(`big/all/${name}`), '')
    makeScattered(folder.path('big/after'), { pieces: 10, step: 10_000 })
    makeExt4(folder.path('linear.img'), { tree: folder.path('big'), options: ['-t', 'ext4', '-b', '1024'] })
    copyFileSync(folder.path('linear.img'), folder.path('hashed.img'))
    try {
      run('e2fsck', '-fyD', folder.path('hashed.img'))
    } catch {
      // It says "file system was modified" by its exit status.
    }
  })

  it.each(['linear', 'hashed'])('is read where it is %s', (kind) => {
    const root = run('debugfs', '-R', 'stat /all', folder.path(`${kind}.img`))
    expect(/Flags: 0x\w*1\w{3}\b/.test(root)).toBe(kind === 'hashed')
    const ext4 = openExt4(folder.open(`${kind}.img`), 'test')
    expect(ext4.names('/all')).toEqual([...names].sort())
    expect(ext4.stat(`/all/${names[4999]}`)?.kind).toBe('file')
  })
})
