import { describe, expect, it } from 'vitest'
import { wholeOf } from '../../builder/model/content.js'
import { practiceBase, stockText } from '../support/practice-base.js'
import { file, type PracticeEntry, type Release } from '../../scripts/practice/entries.js'
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
      'trixie.img: root/etc/sudoers.d/020_bob, line 2: bob of the base image may use sudo; the account is locked',
      'trixie.img: root/etc/group, line 21: bob of the base image may use sudo; the account is locked',
    ])
  })

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
