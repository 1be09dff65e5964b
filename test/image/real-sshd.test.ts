import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { directory, file } from '../../scripts/practice/entries.js'
import type { PracticeEntry } from '../../scripts/practice/tree.js'
import { releases, stockText } from '../support/practice-base.js'
import { ask, type Card, finalRoot, hasNoNamespaces, isMissing } from '../support/real-programs.js'
import { sharedFolder, textIn, withoutUser, writeTree } from '../support/real-programs.js'

const noSshd = isMissing({ sshd: 'openssh-server', 'ssh-keygen': 'openssh-client', ssh: 'openssh-client' })
const sshd = '/usr/sbin/sshd'
const folder = sharedFolder()
const key = (name: string): string => join(folder, name)
const publicKey = (name: string): string => readFileSync(`${key(name)}.pub`, 'utf8').trim()

beforeAll(() => {
  if (noSshd) return
  // sshd asks for it at every start as root; the package's unit makes it.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  for (const name of ['host', 'login', 'other']) {
    ask(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', `${name} key`, '-f', key(name)])
  }
  mkdirSync(join(folder, 'etc/ssh'), { recursive: true })
  ask(['ssh-keygen', '-A', '-f', folder])
})

/** A card's sshd_config, or ssh_config, in a folder of its own, with what it includes. */
function configOf(root: ReadonlyMap<string, PracticeEntry>, name = 'sshd_config'): string {
  const tree = mkdtempSync(join(folder, 'tree-'))
  writeTree(tree, root, ['/etc/ssh'])
  const main = join(tree, 'etc/ssh', name)
  const parts = [...root.keys()].filter(
    (path) => path.startsWith(`/etc/ssh/${name}.d/`) && path.endsWith('.conf'),
  )
  for (const path of [main, ...parts.map((part) => join(tree, part))]) {
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replaceAll(/(?<=^[^#\n]* )\/etc\/ssh\//gm, `${tree}/etc/ssh/`))
  }
  return main
}

/** What sshd makes of a configuration for one login: every setting with its value. */
function settingsOf(config: string): Map<string, string> {
  const who = 'user=pi,host=x,addr=10.0.0.9'
  const { status, output, errors } = ask([sshd, '-T', '-f', config, '-h', key('host'), '-C', who])
  expect({ status, errors }).toMatchObject({ status: 0 })
  return new Map(output.split('\n').map((line) => [line.split(' ', 1)[0] ?? '', line.replace(/^\S+ ?/, '')]))
}

const closed = {
  passwordauthentication: 'no',
  kbdinteractiveauthentication: 'no',
  permitrootlogin: 'no',
  permitemptypasswords: 'no',
  banner: 'none',
  pubkeyauthentication: 'yes',
  usepam: 'yes',
  hostbasedauthentication: 'no',
  authenticationmethods: 'publickey',
  authorizedkeysfile: '.ssh/authorized_keys',
  authorizedkeyscommand: 'none',
  forcecommand: 'none',
  chrootdirectory: 'none',
}

const open = { ...closed, passwordauthentication: 'yes', authenticationmethods: 'publickey password' }

/** What nobody wants, as another program might write it later. */
const opposite = [
  'PasswordAuthentication yes',
  'KbdInteractiveAuthentication yes',
  'PermitRootLogin yes',
  'Banner /etc/issue.net',
  'PermitEmptyPasswords yes',
  'HostbasedAuthentication yes',
  'PubkeyAuthentication no',
  'AuthenticationMethods password',
  'AuthorizedKeysFile /etc/keys/%u',
  'AuthorizedKeysCommand /usr/bin/keys',
  'AuthorizedKeysCommandUser nobody',
  'TrustedUserCAKeys /etc/other.pub',
  'AuthorizedPrincipalsFile /etc/principals',
  'AuthorizedPrincipalsCommand /usr/bin/principals',
  'AuthorizedPrincipalsCommandUser nobody',
  'ForceCommand /bin/false',
  'ChrootDirectory /var',
  '',
].join('\n')
/** What a Match block may hold of it. */
const below = (criteria: string) =>
  `Match ${criteria}\n${opposite.replace(/^Authorized\w+CommandUser.*\n/gm, '')}`

describe.skipIf(noSshd).each(releases)("sshd reads %s's configuration", (release) => {
  const settings = (card: Omit<Card, 'release'>) =>
    Object.fromEntries(settingsOf(configOf(finalRoot({ release, ...card }))))

  it('without a complaint', () => {
    const config = configOf(finalRoot({ release }))
    const { status, errors } = ask([sshd, '-t', '-f', config, '-h', key('host')])
    expect({ status, errors }).toEqual({ status: 0, errors: '' })
  })

  it('as: keys only, no root, no banner', () => {
    expect(settings({})).toMatchObject(closed)
  })

  it('as: passwords too, where they are wanted', () => {
    expect(settings({ set: { ssh_password_login: 'yes' } })).toMatchObject({
      ...open,
    })
  })

  it('the same where other files and lines say otherwise', () => {
    const stock = stockText(release, 'root/etc/ssh/sshd_config') ?? ''
    const extra =
      release === 'buster'
        ? [file('/etc/ssh/sshd_config', stock + opposite)]
        : [
            file('/etc/ssh/sshd_config.d/50-cloud-init.conf', opposite),
            file('/etc/ssh/sshd_config.d/rename_user.conf', 'Banner /etc/issue.net\n'),
          ]
    expect(settings({ extra })).toMatchObject(closed)
    expect(finalRoot({ release, extra }).has('/etc/ssh/sshd_config.d/rename_user.conf')).toBe(false)
  })

  const stock = stockText(release, 'root/etc/ssh/sshd_config') ?? ''
  const onlyHere = release !== 'buster'
  const ahead: readonly [string, PracticeEntry[]][] = [
    ['at the end', [file('/etc/ssh/sshd_config', `${stock}${below('User pi')}`)]],
    ['for all users', [file('/etc/ssh/sshd_config', `${stock}${below('all')}`)]],
    ['for an address', [file('/etc/ssh/sshd_config', `${stock}${below('Address 10.0.0.0/8')}`)]],
    ['before all', [file('/etc/ssh/sshd_config', `${below('Group pi')}Match all\n${stock}`)]],
    ...(onlyHere
      ? ([
          ['in the first file', [file('/etc/ssh/sshd_config.d/00-a.conf', below('User pi'))]],
          ['and settings in the first file', [file('/etc/ssh/sshd_config.d/00-a.conf', opposite)]],
          ['and no Include', [file('/etc/ssh/sshd_config', `UsePAM yes\n${opposite}${below('User pi')}`)]],
          ['and the Include at the end', [file('/etc/ssh/sshd_config', `${opposite}${stock}`)]],
        ] as const)
      : []),
  ].map(([title, extra]) => [title as string, [...(extra as PracticeEntry[])]])

  it.each(ahead)('the same where a Match block says otherwise: %s', (_, extra) => {
    expect(settings({ extra })).toMatchObject({
      ...closed,
      trustedusercakeys: expect.stringMatching(/\/piimg\/ca.pub$/) as string,
      authorizedprincipalsfile: expect.stringMatching(/\/piimg\/principals\/%u$/) as string,
      authorizedprincipalscommand: 'none',
    })
  })

  it.each(ahead)('with passwords where they are wanted, and a Match block says otherwise: %s', (_, extra) => {
    const changed = extra.map((entry) => ({
      ...entry,
      content: String(entry.content).replace(/^PasswordAuthentication yes/gm, 'PasswordAuthentication no'),
    }))
    expect(settings({ extra: changed, set: { ssh_password_login: 'yes' } })).toMatchObject({
      ...open,
    })
  })

  it('with keys that ssh-keygen knows', () => {
    const set = { authorized_keys: `${publicKey('login')}\n${publicKey('other')}` }
    const path = join(folder, `${release}-keys`)
    writeFileSync(path, textIn(finalRoot({ release, set }), '/home/pi/.ssh/authorized_keys'))
    const { status, output } = ask(['ssh-keygen', '-lf', path])
    const known = ['login', 'other'].map((name) => ask(['ssh-keygen', '-lf', `${key(name)}.pub`]).output)
    expect({ status, output }).toEqual({ status: 0, output: known.join('') })
  })
})

const noLogin = noSshd || isMissing({ ip: 'iproute2', unshare: 'util-linux' }) || hasNoNamespaces()

interface Login {
  readonly user: string
  readonly key?: string
  readonly password?: string
}

/** Logs in from another computer. @returns what each login prints, its end first */
function logIn(root: ReadonlyMap<string, PracticeEntry>, logins: readonly Login[]): string[] {
  const options = [
    ...['-F', 'none', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'],
    ...['-o', 'GlobalKnownHostsFile=/dev/null'],
    ...['-o', 'LogLevel=ERROR', '-o', 'IdentitiesOnly=yes', '-o', 'NumberOfPasswordPrompts=1'],
  ]
  const folder = sharedTree('login-')
  const attempts = logins.map(({ user, key: name, password }, index) => {
    const answer = join(folder, `answer-${index}`)
    writeFileSync(answer, `#!/bin/sh\necho '${password ?? ''}'\n`, { mode: 0o755 })
    const how = name === undefined ? ['-o', 'PubkeyAuthentication=no'] : ['-i', key(name)]
    const words = [...options, ...how, `${user}@127.0.0.1`, "'id -un; pwd; echo $SHELL'"]
    return `SSH_ASKPASS=${answer} SSH_ASKPASS_REQUIRE=force ssh ${words.join(' ')} 2>&1 </dev/null`
  })
  return besideSshd(root, attempts)
}

function sharedTree(prefix: string): string {
  const tree = mkdtempSync(join(folder, prefix))
  chmodSync(tree, 0o755)
  chmodSync(folder, 0o755)
  return tree
}

/**
 * Starts sshd with a card's own accounts, home and configuration in the places where it looks for them, in namespaces
 * that end with it, and runs commands there.
 * @returns what each command prints, its exit code first
 */
function besideSshd(root: ReadonlyMap<string, PracticeEntry>, commands: readonly string[]): string[] {
  const tree = sharedTree('sshd-')
  writeTree(tree, root, ['/etc', '/home'])
  const places = ['passwd', 'shadow', 'group', 'gshadow', 'hosts', 'ssh'].map((name) => `/etc/${name}`)
  const script = [
    'set -e',
    'ip link set lo up',
    'ip address add 10.0.0.3/32 dev lo',
    ...[...places, '/home'].map((place) => `mount --bind ${tree}${place} ${place}`),
    'mount -t tmpfs none /run',
    'mkdir /run/sshd',
    // Those of the release, which it makes at its first boot; made once here, as that takes longer than a test.
    `cp --no-clobber ${folder}/etc/ssh/ssh_host_* /etc/ssh/`,
    `${sshd} -D -E /run/log &`,
    'for _ in $(seq 100); do grep -q "Server listening" /run/log 2>/dev/null && break; sleep 0.05; done',
    'set +e',
    ...commands.map((command) => `${command}; echo "--- $?"`),
  ]
  const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'] as const
  const { output, errors } = ask(['unshare', ...namespaces, 'sh', '-c', script.join('\n')])
  if (errors !== '') throw new Error(errors)
  return output.split(/(?<=--- \d+\n)/).map((text) => text.replace(/^([^]*)--- (\d+)\n$/, '$2 $1').trim())
}

const hash = (): string => ask(['openssl', 'passwd', '-6', '-salt', 'piimg', 'correct horse']).output.trim()

describe.skipIf(noLogin).each(releases)('sshd of %s', (release) => {
  it.each(['pi', 'ada'])('lets %s in with a key, and nobody with a password', (user) => {
    const root = finalRoot({
      release,
      set: { user, authorized_keys: publicKey('login'), password_hash: hash() },
    })
    const refused = `255 ${user}@127.0.0.1: Permission denied (publickey).`
    expect(
      logIn(root, [
        { user, key: 'login' },
        { user, key: 'other' },
        { user, password: 'correct horse' },
        { user: 'root', key: 'login' },
      ]),
    ).toEqual([
      `0 ${user}\n/home/${user}\n/bin/bash`,
      refused,
      refused,
      '255 root@127.0.0.1: Permission denied (publickey).',
    ])
  })

  it('takes the password where it is wanted', () => {
    const root = finalRoot({ release, set: { ssh_password_login: 'yes', password_hash: hash() } })
    expect(logIn(root, [{ user: 'pi', password: 'correct horse' }])).toEqual(['0 pi\n/home/pi\n/bin/bash'])
  })

  it('lets in a user who is not in the base image', () => {
    const set = { user: 'grace', authorized_keys: publicKey('login') }
    const root = finalRoot({ release, set, extra: withoutUser(release) })
    expect(logIn(root, [{ user: 'grace', key: 'login' }])).toEqual(['0 grace\n/home/grace\n/bin/bash'])
  })

  it('minds the modes on the way to the keys', () => {
    const root = finalRoot({ release, set: { authorized_keys: publicKey('login') } })
    const keys = root.get('/home/pi/.ssh/authorized_keys')
    if (keys !== undefined) root.set(keys.path, { ...keys, mode: 0o666 })
    const [refused] = logIn(root, [{ user: 'pi', key: 'login' }])
    expect(refused).toBe('255 pi@127.0.0.1: Permission denied (publickey).')
  })
})

const more = (release: (typeof releases)[number], lines: Readonly<Record<string, string>>) =>
  Object.entries(lines).map(([name, line]) =>
    file(`/etc/${name}`, `${stockText(release, `root/etc/${name}`) ?? ''}${line}\n`, {
      mode: name === 'shadow' ? 0o640 : 0o644,
    }),
  )

describe.skipIf(noLogin).each(releases)('sshd of %s, on a base image that lets others in', (release) => {
  const authorizedKeys = (home: string, uid: number, name = 'authorized_keys') => [
    directory(home, { uid, gid: uid, mode: 0o755 }),
    directory(`${home}/.ssh`, { uid, gid: uid, mode: 0o700 }),
    file(`${home}/.ssh/${name}`, `${publicKey('other')}\n`, { uid, gid: uid, mode: 0o600 }),
  ]
  const extra = () => [
    ...more(release, {
      passwd: 'bob:x:1001:1001::/home/bob:/bin/bash',
      shadow: `bob:${hash()}:20000:0:99999:7:::`,
      group: 'bob:x:1001:',
    }),
    ...authorizedKeys('/home/bob', 1001),
    ...authorizedKeys('/home/pi', 1000, 'authorized_keys2'),
    file(
      '/etc/ssh/sshd_config',
      `${stockText(release, 'root/etc/ssh/sshd_config') ?? ''}Match User bob,root,pi\nPasswordAuthentication yes\nPermitRootLogin yes\n`,
    ),
  ]
  const asBob = [
    { user: 'bob', key: 'other' },
    { user: 'bob', password: 'correct horse' },
  ]

  it('also listens at port 22, where the base image names another', () => {
    const port = file(
      '/etc/ssh/sshd_config',
      `${stockText(release, 'root/etc/ssh/sshd_config') ?? ''}Port 2222\n`,
    )
    const root = finalRoot({ release, set: { authorized_keys: publicKey('login') }, extra: [port] })
    expect(logIn(root, [{ user: 'pi', key: 'login' }])).toEqual(['0 pi\n/home/pi\n/bin/bash'])
  })

  it('lets in its own user with its own key only', () => {
    const set = { authorized_keys: publicKey('login'), password_hash: hash() }
    const root = finalRoot({ release, set, extra: extra() })
    const answers = logIn(root, [
      { user: 'pi', key: 'login' },
      { user: 'pi', key: 'other' },
      { user: 'pi', password: 'correct horse' },
      ...asBob,
      { user: 'root', key: 'other' },
    ])
    expect(answers[0]).toBe('0 pi\n/home/pi\n/bin/bash')
    for (const answer of answers.slice(1)) expect(answer).toMatch(/^255/)
  })

  it('refuses the other account by its expiry date, also where passwords are wanted', () => {
    const root = finalRoot({ release, set: { ssh_password_login: 'yes' }, extra: extra() })
    for (const answer of logIn(root, asBob)) expect(answer).toMatch(/^255/)
  })

  it('lets in an account that is kept', () => {
    const set = { keep_users: 'bob', ssh_password_login: 'yes' }
    const root = finalRoot({ release, set, extra: extra() })
    expect(logIn(root, asBob)).toEqual(asBob.map(() => '0 bob\n/home/bob\n/bin/bash'))
  })
})

describe.skipIf(noLogin)('sshd, as the effect says', () => {
  const pi = [{ user: 'pi', key: 'login' }]
  const root = () => finalRoot({ release: 'trixie', set: { authorized_keys: publicKey('login') } })
  const withLines = (text: string) => changed(root(), '/etc/ssh/sshd_config', (stock) => `${stock}${text}\n`)

  it.each([
    ['MaxSessions 0', /^255$/],
    ['PubkeyAcceptedAlgorithms rsa-sha2-512', /Permission denied \(publickey\)/],
    ['PubkeyAcceptedAlgorithms -ssh-ed25519', /Permission denied \(publickey\)/],
    ['RevokedKeys /etc/ssh/gone', /Permission denied \(publickey\)/],
  ])('refuses by %s', (text, said) => {
    const [answer] = logIn(withLines(text), pi)
    expect(answer).toMatch(/^255/)
    expect(answer).toMatch(said)
  })

  it.each(['MaxSessions 2\nMaxSessions 0', 'PubkeyAcceptedAlgorithms +ssh-rsa', 'RevokedKeys none'])(
    'lets in by %j',
    (text) => {
      expect(logIn(withLines(text), pi)).toEqual(['0 pi\n/home/pi\n/bin/bash'])
    },
  )

  it.each([
    [0o755, 1000, 1000, '0'],
    [0o755, 0, 0, '0'],
    [0o775, 1000, 1000, '0'],
    [0o775, 1000, 33, '255'],
    [0o757, 1000, 1000, '255'],
    [0o755, 33, 1000, '255'],
  ])('minds the mode %o, the user %i and the group %i of the home', (mode, uid, gid, code) => {
    const tree = root()
    const home = tree.get('/home/pi')
    if (home !== undefined) tree.set('/home/pi', { ...home, mode, uid, gid })
    expect(logIn(tree, pi)[0]?.split(' ')[0]).toBe(code)
  })
})

describe.skipIf(noLogin)('sshd', () => {
  it('takes the key and the password', () => {
    const set = { authorized_keys: publicKey('login'), ssh_password_login: 'yes', password_hash: hash() }
    expect(
      logIn(finalRoot({ release: 'trixie', set }), [
        { user: 'pi', key: 'login' },
        { user: 'pi', password: 'correct horse' },
      ]),
    ).toEqual(['0 pi\n/home/pi\n/bin/bash', '0 pi\n/home/pi\n/bin/bash'])
  })

  it('takes keys of one line, and minds their options', () => {
    const set = { authorized_keys: `no-pty,command="id -u" ${publicKey('login')}, ${publicKey('other')}` }
    const root = finalRoot({ release: 'trixie', set })
    expect(
      logIn(root, [
        { user: 'pi', key: 'login' },
        { user: 'pi', key: 'other' },
      ]),
    ).toEqual(['0 1000', '0 pi\n/home/pi\n/bin/bash'])
  })

  it.each(['a_b', 'x1_-', 'a'.repeat(31)])('lets in %s', (user) => {
    const root = finalRoot({ release: 'trixie', set: { user, authorized_keys: publicKey('login') } })
    expect(logIn(root, [{ user, key: 'login' }])).toEqual([`0 ${user}\n/home/${user}\n/bin/bash`])
  })

  it('refuses a wrong password', () => {
    const root = finalRoot({ release: 'trixie', set: { ssh_password_login: 'yes', password_hash: hash() } })
    expect(logIn(root, [{ user: 'pi', password: 'wrong' }])).toEqual([
      '255 pi@127.0.0.1: Permission denied (publickey,password).',
    ])
  })
})

describe.skipIf(noSshd).each(releases)("the trust of %s's sshd and ssh", (release) => {
  it('has one host key, which is certified, and lists of principals', () => {
    const config = configOf(finalRoot({ release }))
    const place = `${dirname(config)}/piimg`
    const { output } = ask([sshd, '-T', '-f', config, '-C', 'user=pi,host=x,addr=10.0.0.9'])
    expect(
      output.match(/^(host(key|certificate)|trusted\w+|authorizedprincipalsf\w+|hostkeyalg\w+) .*/gm)?.sort(),
    ).toEqual([
      `authorizedprincipalsfile ${place}/principals/%u`,
      `hostcertificate ${place}/ssh_host_ed25519_key-cert.pub`,
      `hostkey ${place}/ssh_host_ed25519_key`,
      'hostkeyalgorithms ssh-ed25519-cert-v01@openssh.com,ssh-ed25519',
      `trustedusercakeys ${place}/ca.pub`,
    ])
  })

  it('holds for the nodes of the cluster, and for no other host', () => {
    const config = configOf(finalRoot({ release }), 'ssh_config')
    const settings = (host: string) => {
      const { status, output, errors } = ask(['ssh', '-T', '-G', '-F', config, host])
      expect({ status, errors }).toEqual({ status: 0, errors: '' })
      return output.match(/^(stricthostkeychecking|checkhostip|gssapiauthentication) .*/gm)?.sort()
    }
    for (const host of ['node3', 'node9', 'node9.cluster.internal', '10.0.0.77', 'node3.local']) {
      expect(settings(host)).toEqual([
        'checkhostip no',
        'gssapiauthentication no',
        'stricthostkeychecking true',
      ])
    }
    for (const host of ['other.example', 'nodejs.example', '10.0.1.3', 'node.local'])
      expect(settings(host)).toContain('stricthostkeychecking ask')
    expect(settings('other.example')).toContain('gssapiauthentication yes')
  })
})

const asPi = 'setpriv --reuid=1000 --regid=1000 --clear-groups env HOME=/home/pi'
/** A node logs in to itself as its user: there is nothing else that it could be asked for. */
const toItself = (to: string) =>
  `${asPi} ssh -o BatchMode=yes -o StrictHostKeyChecking=yes ${to} id -un 2>&1 </dev/null`

/** The card's root with a text of it changed. */
function changed(root: Map<string, PracticeEntry>, path: string, change: (text: string) => string) {
  const entry = root.get(path)
  if (entry === undefined) throw new Error(`there is no ${path}`)
  return new Map(root).set(path, { ...entry, content: Buffer.from(change(textIn(root, path))) })
}

describe.skipIf(noLogin).each(releases)('a node with the configuration of %s', (release) => {
  const sshdFile =
    release === 'buster' ? '/etc/ssh/sshd_config' : '/etc/ssh/sshd_config.d/00-piimg-trust.conf'
  const without = (setting: string) => (text: string) =>
    text.replaceAll(new RegExp(`^ *${setting} .*\\n`, 'gm'), '')

  it('is entered by its user from a node, by every name and address, and by root from nowhere', () => {
    const set = { authorized_keys: publicKey('other') }
    const hosts = ['node3', 'node3.cluster.internal', '10.0.0.3']
    expect(besideSshd(finalRoot({ release, set }), [...hosts, 'root@node3'].map(toItself))).toEqual([
      ...hosts.map(() => '0 pi'),
      '255 root@node3: Permission denied (publickey).',
    ])
  })

  it('shows one host key, whatever keys the release names', () => {
    const stock = stockText(release, 'root/etc/ssh/sshd_config') ?? ''
    const names = ['rsa', 'ecdsa', 'ed25519'].map((type) => `HostKey /etc/ssh/ssh_host_${type}_key\n`)
    const extra = [file('/etc/ssh/sshd_config', stock + names.join(''))]
    const [scan, own, login] = besideSshd(finalRoot({ release, extra }), [
      'ssh-keyscan -t rsa,ecdsa,ed25519 10.0.0.3 2>/dev/null',
      'ssh-keygen -y -f /etc/ssh/piimg/ssh_host_ed25519_key',
      toItself('node3'),
    ])
    expect(scan?.replace('10.0.0.3 ', '')).toBe(own?.replace(/ \S+$/, ''))
    expect(login).toBe('0 pi')
  })

  it.each([
    ['TrustedUserCAKeys', 'its user is not taken for one', /Permission denied/],
    ['AuthorizedPrincipalsFile', 'the certificate is for nobody there', /Permission denied/],
    ['HostCertificate', 'it cannot prove itself', /Host key verification failed/],
  ])('has to have %s: else %s', (setting, _, said) => {
    const root = finalRoot({ release, set: { authorized_keys: publicKey('other') } })
    const [answer] = besideSshd(changed(root, sshdFile, without(setting)), [toItself('node3')])
    expect(answer).toMatch(/^255 /)
    expect(answer).toMatch(said)
  })

  it('has to know the authority: else nobody proves himself', () => {
    const root = changed(finalRoot({ release }), '/etc/ssh/ssh_known_hosts', () => '')
    const [answer] = besideSshd(root, [toItself('node3')])
    expect(answer).toMatch(/^255 [^]*Host key verification failed/)
  })
})
