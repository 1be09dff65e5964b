import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { file } from '../../scripts/practice/entries.js'
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
}

/** What nobody wants, as another program might write it later. */
const opposite = [
  'PasswordAuthentication yes',
  'KbdInteractiveAuthentication yes',
  'PermitRootLogin yes',
  'Banner /etc/issue.net',
  '',
].join('\n')

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
      ...closed,
      passwordauthentication: 'yes',
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

describe.skipIf(noLogin)('sshd', () => {
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
    text.replace(new RegExp(`^${setting} .*\\n`, 'm'), '')

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
