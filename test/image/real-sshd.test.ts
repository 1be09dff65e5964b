import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
})

/** A card's sshd_config in a folder of its own, with what it includes. */
function configOf(root: ReadonlyMap<string, PracticeEntry>): string {
  const tree = mkdtempSync(join(folder, 'tree-'))
  writeTree(tree, root, ['/etc/ssh'])
  const path = join(tree, 'etc/ssh/sshd_config')
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.replace(/^(Include )(\/etc\/ssh\/)/m, `$1${tree}$2`))
  return path
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

/**
 * Starts sshd with a card's own accounts, home and configuration in the places where it looks for them, in namespaces
 * that end with it, and logs in.
 * @returns what each login prints, its end first
 */
function logIn(root: ReadonlyMap<string, PracticeEntry>, logins: readonly Login[]): string[] {
  const tree = mkdtempSync(join(folder, 'login-'))
  chmodSync(tree, 0o755)
  chmodSync(folder, 0o755)
  writeTree(tree, root, ['/etc', '/home'])
  copyFileSync(key('host'), join(tree, 'etc/ssh/ssh_host_ed25519_key'))
  chmodSync(join(tree, 'etc/ssh/ssh_host_ed25519_key'), 0o600)
  const options = [
    ...['-F', 'none', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'],
    ...['-o', 'LogLevel=ERROR', '-o', 'IdentitiesOnly=yes', '-o', 'NumberOfPasswordPrompts=1'],
  ]
  const attempts = logins.map(({ user, key: name, password }, index) => {
    const answer = join(tree, `answer-${index}`)
    writeFileSync(answer, `#!/bin/sh\necho '${password ?? ''}'\n`, { mode: 0o755 })
    const how = name === undefined ? ['-o', 'PubkeyAuthentication=no'] : ['-i', key(name)]
    const words = [...options, ...how, `${user}@127.0.0.1`, "'id -un; pwd; echo $SHELL'"]
    return `SSH_ASKPASS=${answer} SSH_ASKPASS_REQUIRE=force ssh ${words.join(' ')} 2>&1 </dev/null; echo "--- $?"`
  })
  const places = ['passwd', 'shadow', 'group', 'gshadow', 'ssh'].map((name) => `/etc/${name}`)
  const script = [
    'set -e',
    'ip link set lo up',
    ...[...places, '/home'].map((place) => `mount --bind ${tree}${place} ${place}`),
    'mount -t tmpfs none /run',
    'mkdir /run/sshd',
    `${sshd} -D -E /run/log &`,
    'for _ in $(seq 100); do grep -q "Server listening" /run/log 2>/dev/null && break; sleep 0.05; done',
    'set +e',
    ...attempts,
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

  it('lets in a user whom the base image did not have', () => {
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
