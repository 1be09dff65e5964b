import { describe, expect, it } from 'vitest'
import { directory, file } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'
import { stockText } from '../support/practice-base.js'

const sudoers = stockText('trixie', 'root/etc/sudoers') ?? ''

describe('sudo', () => {
  it.each([
    [file('/etc/sudoers', sudoers, { mode: 0o446 }), '/etc/sudoers'],
    [file('/etc/sudoers', sudoers, { mode: 0o440, uid: 1000 }), '/etc/sudoers'],
    [directory('/etc/sudoers.d', { mode: 0o777 }), '/etc/sudoers.d'],
    [directory('/etc/sudoers.d', { mode: 0o770, gid: 1000 }), '/etc/sudoers.d'],
  ])('refuses what others can change: %j', (entry, path) => {
    expect(effectsOn('trixie', { root: [entry] })).toEqual([
      `trixie.img: root${path}: sudo refuses this file, because others than root can change it`,
    ])
  })

  it('needs its setuid bit', () => {
    const program = (mode: number) => effectsOn('trixie', { root: [file('/usr/bin/sudo', '', { mode })] })
    expect(program(0o4755)).toEqual([])
    expect(program(0o755)).toEqual([
      'trixie.img: root/usr/bin/sudo: sudo does nothing without its setuid bit',
    ])
  })

  it.each([
    ['Plugin sudoers_policy sudoers.so', true],
    ['Plugin sudoers_io /usr/libexec/sudo/sudoers.so', true],
    ['# Plugin other other.so', true],
    ['Path askpass /usr/bin/ssh-askpass', true],
    ['Plugin sudoers_policy sudoers.so sudoers_file=/etc/other', false],
    ['Plugin other_policy other.so', false],
  ])('has the policy of /etc/sudoers: %s', (line, isRight) => {
    expect(effectsOn('trixie', { root: [file('/etc/sudo.conf', `\n${line}\n`)] })).toEqual(
      isRight
        ? []
        : ['trixie.img: root/etc/sudo.conf, line 2: a plugin decides who may use sudo, not /etc/sudoers'],
    )
  })
})
