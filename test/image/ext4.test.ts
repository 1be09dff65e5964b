import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { openExt4, type Ext4 } from '../../builder/image/ext4.js'
import { debugfs, makeExt4 } from './ext4-fixture.js'
import { problemsOf, nodeAt, run, workFolder } from './reader-fixture.js'

const folder = workFolder()
const ext4Defaults = ['-t', 'ext4']

function open(image: string): Ext4 {
  return openExt4(folder.open(image), 'root partition')
}

describe('what only root can make', () => {
  const image = folder.path('special.img')
  beforeAll(() => {
    makeExt4(image, { options: ext4Defaults, size: '8M' })
    writeFileSync(folder.path('empty'), '')
    debugfs(
      image,
      'mknod tty c 5 0',
      'mknod sda b 8 16',
      'mknod large c 300 60000',
      'mknod fifo p',
      'mknod socket p',
      'sif /socket mode 0140755',
      `write ${folder.path('empty')} /owned`,
      'sif /owned uid 70000',
      'sif /owned gid 4294967294',
      `write ${folder.path('empty')} /late`,
      'sif /late mtime @2000000000',
      'sif /late mtime_extra 1',
      `write ${folder.path('empty')} /fine`,
      'sif /fine mtime @1000000000',
      `sif /fine mtime_extra ${123_456_789 * 4}`,
      `write ${folder.path('empty')} /beyond`,
      'sif /beyond mtime_extra 0xffffffff',
    )
  })

  it('has device files with small and large numbers', () => {
    expect(open('special.img').stat('/tty')).toMatchObject({ kind: 'character', device: '5:0' })
    expect(open('special.img').stat('/sda')).toMatchObject({ kind: 'block', device: '8:16' })
    expect(open('special.img').stat('/large')).toMatchObject({ kind: 'character', device: '300:60000' })
  })

  it('has fifos and sockets, which have no content', () => {
    expect(open('special.img').stat('/fifo')?.kind).toBe('fifo')
    expect(open('special.img').stat('/socket')).toMatchObject({ kind: 'socket', mode: 0o755 })
    expect(open('special.img').readFile('/fifo')).toBeUndefined()
  })

  it('has owners of 32 bits and times after 2038', () => {
    expect(open('special.img').stat('/owned')).toMatchObject({ uid: 70000, gid: 4294967294 })
    const shown = /mtime: .* -- (.*)$/m.exec(run('debugfs', '-R', 'stat /late', image))?.[1]
    expect(open('special.img').stat('/late')?.mtime).toBe(Date.parse(`${shown} UTC`) / 1000)
    expect(open('special.img').stat('/late')?.mtime).toBe(2000000000 + 2 ** 32)
  })

  it('has nanoseconds, never a whole second of them', () => {
    expect(run('debugfs', '-R', 'stat /fine', image)).toContain(`:${(123_456_789 * 4).toString(16)} --`)
    const fine = { mtime: 1_000_000_000, mtimeNanoseconds: 123_456_789 }
    expect(open('special.img').stat('/fine')).toMatchObject(fine)
    expect(open('special.img').stat('/late')?.mtimeNanoseconds).toBe(0)
    expect(open('special.img').stat('/beyond')?.mtimeNanoseconds).toBe(999_999_999)
  })

  it('has no nanoseconds in small inodes', () => {
    makeExt4(folder.path('small.img'), { options: ['-t', 'ext2', '-I', '128'], size: '8M' })
    debugfs(folder.path('small.img'), `write ${folder.path('empty')} /file`, 'sif /file mtime @7')
    const small = { mtime: 7, mtimeNanoseconds: 0 }
    expect(open('small.img').stat('/file')).toMatchObject(small)
  })
})

describe('extended attributes', () => {
  const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex')
  // As much as debugfs can set: a block; with ea_inode more than half a block goes into an inode.
  const large = Buffer.alloc(2500, 'large value ')
  // user::rw- user:70000:r-- group::r-- group:5:rwx mask::rwx other::---, as setxattr(2) takes it
  const acl = Buffer.from(
    '02000000' +
      '01000600ffffffff' +
      '0200040070110100' +
      '04000400ffffffff' +
      '0800070005000000' +
      '10000700ffffffff' +
      '20000000ffffffff',
    'hex',
  )
  const shapes: [name: string, ...options: string[]][] = [
    ['in the inode and a block', '-t', 'ext4'],
    ['in a block only', '-t', 'ext4', '-I', '128'],
    ['in inodes of their own', '-t', 'ext4', '-O', 'ea_inode'],
    ['beside data in the inode', '-t', 'ext4', '-O', 'inline_data'],
  ]

  it.each(shapes)('are read %s', (name, ...options) => {
    const image = folder.path(`xattrs ${name}.img`)
    makeExt4(image, { options: [...options, '-b', '4096'], size: '8M' })
    writeFileSync(folder.path('file'), 'content')
    writeFileSync(folder.path('capability'), capability)
    writeFileSync(folder.path('large'), large)
    writeFileSync(folder.path('acl'), acl)
    debugfs(image, `write ${folder.path('file')} /file`, 'mkdir /folder', 'symlink /link /file')
    debugfs(
      image,
      'ea_set /file user.small value',
      'ea_set /file trusted.overlay.opaque y',
      `ea_set -f ${folder.path('capability')} /file security.capability`,
      `ea_set -f ${folder.path('large')} /file user.large`,
      `ea_set -f ${folder.path('acl')} /file system.posix_acl_access`,
      `ea_set -f ${folder.path('acl')} /folder system.posix_acl_default`,
    )
    const ext4 = openExt4(folder.open(`xattrs ${name}.img`), 'root partition')
    const found = Array.from(nodeAt(ext4, '/file').xattrs(), ([key, value]) => [
      key,
      value.toString('latin1'),
    ])
    expect(found).toEqual([
      ['security.capability', capability.toString('latin1')],
      ['system.posix_acl_access', acl.toString('latin1')],
      ['trusted.overlay.opaque', 'y'],
      ['user.large', large.toString('latin1')],
      ['user.small', 'value'],
    ])
    expect([...nodeAt(ext4, '/folder').xattrs()]).toEqual([['system.posix_acl_default', acl]])
    expect(nodeAt(ext4, '/link').xattrs().size).toBe(0)
    expect(ext4.node('/none')).toBeUndefined()
    expect(ext4.readFile('/link')?.toString()).toBe('content')
    expect(
      run('debugfs', '-R', 'ea_list /file', image).match(/^ {2}(?!system\.data)\w+\.\S+/gm),
    ).toHaveLength(5)
  })
})

describe('paths', () => {
  let ext4: Ext4
  beforeAll(() => {
    const tree = folder.path('paths')
    mkdirSync(`${tree}/usr/bin`, { recursive: true })
    writeFileSync(`${tree}/usr/bin/tool`, 'tool')
    const links = [
      ['usr/bin', 'bin'],
      ['/usr/bin/tool', 'absolute'],
      ['../../../../../usr/./bin//tool', 'usr/upwards'],
      ['loop-b', 'loop-a'],
      ['/loop-a', 'loop-b'],
      ['nowhere', 'dangling'],
      ['usr/bin/tool/more', 'through-a-file'],
      ['/usr/bin/tool', 'usr/bin/absolute'],
      ['.', 'here'],
      ['tool', 'usr/bin/step0'],
      ...Array.from({ length: 41 }, (_, step) => [`step${step}`, `usr/bin/step${step + 1}`] as const),
    ] as const
    for (const [target, path] of links) symlinkSync(target, `${tree}/${path}`)
    makeExt4(folder.path('paths.img'), { tree, options: ext4Defaults, size: '8M' })
    ext4 = open('paths.img')
  })

  it('follow links inside the image, the last one only where it is asked for', () => {
    expect(ext4.stat('/bin')).toMatchObject({ kind: 'symlink', target: 'usr/bin', size: 7 })
    expect(ext4.stat('/bin/tool')).toMatchObject({ kind: 'file', size: 4 })
    expect(ext4.realPath('/bin')).toBe('/usr/bin')
    expect(ext4.names('/bin')).toContain('tool')
    for (const path of [
      '/absolute',
      '/usr/upwards',
      '/usr/bin/absolute',
      '/bin/../bin/tool',
      '/here/here/../absolute',
    ]) {
      expect([path, ext4.realPath(path)]).toEqual([path, '/usr/bin/tool'])
      expect(ext4.readFile(path)?.toString()).toBe('tool')
    }
    expect(ext4.realPath('/../..')).toBe('/')
  })

  it('lead nowhere without an error', () => {
    for (const path of [
      '/none',
      '/none/more',
      '/dangling',
      '/through-a-file',
      '/usr/bin/tool/..',
      '/bin/no',
    ]) {
      expect(ext4.realPath(path)).toBeUndefined()
      expect(ext4.readFile(path)).toBeUndefined()
      expect(ext4.names(path)).toEqual([])
      const node = ext4.node(path)
      expect(node?.stat).toEqual(ext4.stat(path))
      expect([...(node?.xattrs() ?? []), ...(node?.chunks() ?? [])]).toEqual([])
    }
    expect(ext4.stat('/dangling')?.kind).toBe('symlink')
    expect(ext4.stat('/none')).toBeUndefined()
    expect(ext4.readFile('/usr')).toBeUndefined()
    expect(ext4.names('/usr/bin/tool')).toEqual([])
  })

  it('are refused where links lead in a circle, or through more than 40', () => {
    expect(ext4.stat('/loop-a')?.kind).toBe('symlink')
    expect(problemsOf(() => ext4.realPath('/loop-a'))).toContain('/loop-a on root partition')
    expect(problemsOf(() => ext4.readFile('/loop-b/x'))).toContain('more than 40 symbolic links')
    expect(ext4.realPath('/bin/step38')).toBe('/usr/bin/tool')
    expect(problemsOf(() => ext4.realPath('/usr/bin/step40'))).toContain('/usr/bin/step40')
  })
})

describe('what is no ext4 file system', () => {
  it.each([
    [0x10040, '_BHRfS_M', 'btrfs'],
    [0, 'XFSB', 'XFS'],
    [0, 'hsqs', 'squashfs'],
    [1024, '\x10\x20\xf5\xf2', 'F2FS'],
    [0, '', 'only zeros'],
    [0, 'what?', 'something unknown'],
  ])('is named: %s %j', (offset, magic, name) => {
    const bytes = Buffer.alloc(128 * 1024)
    bytes.write(magic, offset, 'latin1')
    writeFileSync(folder.path('other'), bytes)
    expect(problemsOf(() => open('other'))).toBe(`not an ext4 file system: it holds ${name}`)
  })

  it('is refused where it is too small', () => {
    writeFileSync(folder.path('small'), 'x')
    expect(problemsOf(() => open('small'))).toContain('it has only 1 bytes')
  })

  it('is refused where it is the journal of another one', () => {
    makeExt4(folder.path('journal.img'), { options: ['-O', 'journal_dev'], size: '8M' })
    expect(problemsOf(() => open('journal.img'))).toContain('it is the journal of another one')
  })
})
