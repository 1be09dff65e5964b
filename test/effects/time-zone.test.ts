import { describe, expect, it } from 'vitest'
import { file, symlink } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'

describe('the time zone', () => {
  const set = { timezone: 'Europe/Prague' }

  it('is that of TZ, where a login has it', () => {
    const profile = (line: string) => ({ root: [file('/etc/profile.d/tz.sh', `${line}\n`)] })
    expect(effectsOn('bookworm', { ...profile('export TZ=UTC'), set })).toEqual([
      'bookworm.img: root/etc/profile.d/tz.sh, line 1: TZ=UTC counts, not Europe/Prague',
    ])
    expect(effectsOn('bookworm', { ...profile('export TZ=:Europe/Prague'), set })).toEqual([])
    expect(effectsOn('bookworm', profile('export TZ=UTC'))).toEqual([])
  })

  it('is set in the place of TZ of /etc/environment', () => {
    expect(effectsOn('bookworm', { root: [file('/etc/environment', 'TZ=UTC\n')], set })).toEqual([])
  })

  it('is that of /etc/localtime, also where it is a copy', () => {
    expect(effectsOn('bookworm', { root: [file('/etc/localtime', 'TZif')], set })).toEqual([])
    expect(effectsOn('bookworm', { root: [file('/etc/timezone', 'Etc/UTC\n')], set })).toEqual([])
  })

  it('is not clear where the base image has two', () => {
    expect(effectsOn('bookworm', { root: [file('/etc/timezone', 'Etc/UTC\n')] })).toEqual([
      'bookworm.img: root/etc/timezone: it says Etc/UTC, but /etc/localtime is Europe/London, which counts for most programs',
    ])
    const same = [file('/etc/timezone', 'Etc/UTC\n'), symlink('/etc/localtime', '../usr/share/zoneinfo/UTC')]
    expect(effectsOn('bookworm', { root: same })).toEqual([])
  })
})
