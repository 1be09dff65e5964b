import { linesOf, textOf } from './lines.js'

/** The node's user: `from` is its name in the base image; empty if the user is created. */
export interface UserParameters {
  readonly from: string
  readonly name: string
}

/** passwd(5): the user's line under its name, with its home, and a login shell. */
export function passwd(
  text: string,
  user: UserParameters & { readonly uid: string; readonly gid: string; readonly home: string },
): string {
  const { from, name, uid, gid, home } = user
  return withLine(text, { from, name }, (fields) => {
    const shell = fields?.[6] ?? ''
    const canLogIn = shell !== '' && !/\/(nologin|false)$/.test(shell)
    return [name, 'x', uid, gid, fields?.[4] ?? '', home, canLogIn ? shell : '/bin/bash']
  })
}

/**
 * shadow(5): the user's password hash; without one the password is locked, whatever the base image had. `*` instead of
 * `!`, because sshd without PAM treats `!` as a locked account. Neither the account nor the password expires.
 */
export function shadow(text: string, user: UserParameters & { readonly hash: string }): string {
  const { from, name, hash } = user
  return withLine(text, { from, name }, (fields) => {
    const changed = fields?.[2] ?? ''
    // 0 asks for a new password at the next login.
    return [name, hash === '' ? '*' : hash, changed === '0' ? '' : changed, '0', '99999', '7', '', '', '']
  })
}

/**
 * passwd(5) and shadow(5): nobody can log in to these accounts. As usermod(8) says of -L, a locked password is not enough
 * where there is a key: the account expires, too. Root's does not, because cron runs nothing for an expired account.
 */
export function lockUsers(text: string, { names }: { readonly names: string }): string {
  const locked = new Set(names.split(/\s+/))
  return mapFields(text, (fields) => {
    const [name = '', password = ''] = fields
    if (!locked.has(name)) return fields
    if (fields.length === passwdFields) return fields.with(1, 'x')
    const closed = fields.with(1, /^[!*]/.test(password) ? password : `!${password}`)
    return name === 'root' ? closed : closed.with(7, '1')
  })
}

const passwdFields = 7

/** The account files without a user: its line, its group and its memberships. */
export function dropUser(text: string, { name }: { readonly name: string }): string {
  const others = linesOf(text).filter((line) => line.split(':', 1)[0] !== name)
  return mapFields(textOf(others), (fields) => {
    if (fields.length !== groupFields) return fields
    return fields.map((field, column) => (column < 2 ? field : withoutWord(field, name)))
  })
}

const groupFields = 4

function withoutWord(list: string, word: string): string {
  return list
    .split(',')
    .filter((each) => each !== word)
    .join(',')
}

/** group(5): the user's own group and its memberships under its name; a new user joins `groups`. */
export function group(
  text: string,
  user: UserParameters & { readonly gid: string; readonly groups: string },
): string {
  const { from, name, gid, groups } = user
  const renamed = renameMembers(text, from, name, [3])
  if (from !== '')
    return withLine(renamed, { from, name }, (fields) => [name, 'x', fields?.[2] ?? gid, fields?.[3] ?? ''])
  return withLine(joinGroups(renamed, name, groups, 3), { from, name }, () => [name, 'x', gid, ''])
}

/** gshadow(5): as group, where members are the fourth field and administrators the third. */
export function gshadow(text: string, user: UserParameters & { readonly groups: string }): string {
  const { from, name, groups } = user
  const renamed = renameMembers(text, from, name, [2, 3])
  if (from !== '') {
    return withLine(renamed, { from, name }, (fields) => [
      name,
      fields?.[1] ?? '!',
      fields?.[2] ?? '',
      fields?.[3] ?? '',
    ])
  }
  return withLine(joinGroups(renamed, name, groups, 3), { from, name }, () => [name, '!', '', ''])
}

/** subuid(5) and subgid(5): the ranges of the user under its name. */
export function subid(text: string, { from, name }: UserParameters): string {
  if (from !== '')
    return mapFields(text, (fields) => (fields[0] === from ? [name, ...fields.slice(1)] : fields))
  return text === '' ? `${name}:100000:65536\n` : text
}

/** Replaces a whole word in a configuration file such as sudoers(5), not a part of a longer name or of a path. */
export function renameWord(
  text: string,
  { from, to }: { readonly from: string; readonly to: string },
): string {
  if (from === '') return text
  const word = new RegExp(`(?<![\\w./-])${from.replace(/[^\w]/g, '\\$&')}(?![\\w./-])`, 'g')
  return text.replace(word, to)
}

/** Replaces the line whose first field is `from`, or `name` if that was done before; adds a line if there is none. */
function withLine(
  text: string,
  { from, name }: UserParameters,
  change: (fields: readonly string[] | undefined) => readonly string[],
): string {
  const lines = linesOf(text)
  const placeOf = (wanted: string) => lines.findIndex((line) => line.split(':', 1)[0] === wanted)
  const place = from === '' || placeOf(from) === -1 ? placeOf(name) : placeOf(from)
  const line = change(place === -1 ? undefined : lines[place]?.split(':')).join(':')
  return textOf(place === -1 ? [...lines, line] : lines.with(place, line))
}

function mapFields(text: string, change: (fields: string[]) => string[]): string {
  return textOf(
    linesOf(text).map((line) => (line.startsWith('#') ? line : change(line.split(':')).join(':'))),
  )
}

function renameMembers(text: string, from: string, name: string, columns: readonly number[]): string {
  if (from === '' || from === name) return text
  return mapFields(text, (fields) =>
    fields.map((field, column) => {
      if (!columns.includes(column)) return field
      return field
        .split(',')
        .map((member) => (member === from ? name : member))
        .join(',')
    }),
  )
}

function joinGroups(text: string, name: string, groups: string, column: number): string {
  const wanted = new Set(groups.split(/\s+/))
  return mapFields(text, (fields) => {
    const members = (fields[column] ?? '').split(',').filter((member) => member !== '')
    if (!wanted.has(fields[0] ?? '') || members.includes(name)) return fields
    return fields.with(column, [...members, name].join(','))
  })
}
