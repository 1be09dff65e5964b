import { describe, expect, it } from 'vitest'
import { FinishedTree } from '../../builder/effects/finished-tree.js'
import type { BootEntry, RootEntry } from '../../builder/model/plan.js'
import { directory, file, type PracticeEntry, symlink } from '../../scripts/practice/entries.js'
import { memoryTree } from '../support/memory-tree.js'

const base: readonly PracticeEntry[] = [
  directory('/etc'),
  file('/etc/hostname', 'raspberrypi\n'),
  file('/etc/locale.conf', 'LANG=C\n'),
  directory('/etc/default'),
  symlink('/etc/default/locale', '../locale.conf'),
  symlink('/etc/loop', 'loop'),
  symlink('/etc/broken', '/nothing'),
  symlink('/lib', 'usr/lib'),
  directory('/usr'),
  directory('/usr/lib'),
  file('/usr/lib/os-release', 'ID=debian\n'),
  directory('/home'),
  directory('/home/pi', { uid: 1000, gid: 1000, mode: 0o700 }),
  file('/home/pi/.profile', '# profile\n', { uid: 1000, gid: 1000 }),
]

const origins = [{ file: '/overlays/x/overlay.ini', key: '[file]', isShipped: true }]
const owner = { uid: 0, gid: 0 }
const written = (path: string, text: string): RootEntry => {
  const content = Buffer.from(text)
  return { kind: 'file', path, origins, mode: 0o600, owner, content, shown: content }
}

function finished(entries: readonly (RootEntry | BootEntry)[] = [], partition: 'boot' | 'root' = 'root') {
  return new FinishedTree(memoryTree(base), entries, { partition, file: 'base.img' })
}

describe('the finished tree', () => {
  it('is the base image where the plan has nothing', () => {
    const tree = finished()
    expect(tree.text('/etc/hostname')).toBe('raspberrypi\n')
    expect(tree.text('/etc/default/locale')).toBe('LANG=C\n')
    expect(tree.text('/etc/nothing')).toBeUndefined()
    expect(tree.text('/etc')).toBeUndefined()
    expect(tree.names('/')).toEqual(['etc', 'home', 'lib', 'usr'])
    expect(tree.names('/lib/')).toEqual(['os-release'])
    expect(tree.find('/home/pi')).toMatchObject({ kind: 'directory', uid: 1000, mode: 0o700 })
    for (const path of ['', '/', '/etc/..', '//']) expect(tree.find(path)?.path).toBe('/')
    for (const path of ['etc', '/etc/', '/./etc', '/lib/../../etc'])
      expect(tree.find(path)).toMatchObject({ path: '/etc', kind: 'directory' })
    for (const path of ['etc/nothing', 'x', '/etc/hostname/x']) expect(tree.find(path)).toBeUndefined()
  })

  it('follows links, and ends at loops and broken ones', () => {
    const tree = finished()
    expect(tree.find('/lib/os-release')?.path).toBe('/usr/lib/os-release')
    expect(tree.find('/etc/../lib/../lib/os-release')?.path).toBe('/usr/lib/os-release')
    expect(tree.findLink('/etc/default/locale')).toMatchObject({ kind: 'symlink', target: '../locale.conf' })
    expect(tree.find('/etc/loop')).toBeUndefined()
    expect(tree.find('/etc/broken')).toBeUndefined()
  })

  it('has what the plan writes, also through linked folders, and the folders that need be', () => {
    const tree = finished([
      written('/etc/hostname', 'node3\n'),
      written('/lib/new/deep/file', 'x'),
      { kind: 'symlink', path: '/etc/also', origins, target: '/lib/new' },
    ])
    expect(tree.text('/etc/hostname')).toBe('node3\n')
    expect(tree.find('/etc/hostname')?.mode).toBe(0o600)
    expect(tree.text('/usr/lib/new/deep/file')).toBe('x')
    expect(tree.text('/etc/also/deep/file')).toBe('x')
    expect(tree.names('/usr/lib')).toEqual(['new', 'os-release'])
    expect(tree.names('/usr/lib/new')).toEqual(['deep'])
    expect(tree.names('/etc')).toContain('also')
  })

  it('has nothing of what the plan removes, and moved files under their new names only', () => {
    const tree = finished([
      { kind: 'removal', path: '/etc/default', origins },
      { kind: 'removal', path: '/lib', origins },
      { kind: 'move', path: '/home/pi', to: '/home/ada', origins },
      written('/home/ada/.ssh/authorized_keys', 'key'),
    ])
    expect(tree.text('/etc/default/locale')).toBeUndefined()
    expect(tree.names('/etc')).not.toContain('default')
    expect(tree.names('/')).toEqual(['etc', 'home', 'usr'])
    expect(tree.names('/home')).toEqual(['ada'])
    expect(tree.names('/home/ada')).toEqual(['.profile', '.ssh'])
    expect(tree.text('/home/ada/.profile')).toBe('# profile\n')
    expect(tree.find('/home/pi')).toBeUndefined()
    expect(tree.text('/home/pi/.profile')).toBeUndefined()
  })

  it('keeps what is in a folder whose owner the plan changes, and nothing in one that a file replaces', () => {
    const tree = finished([
      { kind: 'directory', path: '/home/pi', origins, mode: 0o755, owner },
      written('/usr/lib', 'a file'),
    ])
    expect(tree.find('/home/pi')?.uid).toBe(0)
    expect(tree.text('/home/pi/.profile')).toBe('# profile\n')
    expect(tree.text('/usr/lib/os-release')).toBeUndefined()
  })

  it('knows no case on the boot partition', () => {
    const content = Buffer.from('x')
    const tree = finished([{ kind: 'file', path: '/Config.TXT', origins, content, shown: content }], 'boot')
    expect(tree.text('/config.txt')).toBe('x')
  })

  it('names the base image, or the line of a person, as the place', () => {
    const own = { file: 'cluster.ini', line: 3, key: 'x' }
    const tree = finished([written('/etc/hostname', 'x'), { ...written('/etc/motd', 'x'), origins: [own] }])
    expect(tree.place('/etc/default/locale', 7)).toEqual({
      file: 'base.img',
      key: 'root/etc/locale.conf, line 7',
    })
    expect(tree.place('/etc/hostname')).toEqual({ file: 'base.img', key: 'root/etc/hostname' })
    expect(tree.place('/etc/motd', 2)).toEqual(own)
  })
})
