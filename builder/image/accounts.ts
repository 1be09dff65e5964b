import type { Group, Opening, User } from '../model/facts.js'
import type { FileTree } from '../model/file-tree.js'
import { firstUid } from '../model/locked-users.js'
import { type SudoRule, sudoRules } from './sudo-rules.js'

/** The accounts of passwd(5), each with what lets somebody log in to it. */
export function readUsers(root: FileTree): User[] {
  const rules = sudoRules(root)
  const groups = linesOf(root, '/etc/group')
  const shadow = new Map(
    linesOf(root, '/etc/shadow').map(({ fields, line }) => [fields[0], { fields, line }]),
  )
  return linesOf(root, '/etc/passwd').map(({ fields, line }) => {
    const [name = '', password = '', uid, gid, , home = '', shell = ''] = fields
    const own = shadow.get(name)
    const user = { name, uid: Number(uid), gid: Number(gid), home, shell }
    if (isExpired(own?.fields[7])) return user
    const asSudo = rules.flatMap((rule) => placeOf(rule, user, { line, groups }))
    const openings = [
      ...(password === 'x' ? [] : openByPassword('/etc/passwd', line, password)),
      ...(password !== 'x' || own === undefined
        ? []
        : openByPassword('/etc/shadow', own.line, own.fields[1] ?? '')),
      ...openByKey(root, home),
      ...(isPerson(user.uid) ? asSudo.map(({ rule }) => rule) : []),
    ]
    const power = isProgram(user.uid) ? asSudo.find((each) => each.isEverything)?.rule : undefined
    return {
      ...user,
      ...(openings.length === 0 ? {} : { openings }),
      ...(power === undefined ? {} : { power }),
    }
  })
}

/** The place that gives a rule to a user: the rule itself, or where the user joins its group. */
function placeOf(
  { who, isEverything, rule }: SudoRule,
  { name, uid, gid }: Pick<User, 'name' | 'uid' | 'gid'>,
  { line, groups }: { readonly line: number; readonly groups: readonly Line[] },
): Pick<SudoRule, 'isEverything' | 'rule'>[] {
  if (who === name || who === `#${uid}` || (who === 'ALL' && isPerson(uid))) return [{ isEverything, rule }]
  if (!who.startsWith('%')) return []
  const group = groups.find(({ fields: [each, , id] }) => who === `%${each}` || who === `%#${id}`)
  if (group === undefined) return []
  const [, , id, members = ''] = group.fields
  if (members.split(',').includes(name))
    return [{ isEverything, rule: { by: 'sudo', path: '/etc/group', line: group.line } }]
  return Number(id) === gid ? [{ isEverything, rule: { by: 'sudo', path: '/etc/passwd', line } }] : []
}

/** The expiry date by which an account is locked for keys, too; usermod(8), --expiredate 1. */
function isExpired(day: string | undefined): boolean {
  return day === '1'
}

/** shadow(5): a field that is no possible result of crypt(3) lets nobody in; an empty one lets everybody in. */
function openByPassword(path: string, line: number, field: string): Opening[] {
  return /^[!*]/.test(field) ? [] : [{ by: 'password', path, line }]
}

/** Where sshd looks by default; sshd_config(5), AuthorizedKeysFile. */
function openByKey(root: FileTree, home: string): Opening[] {
  if (!home.startsWith('/') || home === '/') return []
  return ['authorized_keys', 'authorized_keys2'].flatMap((name): Opening[] => {
    const path = `${home.replace(/\/$/, '')}/.ssh/${name}`
    const lines = textOf(root, path).split('\n')
    const line = lines.findIndex((text) => /^\s*[^#\s]/.test(text)) + 1
    return line === 0 ? [] : [{ by: 'key', path, line }]
  })
}

function isProgram(uid: number): boolean {
  return uid !== 0 && uid !== firstUid && !isPerson(uid)
}

/** Whether adduser(8) gave this number to a person, after the first user. */
function isPerson(uid: number): boolean {
  return uid > firstUid && uid < 60_000
}

/** The groups of group(5). */
export function readGroups(root: FileTree): Group[] {
  return linesOf(root, '/etc/group').map(({ fields: [name = '', , gid, members = ''] }) => {
    return { name, gid: Number(gid), members: members.split(',').filter((member) => member !== '') }
  })
}

interface Line {
  readonly fields: readonly string[]
  readonly line: number
}

function linesOf(root: FileTree, path: string): Line[] {
  return textOf(root, path)
    .split('\n')
    .flatMap((text, index) => (text.includes(':') ? [{ fields: text.split(':'), line: index + 1 }] : []))
}

function textOf(root: FileTree, path: string): string {
  return root.readFile(path)?.toString() ?? ''
}
