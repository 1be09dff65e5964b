import { describe, expect, it } from 'vitest'
import { file } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'
import { hostRules } from '../support/host-rules.js'

describe('libwrap', () => {
  it.each(hostRules)('%j', ({ allow, deny, refusedAt }) => {
    const root = [file('/etc/hosts.allow', allow), file('/etc/hosts.deny', deny)]
    const what = 'libwrap refuses connections to sshd from 10.0.0.0/24'
    expect(effectsOn('trixie', { root })).toEqual(
      refusedAt === undefined ? [] : [`trixie.img: root/etc/hosts.${refusedAt}: ${what}`],
    )
  })
})
