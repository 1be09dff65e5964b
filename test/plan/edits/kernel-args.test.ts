import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { kernelArgs } from '../../../builder/plan/edits/kernel-args.js'

describe('kernelArgs', () => {
  it('puts new words at the end of the one line', () => {
    expect(kernelArgs('console=tty1 root=/dev/x rootwait\n', { add: 'a=1 b' })).toBe(
      'console=tty1 root=/dev/x rootwait a=1 b\n',
    )
  })

  it('lets a word take the place of the one with the same name', () => {
    expect(kernelArgs('a root=/dev/x fsck.repair=yes z\n', { add: 'fsck.repair=no' })).toBe(
      'a root=/dev/x fsck.repair=no z\n',
    )
  })

  it('leaves alone what is there already', () => {
    expect(kernelArgs('quiet rootwait\n', { add: 'rootwait' })).toBe('quiet rootwait\n')
  })

  it('adds a console to the others', () => {
    expect(kernelArgs('console=tty1 quiet\n', { add: 'console=ttyS0,115200' })).toBe(
      'console=tty1 quiet console=ttyS0,115200\n',
    )
  })

  it('takes a name for a name, not for the beginning of one', () => {
    expect(kernelArgs('net.ifnames.x=1\n', { add: 'net.ifnames=0' })).toBe('net.ifnames.x=1 net.ifnames=0\n')
  })

  it('adds a word once that is asked for twice', () => {
    expect(kernelArgs('quiet\n', { add: 'a=1 a=1' })).toBe('quiet a=1\n')
  })

  it('keeps what is below the first line', () => {
    expect(kernelArgs('quiet\nsecond line\n', { add: 'a' })).toBe('quiet a\nsecond line\n')
  })

  it('ends a line that had no end', () => {
    expect(kernelArgs('quiet', { add: 'a' })).toBe('quiet a\n')
  })

  it('makes a line of an empty file', () => {
    expect(kernelArgs('', { add: 'a b' })).toBe('a b\n')
  })

  it('takes a carriage return away, which the kernel would read as part of the last word', () => {
    expect(kernelArgs('quiet rootwait\r\n', { add: 'a' })).toBe('quiet rootwait a\n')
  })

  it('takes the place of the last of several words with one name, which is the one that counts', () => {
    expect(kernelArgs('loglevel=3 quiet loglevel=7\n', { add: 'loglevel=4' })).toBe(
      'loglevel=3 quiet loglevel=4\n',
    )
  })

  it('removes words, and by a name those with the name', () => {
    const text = 'a=1 quiet ds=nocloud;i=1 a.b=2 systemd.unit=x.target a=3\n'
    expect(kernelArgs(text, { remove: 'ds= a= systemd.unit=y.target' })).toBe(
      'quiet a.b=2 systemd.unit=x.target\n',
    )
    const quoted = 'a systemd.run="/bin/sh -c x" b dyndbg="file a* +p"\n'
    expect(kernelArgs(quoted, { remove: 'systemd.run=' })).toBe('a b dyndbg="file a* +p"\n')
    expect(kernelArgs('quiet  splash\r\n', { remove: 'ds=' })).toBe('quiet  splash\r\n')
  })

  it('holds every word that was asked for', () => {
    expect(
      kernelArgs('quiet cgroup_enable=cpuset\n', { add: 'cgroup_enable=cpuset cgroup_enable=memory' }),
    ).toBe('quiet cgroup_enable=cpuset cgroup_enable=memory\n')
  })

  it('holds every word that was asked for, where names differ', () => {
    const word = fc.tuple(fc.stringMatching(/^[a-z]{1,3}$/), fc.stringMatching(/^[0-9]?$/))
    const words = fc.uniqueArray(word, { selector: ([name]) => name, maxLength: 6 })
    fc.assert(
      fc.property(words, words, (before, added) => {
        const text = (pairs: string[][]) => pairs.map((pair) => pair.join('=')).join(' ')
        const result = kernelArgs(`${text(before)}\n`, { add: text(added) })
        expect(result.trim().split(' ')).toEqual(expect.arrayContaining(added.map((pair) => pair.join('='))))
      }),
    )
  })
})
