import { describe, expect, it } from 'vitest'
import { directory, file, type PracticeEntry, symlink } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'
import { stockText } from '../support/practice-base.js'
import { finalRoot } from '../support/real-programs.js'

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
    'MaxSessions 2',
    'PermitTTY yes\nPermitTTY no',
    'Match User bob\n  PermitTTY no',
    'PubkeyAcceptedAlgorithms +ssh-rsa',
    'PubkeyAcceptedAlgorithms -ssh-rsa*',
    'PubkeyAcceptedAlgorithms ssh-ed25519*',
    'RevokedKeys none',
    'RevokedKeys /etc/ssh/sshd_config',
  ])('with %j, of which the first value counts', (text) => {
    expect(found(text)).toEqual([])
  })

  const certificate = 'ssh-ed25519-cert-v01@openssh.com'
  it.each([
    ['MaxSessions 0', 1, 'sshd allows no sessions'],
    ['PermitTTY no\nPermitTTY yes', 1, 'sshd gives nobody a terminal'],
    ['PermitTTY yes\nMatch User pi\nPermitTTY no', 3, 'sshd gives nobody a terminal'],
    ['RefuseConnection yes', 1, 'sshd refuses every connection'],
    ['RevokedKeys /etc/ssh/gone', 1, 'sshd refuses all keys, because there is no file /etc/ssh/gone'],
    ['PubkeyAcceptedAlgorithms rsa-sha2-512', 1, `sshd refuses keys of the type ssh-ed25519, ${certificate}`],
    ['PubkeyAcceptedKeyTypes -*cert*', 1, `sshd refuses keys of the type ${certificate}`],
  ])('not with %j', (text, line, what) => {
    expect(found(text)).toEqual([at(line, what)])
  })

  it('without the second factor of the base image, which is reported', () => {
    const what = (methods: string) =>
      `sshd of the base image asks for ${methods}, and that of the node for one of them`
    const methods = 'publickey,keyboard-interactive:pam'
    expect(found(`AuthenticationMethods ${methods} publickey,password`)).toEqual([at(1, what(methods))])
    expect(found('Match User pi\nAuthenticationMethods publickey,password')).toEqual([
      at(2, what('publickey,password')),
    ])
    expect(found('AuthenticationMethods publickey password')).toEqual([])
    expect(found('Match User bob\nAuthenticationMethods publickey,password')).toEqual([])
  })

  it('with a key of type ssh-rsa by each of its algorithms', () => {
    const rsa = `ssh-rsa ${rsaKey} a@b`
    const accept = (list: string) =>
      found(`PubkeyAcceptedAlgorithms ssh-ed*,${list}`, { authorized_keys: rsa })
    expect(accept('rsa-sha2-256')).toEqual([])
    expect(accept('sk-*')).toEqual([at(1, 'sshd refuses keys of the type ssh-rsa')])
  })
})

/** 1024 bits: for no computer. */
const rsaKey = [
  'AAAAB3NzaC1yc2EAAAADAQABAAAAgQDolWAR7ZpojL7KqVY6ZZuLQAE1J6lJLcvu0sPriF8dZpl328whtV1w6D+DQdi2XMzi',
  '2DzHADLTymOqnjoAZ4zEzPIiqhD1zSJjK3o0mfEO8gOWZsTYUn5bocdFxd3aJ+hVwan2U9bkUW1s9IbbtxsSlAjHpctZ2XEW',
  '7gTHoO+SBQ==',
].join('')

describe('the home directory', () => {
  it.each([
    [0o755, 1000, 1000, true],
    [0o700, 1000, 1000, true],
    [0o755, 0, 0, true],
    [0o775, 1000, 1000, true],
    [0o775, 1000, 33, false],
    [0o757, 1000, 1000, false],
    [0o755, 33, 1000, false],
  ])('of mode %o, user %i and group %i', (mode, uid, gid, isRight) => {
    const what = 'sshd refuses the keys of pi, because others can change this folder'
    expect(effectsOn('trixie', { root: [directory('/home/pi', { mode, uid, gid })] })).toEqual(
      isRight ? [] : [`trixie.img: root/home/pi: ${what}`],
    )
  })
})

describe('sshd is started', () => {
  const on = (...root: readonly PracticeEntry[]) => effectsOn('trixie', { root })
  const drop = (...lines: readonly string[]) =>
    file('/etc/systemd/system/ssh.service.d/own.conf', `[Service]\n${lines.join('\n')}\n`)
  const options = (text: string) => file('/etc/default/ssh', `${text}\n`)
  const before = (words: string) => `sshd is started with "${words}", which comes before its configuration`

  it.each(['', '-4', '-D -e', '-E /var/log/pot', '-u0 -q'])('with the harmless options %j', (words) => {
    expect(on(options(`SSHD_OPTS="${words}"`))).toEqual([])
  })

  it.each(['-p 2222', '-p2222', '-o Banner=none', '-f /x', '-6', '-D6', '-d', '-t', '-i'])(
    'not with the option %s',
    (words) => {
      expect(on(options(`# own\nSSHD_OPTS='${words}'`))).toEqual([
        `trixie.img: root/etc/default/ssh, line 2: ${before(words)}`,
      ])
    },
  )

  it('with the last options, those of the file before those of the unit', () => {
    expect(on(options('SSHD_OPTS=-6\nSSHD_OPTS='))).toEqual([])
    expect(on(drop('Environment=SSHD_OPTS=-6'), options('SSHD_OPTS=-4'))).toEqual([])
    expect(on(drop('Environment="SSHD_OPTS=-6"'))).toEqual([
      `trixie.img: root/etc/systemd/system/ssh.service.d/own.conf, line 2: ${before('-6')}`,
    ])
  })

  it('by the last command, which may leave the options out', () => {
    const file = 'trixie.img: root/etc/systemd/system/ssh.service.d/own.conf, line 3: '
    expect(on(drop('ExecStart=', 'ExecStart=/usr/sbin/sshd -D'), options('SSHD_OPTS=-6'))).toEqual([])
    expect(on(drop('ExecStart=', 'ExecStart=/usr/sbin/sshd -D -p 2222'))).toEqual([
      `${file}${before('-D -p 2222')}`,
    ])
    expect(on(drop('ExecStart=', 'ExecStart=-/usr/bin/other -D'))).toEqual([
      `${file}ssh.service starts /usr/bin/other, not sshd`,
    ])
  })

  it('whatever the base image has against it', () => {
    const link = (path: string, target: string) => symlink(`/etc/systemd/system/${path}`, target)
    const socket = '/usr/lib/systemd/system/ssh.socket'
    const root = [
      file('/etc/ssh/sshd_not_to_be_run'),
      file('/etc/nologin'),
      link('ssh.service', '/dev/null'),
      link('sockets.target.wants/ssh.socket', socket),
      link('ssh.service.requires/ssh.socket', socket),
    ]
    const card = finalRoot({ release: 'trixie', extra: root })
    for (const { path } of root) expect([path, card.has(path)]).toEqual([path, false])
  })

  it('beside dropbear, which has rules of its own', () => {
    const unit = '/etc/systemd/system/multi-user.target.wants/dropbear.service'
    const enabled = symlink(unit, '/usr/lib/systemd/system/dropbear.service')
    const what = 'dropbear is another ssh server, with its own rules, at port'
    expect(on(enabled)).toEqual([`trixie.img: root${unit}: ${what} 22`])
    expect(on(enabled, file('/etc/default/dropbear', 'DROPBEAR_PORT=2222\n'))).toEqual([
      `trixie.img: root${unit}: ${what} 2222`,
    ])
    const script = symlink('/etc/rc2.d/S01dropbear', '../init.d/dropbear')
    expect(on(script, file('/etc/default/dropbear', 'NO_START=1\n'))).toEqual([])
    expect(on(script, file('/etc/default/dropbear', 'NO_START=0\n'))).toEqual([
      `trixie.img: root/etc/rc2.d/S01dropbear: ${what} 22`,
    ])
  })
})

describe('PAM', () => {
  const found = (path: string, text: string) => effectsOn('trixie', { root: [file(path, text)] })
  const auth = 'auth required pam_unix.so nullok\n'

  it.each(['sshd', 'login', 'sudo', 'common-auth', 'common-account'])('is asked by %s', (service) => {
    expect(found(`/etc/pam.d/${service}`, `# account required pam_time.so\n${auth}`)).toEqual([])
    expect(found(`/etc/pam.d/${service}`, `${auth}account  required  pam_access.so\n`)).toEqual([
      `trixie.img: root/etc/pam.d/${service}, line 2: pam_access of the base image decides, too, who can log in`,
    ])
  })

  it('is read in /usr where /etc has no file', () => {
    const line = 'auth [success=1 default=ignore] pam_sss.so\n'
    expect(found('/usr/lib/pam.d/sshd', line)[0]).toMatch(/root\/usr\/lib\/pam.d\/sshd, line 1: pam_sss of/)
    const both = [file('/usr/lib/pam.d/sshd', line), file('/etc/pam.d/sshd', auth)]
    expect(effectsOn('trixie', { root: both })).toEqual([])
  })

  it.each([
    ['auth required pam_google_authenticator.so', 1],
    ['auth sufficient /lib/security/pam_ldap.so minimum_uid=1000', 1],
    ['-account required pam_listfile.so item=user', 1],
    ['auth optional pam_script.so', 0],
    ['session required pam_mkhomedir.so', 0],
    ['auth requisite pam_faillock.so preauth', 0],
  ])('decides by %s', (line, count) => {
    expect(found('/etc/pam.d/login', `${line}\n`)).toHaveLength(count)
  })
})
