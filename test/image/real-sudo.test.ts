import { mkdtempSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { file } from '../../scripts/practice/entries.js'
import type { PracticeEntry, Release } from '../../scripts/practice/tree.js'
import { releases, stockText } from '../support/practice-base.js'
import {
  ask,
  finalRoot,
  hasNoNamespaces,
  isMissing,
  isOrdinary,
  sharedFolder,
} from '../support/real-programs.js'
import { textIn, withoutUser, writeTree } from '../support/real-programs.js'

const noSudo =
  isMissing({ visudo: 'sudo', cvtsudoers: 'sudo' }) ||
  isOrdinary('sudo reads no folder that another user owns')
const folder = sharedFolder()

/** A card's sudoers in a folder of its own, with what it includes. */
function sudoersOf(root: ReadonlyMap<string, PracticeEntry>): string {
  const tree = mkdtempSync(join(folder, 'tree-'))
  const content = textIn(root, '/etc/sudoers').replace(/^([@#]includedir )/m, `$1${tree}`)
  const own = file('/etc/sudoers', content, { mode: 0o440 })
  writeTree(tree, new Map([...root, [own.path, own]]), ['/etc/sudoers', '/etc/sudoers.d'])
  return join(tree, own.path)
}

/** Files that other programs may have put there, all about the base image's user. */
const others = [
  file('/etc/sudoers.d/90-cloud-init-users', 'pi ALL=(ALL) NOPASSWD:ALL\n', { mode: 0o440 }),
  file(
    '/etc/sudoers.d/020_admins',
    'User_Alias ADMINS = pi, daemon\nDefaults:pi !lecture\nADMINS ALL=(ALL) /usr/bin/id\nroot ALL=(pi) ALL\n%spi ALL=(root) /usr/bin/raspi-config\n',
    { mode: 0o440 },
  ),
]

const cards: readonly [string, (release: Release) => ReadonlyMap<string, PracticeEntry>, string][] = [
  ['as it is', (release) => finalRoot({ release }), 'pi'],
  ['renamed', (release) => finalRoot({ release, set: { user: 'ada' } }), 'ada'],
  [
    'renamed, with more files',
    (release) => finalRoot({ release, set: { user: 'ada' }, extra: others }),
    'ada',
  ],
  [
    'renamed to a longer name',
    (release) => finalRoot({ release, set: { user: 'pi-2' }, extra: others }),
    'pi-2',
  ],
  ['made', (release) => finalRoot({ release, set: { user: 'grace' }, extra: withoutUser(release) }), 'grace'],
]

describe.skipIf(noSudo).each(releases)("sudo reads %s's files", (release) => {
  it.each(cards)('with the user %s', (_, cardOf, user) => {
    const root = cardOf(release)
    const sudoers = sudoersOf(root)
    const dropIns = `${sudoers}.d`
    for (const path of [sudoers, ...readdirSync(dropIns).map((name) => join(dropIns, name))]) {
      const { status, output, errors } = ask(['visudo', '-c', '--owner', '--perms', '-f', path])
      expect({ status, errors }).toEqual({ status: 0, errors: '' })
      expect(output).toContain(`${path}: parsed OK\n`)
      expect(root.get(path.replace(/^.*(?=\/etc\/)/, ''))).toMatchObject({ mode: 0o440, uid: 0, gid: 0 })
    }
    const { status, output, errors } = ask(['cvtsudoers', '-c', '/dev/null', '-f', 'json', sudoers])
    expect({ status, errors }).toEqual({ status: 0, errors: '' })
    const rules = JSON.parse(output) as Sudoers
    expect(withoutPassword(rules)).toContain(user)
    // Where piimg makes the user, the base image has a rule for pi, who does not exist there. The rule stays.
    if (user !== 'pi' && user !== 'grace') expect(output).not.toContain('"pi"')
  })

  it('of a base image whose user was given more, by its new name', () => {
    const root = finalRoot({ release, set: { user: 'ada' }, extra: others })
    const rules = ['-c', '/dev/null', '-f', 'sudoers', '-m', 'user=ada']
    const { output } = ask(['cvtsudoers', ...rules, sudoersOf(root)])
    expect(output).toContain('User_Alias ADMINS = ada, daemon')
    expect(output).toContain('\nada ALL = (ALL) NOPASSWD: ALL\n')
    expect(textIn(root, '/etc/sudoers.d/020_admins')).toContain('\n%spi ALL=(root) /usr/bin/raspi-config\n')
  })
})

/** A rule file, as a person may have put it there. */
const ruleFile = (name: string, text: string) => file(`/etc/sudoers.d/${name}`, text, { mode: 0o440 })
const stock = (release: Release) => stockText(release, 'root/etc/sudoers') ?? ''
const mainFile = (text: string) => file('/etc/sudoers', text, { mode: 0o440 })
const without = (release: Release) => stock(release).replace(/^[@#]includedir.*\n/m, '')

const beaten: readonly [string, (release: Release) => PracticeEntry[]][] = [
  ['as it is', () => []],
  ['that asks for a password in a later file', () => [ruleFile('zzz', 'pi ALL=(ALL) ALL\n')]],
  [
    'that asks for a password by group in a later file',
    () => [ruleFile('zz_z', '%sudo ALL=(ALL:ALL) ALL\n')],
  ],
  ['that forbids it', () => [ruleFile('020_no', 'pi ALL=(ALL) !ALL\n')]],
  ['without includedir', (release) => [mainFile(without(release))]],
  ['with a rule after includedir', (release) => [mainFile(`${stock(release)}%sudo ALL=(ALL:ALL) ALL\n`)]],
  [
    'that asks for other passwords, and a terminal',
    () => [ruleFile('020_defaults', 'Defaults targetpw, rootpw, requiretty\n')],
  ],
  ['that asks for a terminal at the end', () => [ruleFile('zzz', 'Defaults requiretty\n')]],
]

const noNode = noSudo || isMissing({ unshare: 'util-linux', setpriv: 'util-linux' }) || hasNoNamespaces()

describe.skipIf(noNode).each(releases)('sudo itself, with the files of %s', (release) => {
  /** What commands print on a node, without a terminal. */
  const onNode = (root: ReadonlyMap<string, PracticeEntry>, command: string): string => {
    const tree = mkdtempSync(join(folder, 'tree-'))
    const names = ['passwd', 'shadow', 'group', 'gshadow', 'sudoers', 'sudoers.d', 'sudo.conf']
      .map((name) => `/etc/${name}`)
      .filter((path) => root.has(path))
    writeTree(tree, root, names)
    const mounts = names.map((name) => `mount --bind ${tree}${name} ${name}`)
    const script = ['set -e', ...mounts, 'set +e', `${command} 2>&1 </dev/null`]
    return ask(['unshare', '--mount', 'setsid', '--wait', 'sh', '-c', script.join('\n')]).output.trim()
  }
  const as = (uid: number, words: string) => `setpriv --reuid=${uid} --regid=${uid} --init-groups ${words}`

  it.each(beaten)('lets the user do everything without a password, on a base image %s', (_, extraOf) => {
    const root = finalRoot({ release, extra: extraOf(release) })
    expect(onNode(root, as(1000, 'sudo -n id -u'))).toBe('0')
    expect(onNode(root, as(1000, 'sudo -n -u daemon -g video id -un'))).toBe('daemon')
  })

  it.each([
    ['Plugin sudoers_policy sudoers.so', '0'],
    ['Plugin sudoers_policy sudoers.so sudoers_file=/etc/group', 'not 0'],
  ])('reads sudo.conf: %s', (line, answer) => {
    const root = new Map(finalRoot({ release }))
    root.set('/etc/sudo.conf', file('/etc/sudo.conf', `${line}\n`))
    expect(onNode(root, as(1000, 'sudo -n id -u')) === '0').toBe(answer === '0')
  })

  it('refuses an account that is locked', () => {
    const extra = [
      file('/etc/passwd', `${stockText(release, 'root/etc/passwd') ?? ''}bob:x:1001:1001::/:/bin/bash\n`),
      file('/etc/shadow', `${stockText(release, 'root/etc/shadow') ?? ''}bob:*:20000:0:99999:7:::\n`),
      file('/etc/group', `${stockText(release, 'root/etc/group') ?? ''}bob:x:1001:\n`),
      ruleFile('bob', 'bob ALL=(ALL) NOPASSWD: ALL\n'),
    ]
    const sudo = as(1001, 'sudo -n id -u')
    expect(onNode(finalRoot({ release, extra, set: { keep_users: 'bob' } }), sudo)).toBe('0')
    expect(onNode(finalRoot({ release, extra }), sudo)).toMatch(/account/)
  })

  it.each(['a_b', 'x1_-', 'a'.repeat(31)])('knows %s', (user) => {
    expect(onNode(finalRoot({ release, set: { user } }), as(1000, 'sudo -n id -u'))).toBe('0')
  })
})

interface Sudoers {
  readonly User_Specs: readonly {
    readonly User_List: readonly { readonly username?: string }[]
    readonly Cmnd_Specs: readonly {
      readonly Options?: readonly { readonly authenticate?: boolean }[]
      readonly Commands: readonly { readonly command: string }[]
    }[]
  }[]
}

/** Who may run everything without a password. */
function withoutPassword({ User_Specs: specs }: Sudoers): (string | undefined)[] {
  return specs
    .filter(({ Cmnd_Specs: rules }) =>
      rules.some(
        ({ Options: options = [], Commands: commands }) =>
          options.some(({ authenticate }) => authenticate === false) &&
          commands.some(({ command }) => command === 'ALL'),
      ),
    )
    .flatMap(({ User_List: users }) => users.map(({ username }) => username))
}
