import { describe, expect, it } from 'vitest'
import { file } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'
import { stockText } from '../support/practice-base.js'

const stock = stockText('trixie', 'root/etc/ssh/sshd_config') ?? ''
const lines = stock.split('\n').length
const config = (text: string) => file('/etc/ssh/sshd_config', `${stock}${text}\n`)
const found = (text: string, set: Readonly<Record<string, string>> = {}) =>
  effectsOn('trixie', { root: [config(text)], set })
const at = (line: number, what: string) =>
  `trixie.img: root/etc/ssh/sshd_config, line ${lines - 1 + line}: ${what}`

describe('sshd lets the user in', () => {
  it.each([
    'AllowUsers pi',
    'AllowUsers bob\nAllowUsers p?',
    'AllowUsers *',
    'AllowGroups bob sudo',
    'AllowGroups pi',
    'DenyUsers bob pi2',
    'DenyGroups docker',
    'Match User bob\n  AllowUsers bob',
    'Match Group docker\n  AllowUsers bob',
    'Match User *,!pi\n  AllowUsers bob',
    'Port 22\nPort 2222',
    'Port=22',
    'Port 2222',
    'ListenAddress 0.0.0.0',
    'ListenAddress 10.0.0.3',
    'ListenAddress 10.0.0.3:22',
    'AddressFamily inet',
    '#AllowUsers bob',
  ])('with %j', (text) => {
    expect(found(text)).toEqual([])
  })

  it.each([
    ['AllowUsers bob', 'sshd lets in other users only, not pi'],
    ['AllowUsers "bob"', 'sshd lets in other users only, not pi'],
    ['allowusers=bob', 'sshd lets in other users only, not pi'],
    ['AllowUsers pi@192.168.1.*', 'sshd lets in other users only, not pi'],
    ['AllowGroups docker', 'sshd lets in other groups only, not those of pi'],
    ['DenyUsers bob pi', 'sshd refuses pi'],
    ['DenyUsers pi@10.0.0.9', 'sshd refuses pi'],
    ['DenyGroups su*', 'sshd refuses a group of pi'],
    ['ListenAddress 192.168.1.5', 'sshd listens at 192.168.1.5 only'],
    ['AddressFamily inet6', 'sshd listens at IPv6 only'],
  ])('not with %j', (text, what) => {
    expect(found(text)).toEqual([at(1, what)])
  })

  it.each(['Match all', 'Match User pi', 'Match Group sudo', 'Match Address 10.0.0.0/8', 'Match User=pi'])(
    'not with a list below %s',
    (match) => {
      expect(found(`AllowUsers pi\n${match}\n  AllowUsers bob`)).toEqual([
        at(3, 'sshd lets in other users only, not pi'),
      ])
    },
  )

  it('whatever is in a file that sshd does not include', () => {
    const text = 'AllowUsers bob\n'
    const inFile = (path: string) => effectsOn('trixie', { root: [file(path, text)] })
    expect(inFile('/etc/ssh/sshd_config.d/50-site.txt')).toEqual([])
    expect(inFile('/etc/ssh/sshd_config.d/.hidden.conf')).toEqual([])
    expect(inFile('/etc/ssh/sshd_config.d/50-site.conf')).toEqual([
      'trixie.img: root/etc/ssh/sshd_config.d/50-site.conf, line 1: sshd lets in other users only, not pi',
    ])
  })

  it('not with a list in a file of another folder, whose Match blocks end there', () => {
    const site = file('/etc/ssh/site/a', 'Match User bob\nAllowUsers bob\nMatch User pi\nDenyUsers pi\n')
    expect(effectsOn('trixie', { root: [config('Include site/[ab]\nAllowUsers pi'), site] })).toEqual([
      'trixie.img: root/etc/ssh/site/a, line 4: sshd refuses pi',
    ])
  })

  it('not at a port that only a file of another folder names', () => {
    const site = file('/etc/ssh/site', 'Port 2222\n')
    expect(effectsOn('trixie', { root: [config('Include site'), site] })).toEqual([
      'trixie.img: root/etc/ssh/site, line 1: sshd listens at port 2222, not at 22',
    ])
  })

  it('by the new name, where the base image lets in the user by the old one', () => {
    expect(found('AllowUsers pi', { user: 'ada' })).toEqual([])
    expect(found('AllowUsers bob', { user: 'ada' })).toEqual([
      at(1, 'sshd lets in other users only, not ada'),
    ])
  })

  it.each([
    ['SSHD_OPTS=\n', []],
    ['SSHD_OPTS="-4"\n', []],
    [
      'SSHD_OPTS=\nSSHD_OPTS="-o PasswordAuthentication=yes"\n',
      [
        'trixie.img: root/etc/default/ssh, line 2: sshd is started with "-o PasswordAuthentication=yes", which comes before its configuration',
      ],
    ],
    [
      "SSHD_OPTS='-p 2222'\n",
      [
        'trixie.img: root/etc/default/ssh, line 1: sshd is started with "-p 2222", which comes before its configuration',
      ],
    ],
  ])('with the words of /etc/default/ssh: %j', (text, problems) => {
    expect(effectsOn('trixie', { root: [file('/etc/default/ssh', text)] })).toEqual(problems)
  })

  it.each(['sshd', 'common-account'])('with what pam_access says, which is only listed: %s', (name) => {
    const pam = (text: string) => effectsOn('trixie', { root: [file(`/etc/pam.d/${name}`, text)] })
    expect(pam('# account required pam_access.so\naccount required pam_nologin.so\n')).toEqual([])
    expect(pam('\naccount  required  pam_access.so\n')).toEqual([
      `trixie.img: root/etc/pam.d/${name}, line 2: /etc/security/access.conf of the base image decides who can log in`,
    ])
  })

  it('with what libwrap says', () => {
    const deny = file('/etc/hosts.deny', '# none\nALL: ALL\n')
    expect(effectsOn('trixie', { root: [deny] })).toEqual([
      'trixie.img: root/etc/hosts.deny, line 2: libwrap refuses connections to sshd',
    ])
    expect(effectsOn('trixie', { root: [deny, file('/etc/hosts.allow', 'sshd: 10.0.0.\n')] })).toEqual([])
    expect(effectsOn('trixie', { root: [file('/etc/hosts.deny', 'vsftpd: ALL\n')] })).toEqual([])
  })
})
