import { firstUid } from '../model/locked-users.js'
import type { Rule } from './rules.js'

/** The accounts that people of a stock image have. */
export interface StockAccounts {
  /** The first user, and on desktops the wizard's. */
  readonly names: readonly string[]
  /** Whether the first user can have a password: everybody knew it. */
  readonly hasPassword: boolean
}

/** Numbers that adduser(8) gives to people. */
const isPerson = (id: string | undefined) => Number(id) >= firstUid && Number(id) < 60_000
const isClosed = (field = '') => /^[!*]/.test(field)
const noShell = /\/(nologin|false|sync)$/

/**
 * passwd(5): nobody has a shell except root and the people of the stock image. Packages that were installed later add
 * further accounts, without a shell.
 */
export function passwd({ names }: StockAccounts): Rule {
  return rows(([name = '', password, uid, , , , shell = '']) => {
    if (name === 'root') return password === 'x' && uid === '0' && shell === '/bin/bash'
    if (names.includes(name)) return password === 'x' && uid !== '0'
    return password === 'x' && uid !== '0' && !isPerson(uid) && noShell.test(shell)
  })
}

/** shadow(5): nobody has a password, except perhaps the first user. */
export function shadow({ names, hasPassword }: StockAccounts): Rule {
  return rows(
    ([name = '', password]) => isClosed(password) || (hasPassword && name === names[0] && password !== ''),
  )
}

/** group(5) and gshadow(5): only the people of the stock image are members of anything, or have a group of their own. */
export function group({ names }: StockAccounts): Rule {
  const isKnown = (name: string) => name === '' || names.includes(name)
  const isService = (name: string, passwords: string) => {
    const row = passwords.split('\n').find((line) => line.startsWith(`${name}:`))
    return row !== undefined && !isPerson(row.split(':')[2])
  }
  return ({ text, textOf }) => {
    const passwords = textOf('/etc/passwd') ?? ''
    const isMember = (name: string) => isKnown(name) || isService(name, passwords)
    return rowsOf(text).every(([name = '', , gid, members = '']) => {
      const isOwn = names.includes(name) || !isPerson(gid)
      return isOwn && members.split(',').every((member) => (name === 'sudo' ? isKnown : isMember)(member))
    })
  }
}

function rows(isStock: (fields: readonly string[]) => boolean): Rule {
  return ({ text }) => rowsOf(text).every(isStock)
}

function rowsOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'))
}
