import type { Group, Opening, User } from '../model/facts.js'
import type { FileTree } from '../model/file-tree.js'
import { firstUid } from '../model/locked-users.js'

/** The accounts of passwd(5), each with what lets somebody log in to it. */
export function readUsers(root: FileTree): User[] {
  const rules = sudoRules(root)
  const shadow = new Map(
    linesOf(root, '/etc/shadow').map(({ fields, line }) => [fields[0], { fields, line }]),
  )
  return linesOf(root, '/etc/passwd').map(({ fields, line }) => {
    const [name = '', password = '', uid, gid, , home = '', shell = ''] = fields
    const own = shadow.get(name)
    const openings = isExpired(own?.fields[7])
      ? []
      : [
          ...(password === 'x' ? [] : openByPassword('/etc/passwd', line, password)),
          ...(password !== 'x' || own === undefined
            ? []
            : openByPassword('/etc/shadow', own.line, own.fields[1] ?? '')),
          ...openByKey(root, home),
          ...(isPerson(Number(uid)) ? rules.filter(({ who }) => who === name).map(({ rule }) => rule) : []),
        ]
    const user = { name, uid: Number(uid), gid: Number(gid), home, shell }
    return openings.length === 0 ? user : { ...user, openings }
  })
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

/** Whether adduser(8) gave this number to a person, after the first user. */
function isPerson(uid: number): boolean {
  return uid > firstUid && uid < 60_000
}

/** The users with a rule in sudoers(5), and those in Debian's group sudo, whose members may do everything. */
function sudoRules(root: FileTree): { who: string; rule: Opening }[] {
  const files = root.names('/etc/sudoers.d').filter((name) => !name.includes('.') && !name.endsWith('~'))
  const rules = ['/etc/sudoers', ...files.map((name) => `/etc/sudoers.d/${name}`)].flatMap((path) =>
    textOf(root, path)
      .split('\n')
      .flatMap((text, index) => {
        const [, who] = /^\s*([a-z_][\w.-]*)\s+\S+\s*=/i.exec(text) ?? []
        return who === undefined ? [] : [{ who, rule: { by: 'sudo', path, line: index + 1 } as const }]
      }),
  )
  const members = linesOf(root, '/etc/group').flatMap(({ fields: [name, , , list = ''], line }) => {
    if (name !== 'sudo') return []
    return list.split(',').map((who) => ({ who, rule: { by: 'sudo', path: '/etc/group', line } as const }))
  })
  return [...rules, ...members]
}

/** The groups of group(5). */
export function readGroups(root: FileTree): Group[] {
  return linesOf(root, '/etc/group').map(({ fields: [name = '', , gid, members = ''] }) => {
    return { name, gid: Number(gid), members: members.split(',').filter((member) => member !== '') }
  })
}

function linesOf(root: FileTree, path: string): { fields: string[]; line: number }[] {
  return textOf(root, path)
    .split('\n')
    .flatMap((text, index) => (text.includes(':') ? [{ fields: text.split(':'), line: index + 1 }] : []))
}

function textOf(root: FileTree, path: string): string {
  return root.readFile(path)?.toString() ?? ''
}
