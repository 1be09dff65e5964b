import { describe, expect, it } from 'vitest'
import { file } from '../../scripts/practice/entries.js'
import { practiceBase, releases, stockText } from '../support/practice-base.js'

const desktops = ['bookworm-desktop', 'trixie-desktop'] as const

describe('the facts about logins', () => {
  it.each([...releases, ...desktops])('of %s as it is shipped', (release) => {
    const { tags, users } = practiceBase(release).facts
    expect(tags).toMatchObject({
      sshd_include: release !== 'buster',
      sshd_include_first: release !== 'buster',
      sshd_other_port: false,
      sudo_last: true,
      wizard_only: false,
    })
    const open = users.filter(({ openings }) => openings !== undefined).map(({ name }) => name)
    expect(open).toEqual(release === 'buster' ? ['pi'] : [])
  })

  const sshd = stockText('trixie', 'root/etc/ssh/sshd_config') ?? ''
  const sudoers = stockText('trixie', 'root/etc/sudoers') ?? ''
  it.each([
    ['sshd_include_first', true, file('/etc/ssh/sshd_config', `# x\n\n${sshd}`)],
    ['sshd_include_first', true, file('/etc/ssh/sshd_config.d/50-x.conf', 'Port 22\n')],
    ['sshd_include_first', true, file('/etc/ssh/sshd_config.d/00-a', 'Port 22\n')],
    ['sshd_include_first', false, file('/etc/ssh/sshd_config', `Port 22\n${sshd}`)],
    ['sshd_include_first', false, file('/etc/ssh/sshd_config', 'Port 22\n')],
    ['sshd_include_first', false, file('/etc/ssh/sshd_config.d/00-a.conf', 'Port 22\n')],
    ['sshd_other_port', true, file('/etc/ssh/sshd_config', `${sshd}Port 2222\n`)],
    ['sshd_other_port', true, file('/etc/ssh/sshd_config.d/x.conf', 'port=2222\n')],
    ['sshd_other_port', false, file('/etc/ssh/sshd_config.d/x', 'Port 2222\n')],
    ['sshd_other_port', false, file('/etc/ssh/sshd_config', `${sshd}#Port 2222\nPort 22\nPort 2222\n`)],
    ['sudo_last', true, file('/etc/sudoers', `${sudoers}# x\n\n`)],
    ['sudo_last', true, file('/etc/sudoers.d/zzz.bak', 'x\n')],
    ['sudo_last', true, file('/etc/sudoers.d/zzz~', 'x\n')],
    ['sudo_last', true, file('/etc/sudoers.d/zz_piimg', 'x\n')],
    ['sudo_last', false, file('/etc/sudoers.d/zzz', 'x\n')],
    ['sudo_last', false, file('/etc/sudoers', `${sudoers}bob ALL=(ALL) ALL\n`)],
    ['sudo_last', false, file('/etc/sudoers', `${sudoers}#1001 ALL=(ALL) ALL\n`)],
    ['sudo_last', false, file('/etc/sudoers', 'bob ALL=(ALL) ALL\n')],
  ] as const)('%s is %s with %j', (name, holds, entry) => {
    expect(practiceBase('trixie', [entry]).facts.tags[name]).toBe(holds)
  })
})
