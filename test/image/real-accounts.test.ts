import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { file } from '../../scripts/practice/entries.js'
import { mergeEntries, type PracticeEntry, practiceTree, type Release } from '../../scripts/practice/tree.js'
import { releases } from '../support/practice-base.js'
import {
  ask,
  finalRoot,
  hasNoNamespaces,
  isMissing,
  isOrdinary,
  sharedFolder,
} from '../support/real-programs.js'
import { withoutUser, writeTree } from '../support/real-programs.js'

const folder = sharedFolder()

const noCheckers =
  isMissing({ pwck: 'passwd', grpck: 'passwd' }) || isOrdinary('pwck --root looks at a tree from inside')
const noLibc =
  isMissing({ getent: 'libc-bin', getsubids: 'uidmap', unshare: 'util-linux' }) || hasNoNamespaces()

/** The shells that passwd(5) names, which practice images lack. */
const shells = ['/bin/bash', '/bin/sync', '/usr/sbin/nologin'].map((path) => file(path, '', { mode: 0o755 }))

type Root = ReadonlyMap<string, PracticeEntry>

function baseRoot(release: Release, extra: readonly PracticeEntry[]): Root {
  return new Map(mergeEntries(practiceTree(release).root, extra).map((entry) => [entry.path, entry]))
}

const accountFiles = ['passwd', 'shadow', 'group', 'gshadow', 'subuid', 'subgid'].map(
  (name) => `/etc/${name}`,
)

function treeOf(root: Root, more: readonly string[] = []): string {
  const tree = mkdtempSync(join(folder, 'tree-'))
  writeTree(tree, root, [...accountFiles, ...more])
  return tree
}

/** What pwck and grpck have to say; both only read. */
function complaints(root: Root): string[] {
  const tree = treeOf(root, ['/home', '/root', '/bin', '/usr/bin/bash', '/usr/bin/sync', '/usr/sbin'])
  const said = (['pwck', 'grpck'] as const).flatMap((program) => {
    const { output, errors } = ask([program, '--read-only', '--root', tree])
    expect(errors).toBe('')
    return output.split('\n')
  })
  return said.filter((line) => line !== '' && !line.endsWith(': no changes'))
}

interface Kind {
  readonly name: string
  readonly user: string
  readonly extra: (release: Release) => readonly PracticeEntry[]
}

const kinds: readonly Kind[] = [
  { name: 'the base image has', user: 'pi', extra: () => shells },
  { name: 'was renamed', user: 'ada', extra: () => shells },
  { name: 'was made', user: 'grace', extra: (release) => [...shells, ...withoutUser(release)] },
]

describe.each(releases)('on %s, with a user who', (release) => {
  describe.each(kinds)('$name', ({ user, extra }) => {
    const hash = '$6$piimg$' + 'a'.repeat(86)
    const final = finalRoot({ release, set: { user }, extra: extra(release) })
    const base = baseRoot(release, extra(release))

    it.skipIf(noCheckers)('pwck and grpck find nothing new', () => {
      const before = complaints(base)
      const after = complaints(final)
      expect(after.filter((line) => !before.includes(line))).toEqual([])
      expect(after.join('\n')).not.toMatch(new RegExp(`'(${user}|pi)'|user (${user}|pi)$`, 'm'))
    })

    it("the home is the user's own, with what was in it", () => {
      const owner = { uid: 1000, gid: 1000 }
      expect(final.get(`/home/${user}`)).toMatchObject({ kind: 'directory', ...owner })
      expect(final.get(`/home/${user}/.bashrc`)).toMatchObject({ kind: 'file', ...owner })
      if (user === 'ada')
        expect([...final.keys()].filter((path) => /^\/home\/pi($|\/)/.test(path))).toEqual([])
    })

    it.skipIf(noLibc)('libc finds the user, and nobody else that is new', () => {
      const all = 'getent -s files passwd | cut -d: -f1 | sort'
      const [before = '', groupsBefore = ''] = inPlace(base, [all, 'id -Gn pi 2>&1'])
      const [after = '', own = '', groups = '', uids, gids] = inPlace(final, [
        all,
        `getent -s files passwd ${user}; id -u ${user}; id -gn ${user}`,
        `id -Gn ${user}`,
        `getsubids ${user}`,
        `getsubids -g ${user}`,
      ])
      const added = after.split('\n').filter((name) => !before.split('\n').includes(name))
      const lost = before.split('\n').filter((name) => !after.split('\n').includes(name))
      expect([added, lost]).toEqual([user === 'pi' ? [] : [user], user === 'ada' ? ['pi'] : []])
      expect(own).toMatch(new RegExp(`^${user}:x:1000:1000:[^:]*:/home/${user}:/bin/bash\\n1000\\n${user}$`))
      expect(groups.split(' ')).toEqual(expect.arrayContaining(['sudo', 'adm', 'users', 'netdev', user]))
      if (user !== 'grace') expect(groups).toBe(groupsBefore.replace(/\bpi\b/, user))
      expect([uids, gids]).toEqual([`0: ${user} 100000 65536`, `0: ${user} 100000 65536`])
    })

    it.skipIf(noLibc)('passwd distinguishes a locked password from one that works', () => {
      const set = { user, password_hash: hash, ssh_password_login: 'yes' }
      const open = finalRoot({ release, set, extra: extra(release) })
      expect(inPlace(final, [`passwd -S ${user}`])[0]).toMatch(new RegExp(`^${user} L `))
      const [status, ages] = inPlace(open, [`passwd -S ${user}`, `chage -l ${user}`])
      expect(status).toMatch(new RegExp(`^${user} P `))
      // Nothing asks for a new password at the first login.
      expect(ages).toMatch(/^Password expires\s*: never$[^]*^Account expires\s*: never$/m)
    })
  })
})

/** What commands print that see a card's account files in the place of this computer's. */
function inPlace(root: Root, commands: readonly string[]): string[] {
  const tree = treeOf(root)
  const mounts = accountFiles.map((path) => `mount --bind ${tree}${path} ${path}`)
  const script = ['set -e', ...mounts, 'set +e', ...commands.flatMap((command) => [command, 'echo ---'])]
  const { output, errors } = ask(['unshare', '--mount', 'sh', '-c', script.join('\n')])
  expect(errors).toBe('')
  return output.split('---\n').map((text) => text.trim())
}
