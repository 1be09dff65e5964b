import { describe, expect, it } from 'vitest'
import { cachedTree } from '../../builder/image/cached-tree.js'
import { openExt4 } from '../../builder/image/ext4.js'
import type { ByteSource } from '../../builder/image/byte-source.js'
import { directory, file, type PracticeEntry, symlink } from '../../scripts/practice/entries.js'
import { type Counts, countedTree } from '../support/counted-tree.js'
import { memoryTree } from '../support/memory-tree.js'
import { makeExt4 } from './ext4-fixture.js'
import { workFolder } from './reader-fixture.js'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'

const MiB = 1024 * 1024

function cached(entries: readonly PracticeEntry[]) {
  const counts: Counts = new Map()
  return { tree: cachedTree(countedTree(memoryTree(entries), '', counts)), counts }
}

describe('the reader of a partition', () => {
  it('reads a file once, by whatever name, and remembers what is missing', () => {
    const { tree, counts } = cached([
      directory('/usr'),
      file('/usr/os', 'ID=debian\n'),
      directory('/etc'),
      symlink('/etc/os', '../usr/os'),
    ])
    for (let again = 0; again < 3; again++) {
      expect(tree.readFile('/etc/os')?.toString()).toBe('ID=debian\n')
      expect(tree.readFile('/usr/os')).toBe(tree.readFile('/etc/os'))
      expect(tree.readFile('/nothing')).toBeUndefined()
      expect(tree.readFile('/usr')).toBeUndefined()
      expect(tree.stat('/nothing')).toBeUndefined()
      expect(tree.stat('/etc/os')?.target).toBe('../usr/os')
      expect(tree.names('/etc')).toEqual(['os'])
    }
    expect([...counts].filter(([, count]) => count > 1)).toEqual([])
    expect([...counts.keys()].filter((key) => key.startsWith('read '))).toEqual(['read /usr/os', 'read /usr'])
  })

  it('keeps no large file, and 16 MiB of small ones at most', () => {
    const small = (index: number) => file(`/small${index}`, Buffer.alloc(4 * MiB))
    const { tree, counts } = cached([
      file('/large', Buffer.alloc(4 * MiB + 1)),
      ...Array.from({ length: 5 }, (_, index) => small(index)),
    ])
    const twice = (path: string) => [tree.readFile(path), tree.readFile(path)]
    twice('/large')
    expect(counts.get('read /large')).toBe(2)
    for (let index = 0; index < 5; index++) twice(`/small${index}`)
    expect(counts.get('read /small3')).toBe(1)
    expect(counts.get('read /small4')).toBe(2)
  })

  it('takes no bytes of an ext4 file system for what it has read before', () => {
    const folder = workFolder()
    const tree = folder.path('tree')
    mkdirSync(`${tree}/etc`, { recursive: true })
    writeFileSync(`${tree}/etc/hosts`, '127.0.0.1 localhost\n')
    symlinkSync('etc/hosts', `${tree}/link`)
    makeExt4(folder.path('small.img'), { tree, options: ['-t', 'ext4'] })
    const source = folder.open('small.img')
    let reads = 0
    const counted: ByteSource = {
      size: source.size,
      read: (offset, length) => {
        reads++
        return source.read(offset, length)
      },
    }
    const ext4 = openExt4(counted, 'test')
    const content = ext4.readFile('/etc/hosts')
    const before = reads
    expect(before).toBeGreaterThan(0)
    for (let again = 0; again < 10; again++) {
      expect(ext4.readFile('/etc/hosts')).toBe(content)
      expect(ext4.readFile('/link')).toBe(content)
      expect(ext4.names('/etc')).toEqual(['hosts'])
    }
    expect(reads).toBe(before)
  })

  it('looks a path up by each name of it, through links, and by odd ways', () => {
    const folder = workFolder()
    const tree = folder.path('ways')
    mkdirSync(`${tree}/usr/lib/systemd`, { recursive: true })
    writeFileSync(`${tree}/usr/lib/systemd/unit`, 'x')
    symlinkSync('usr/lib', `${tree}/lib`)
    symlinkSync('/lib/systemd/unit', `${tree}/usr/link`)
    symlinkSync('loop', `${tree}/loop`)
    symlinkSync('nowhere', `${tree}/broken`)
    makeExt4(folder.path('ways.img'), { tree, options: ['-t', 'ext4'] })
    const ext4 = openExt4(folder.open('ways.img'), 'test')
    const same = [
      '/lib/systemd/unit',
      '/usr/link',
      'lib/systemd/unit',
      '//lib/./systemd/../systemd/unit',
      '/../usr/link',
    ]
    for (const path of same) expect(ext4.realPath(path), path).toBe('/usr/lib/systemd/unit')
    for (const path of ['', '/', '//', '/usr/..', '/lib/../..']) expect(ext4.realPath(path), path).toBe('/')
    expect(ext4.stat('/lib')?.target).toBe('usr/lib')
    expect(ext4.stat('/lib/systemd/')?.kind).toBe('directory')
    for (const path of ['/nothing/x', '/lib/systemd/unit/x', '/lib/systemd/unit/..', '/broken', '/broken/x'])
      expect(ext4.realPath(path), path).toBeUndefined()
    expect(ext4.stat('/broken')?.kind).toBe('symlink')
    for (const path of ['/loop', '/loop/x']) expect(() => ext4.realPath(path)).toThrow('symbolic links')
  })
})
