import { describe, expect, it } from 'vitest'
import { wholeOf } from '../../builder/model/content.js'
import { practiceBase, stockText } from '../support/practice-base.js'
import { file, type PracticeEntry, type Release, symlink } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'
import { planOf } from '../support/node.js'

const hash = '$6$salt$hash'

/** Account files with more lines. */
function more(lines: Readonly<Record<string, string>>, release: Release = 'trixie'): PracticeEntry[] {
  return Object.entries(lines).map(([name, line]) =>
    file(`/etc/${name}`, `${stockText(release, `root/etc/${name}`) ?? ''}${line}\n`),
  )
}

const bob = (field: string) =>
  more({ passwd: 'bob:x:1001:1001::/home/bob:/bin/bash', shadow: `bob:${field}:20000:0:99999:7:::` })
const keys = (path: string) => file(path, '# mine\nssh-ed25519 AAAA bob\n')

function shadowLine(
  name: string,
  root: readonly PracticeEntry[],
  set: Readonly<Record<string, string>> = {},
) {
  const { plan } = planOf({ base: practiceBase('trixie', root), set })
  const entry = plan.root.find(({ path }) => path === '/etc/shadow')
  const text = entry?.kind === 'file' ? wholeOf(entry.content).toString() : ''
  return text.split('\n').find((line) => line.startsWith(`${name}:`))
}

describe('accounts of the base image', () => {
  it.each(['*', '!', '!*', '!!', `!${hash}`])('with the password field %s are closed', (field) => {
    expect(effectsOn('trixie', { root: bob(field) })).toEqual([])
    expect(shadowLine('bob', bob(field))).toBe(`bob:${field}:20000:0:99999:7:::`)
  })

  it.each([hash, ''])('with the password field "%s" are listed and locked', (field) => {
    expect(effectsOn('trixie', { root: bob(field) })).toEqual([
      'trixie.img: root/etc/shadow, line 25: bob of the base image has a password; the account is locked',
    ])
    expect(shadowLine('bob', bob(field))).toBe(`bob:!${field}:20000:0:99999:7::1:`)
  })

  it('with a password in /etc/passwd are listed and locked', () => {
    const root = more({
      passwd: `bob:${hash}:1001:1001::/home/bob:/bin/bash`,
      shadow: 'bob:*:20000:0:99999:7:::',
    })
    expect(effectsOn('trixie', { root })).toEqual([
      'trixie.img: root/etc/passwd, line 25: bob of the base image has a password; the account is locked',
    ])
    const { plan } = planOf({ base: practiceBase('trixie', root) })
    const entry = plan.root.find(({ path }) => path === '/etc/passwd')
    expect(entry?.kind === 'file' ? wholeOf(entry.content).toString() : '').toContain('\nbob:x:1001:')
    expect(shadowLine('bob', root)).toBe('bob:*:20000:0:99999:7::1:')
  })

  it.each(['authorized_keys', 'authorized_keys2'])('with a key in %s are listed and locked', (name) => {
    const root = [...bob('*'), keys(`/home/bob/.ssh/${name}`)]
    expect(effectsOn('trixie', { root })).toEqual([
      `trixie.img: root/home/bob/.ssh/${name}, line 2: a key lets bob of the base image log in; the account is locked`,
    ])
    expect(shadowLine('bob', root)).toBe('bob:*:20000:0:99999:7::1:')
  })

  it('of programs are locked too, where they can log in', () => {
    const root = [
      ...more({ passwd: 'git:x:990:990::/srv/git:/usr/bin/git-shell', shadow: 'git:!:20000::::::' }),
      keys('/srv/git/.ssh/authorized_keys'),
    ]
    expect(effectsOn('trixie', { root })).toEqual([
      'trixie.img: root/srv/git/.ssh/authorized_keys, line 2: a key lets git of the base image log in; the account is locked',
    ])
    expect(shadowLine('git', root)).toBe('git:!:20000:::::1:')
  })

  it('with a rule for sudo are listed and locked', () => {
    const root = [
      ...bob('*'),
      file('/etc/sudoers.d/020_bob', '# b\nbob ALL=(ALL) ALL\npi ALL = NOPASSWD: ALL\n', { mode: 0o440 }),
      file('/etc/group', (stockText('trixie', 'root/etc/group') ?? '').replace(/^(sudo:.*)$/m, '$1,bob')),
    ]
    expect(effectsOn('trixie', { root })).toEqual([
      'trixie.img: root/etc/group, line 21: bob of the base image may use sudo; the account is locked',
      'trixie.img: root/etc/sudoers.d/020_bob, line 2: bob of the base image may use sudo; the account is locked',
    ])
  })

  it.each([
    ['ann, bob ALL=(ALL) ALL'],
    ['bob ALL = (ALL) NOPASSWD: /usr/bin/apt'],
    ['#1001 ALL=(ALL) ALL'],
    ['User_Alias ADMINS = ann, bob\nADMINS ALL=(ALL) ALL'],
    ['ALL ALL=(ALL) ALL'],
    ['bob \\\n  ALL=(ALL) ALL'],
  ])('with the rule %j are listed and locked', (text) => {
    const line = text.startsWith('User') ? 2 : 1
    const root = [...bob('*'), file('/etc/sudoers.d/020_bob', `${text}\n`, { mode: 0o440 })]
    expect(effectsOn('trixie', { root })).toEqual([
      `trixie.img: root/etc/sudoers.d/020_bob, line ${line}: bob of the base image may use sudo; the account is locked`,
    ])
  })

  it.each(['%staff ALL=(ALL) ALL', '%#50 ALL=(ALL) ALL'])(
    'with the rule of a group %j are listed',
    (text) => {
      const rule = file('/etc/sudoers.d/020_staff', `${text}\n`, { mode: 0o440 })
      const group = (stockText('trixie', 'root/etc/group') ?? '').replace(/^(staff:.*)$/m, '$1bob')
      const lines = group.split('\n')
      const line = lines.findIndex((each) => each.startsWith('staff:')) + 1
      const what = 'bob of the base image may use sudo; the account is locked'
      expect(effectsOn('trixie', { root: [...bob('*'), rule, file('/etc/group', group)] })).toEqual([
        `trixie.img: root/etc/group, line ${line}: ${what}`,
      ])
      const primary = more({
        passwd: 'bob:x:1001:50::/home/bob:/bin/bash',
        shadow: 'bob:*:20000:0:99999:7:::',
      })
      expect(effectsOn('trixie', { root: [...primary, rule] })).toEqual([
        `trixie.img: root/etc/passwd, line 25: ${what}`,
      ])
    },
  )

  it('of programs with sudo for everything are listed, and not locked', () => {
    const rule = (text: string) => file('/etc/sudoers.d/020_web', `${text}\n`, { mode: 0o440 })
    const on = (text: string, set = {}) => effectsOn('trixie', { root: [rule(text)], set })
    expect(on('www-data ALL=(ALL) NOPASSWD: ALL')).toEqual([
      'trixie.img: root/etc/sudoers.d/020_web, line 1: www-data of the base image may do everything by sudo; the account is not locked',
    ])
    expect(on('www-data ALL=(ALL) NOPASSWD: ALL', { keep_users: 'www-data' })).toEqual([])
    expect(on('www-data ALL=(ALL) NOPASSWD: /sbin/reboot, /usr/bin/apt')).toEqual([])
    expect(on('root ALL=(ALL) ALL')).toEqual([])
    expect(shadowLine('www-data', [rule('www-data ALL=(ALL) NOPASSWD: ALL')])).toMatch(/^www-data:\*:.*:::$/)
  })

  it.each([
    ['files systemd', undefined],
    ['compat', undefined],
    ['files [NOTFOUND=return] ldap # x', 'accounts of ldap exist, too, which piimg does not lock'],
    ['files sss winbind', 'accounts of sss, winbind exist, too, which piimg does not lock'],
    ['ldap', 'the accounts of /etc/passwd do not count'],
  ])('come from the sources of nsswitch.conf: %s', (words, what) => {
    const conf = file('/etc/nsswitch.conf', `# own\npasswd:   ${words}\nshadow: files\n`)
    expect(effectsOn('trixie', { root: [conf] })).toEqual(
      what === undefined ? [] : [`trixie.img: root/etc/nsswitch.conf, line 2: ${what}`],
    )
  })

  it.each(['/etc/userdb/eve.user', '/usr/lib/userdb/eve.user', '/var/lib/systemd/home/eve.identity'])(
    'outside /etc/passwd are listed: %s',
    (path) => {
      const what = 'eve of the base image is an account outside /etc/passwd, which piimg does not lock'
      expect(effectsOn('trixie', { root: [file(path, '{}')] })).toEqual([`trixie.img: root${path}: ${what}`])
      expect(effectsOn('trixie', { root: [file('/etc/userdb/1001.user', '{}')] })).toEqual([])
    },
  )

  it('are kept where the user says so', () => {
    const root = [...bob(hash), keys('/home/bob/.ssh/authorized_keys')]
    const set = { keep_users: 'bob' }
    expect(effectsOn('trixie', { root, set })).toEqual([])
    expect(shadowLine('bob', root, set)).toBe(`bob:${hash}:20000:0:99999:7:::`)
  })

  it('cannot be kept where there is none', () => {
    const { problems } = planOf({ base: practiceBase('trixie'), set: { keep_users: 'bob' } })
    expect(problems.map(({ what }) => what)).toEqual(['the base image has no user "bob"'])
  })
})

describe('the screen', () => {
  it.each(['getty@tty1.service', 'getty@.service'])('has no login where %s is masked', (unit) => {
    const path = `/etc/systemd/system/${unit}`
    expect(effectsOn('trixie', { root: [symlink(path, '/dev/null')] })).toEqual([
      `trixie.img: root${path}: nobody can log in at the screen: its getty is masked`,
    ])
  })
})

describe('root', () => {
  it('has no password and no key', () => {
    const shadow = (stockText('trixie', 'root/etc/shadow') ?? '').replace(/^root:\*/, `root:${hash}`)
    const root = [file('/etc/shadow', shadow), keys('/root/.ssh/authorized_keys')]
    expect(effectsOn('trixie', { root })).toEqual([
      'trixie.img: root/etc/shadow, line 1: root of the base image has a password; it is locked',
      'trixie.img: root/root/.ssh/authorized_keys, line 2: a key lets root of the base image log in; the file is removed',
    ])
    expect(shadowLine('root', root)).toMatch(/^root:!\$6\$salt\$hash:\d+:0:99999:7:::$/)
    const { plan } = planOf({ base: practiceBase('trixie', root) })
    expect(plan.root).toContainEqual(
      expect.objectContaining({ kind: 'removal', path: '/root/.ssh/authorized_keys' }),
    )
  })
})

describe("the node's user", () => {
  const changed = (from: RegExp, to: string) =>
    file('/etc/passwd', (stockText('trixie', 'root/etc/passwd') ?? '').replace(from, to))

  it('has a shell that is there', () => {
    const zsh = changed(/^(pi:.*):\S+$/m, '$1:/usr/bin/zsh')
    expect(effectsOn('trixie', { root: [zsh, file('/usr/bin/zsh')] })).toEqual([])
    expect(effectsOn('trixie', { root: [zsh] })).toEqual([
      'trixie.img: root/etc/passwd, line 24: pi cannot log in: there is no shell /usr/bin/zsh',
    ])
  })

  it('has an account and a password that do not expire', () => {
    const stock = stockText('trixie', 'root/etc/shadow') ?? ''
    const root = [file('/etc/shadow', stock.replace(/^pi:.*$/m, 'pi:!:0:5:30:7:10:100:'))]
    expect(shadowLine('pi', root)).toBe('pi:*::0:99999:7:::')
  })
})
