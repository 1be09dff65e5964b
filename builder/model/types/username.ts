import type { Value } from '../value.js'
import { type Parse, type Refusal, refuse } from './refusal.js'

/**
 * A name that adduser(8) and useradd(8) take, and that systemd takes for `User=`: 31 characters at most
 * (systemd.io/USER_NAMES).
 */
export const parseUsername: Parse = (text) => {
  if (/^(?!root$)[a-z][a-z0-9_-]{0,30}$/.test(text)) return text
  return refuse(`"${text}" is not a name for the user`, reason(text))
}

function reason(text: string): string {
  if (text === 'root') return 'root cannot log in; choose another name'
  if (text.length > 31) return 'systemd takes 31 characters at most'
  if (/^[0-9]/.test(text)) return 'a name begins with a letter: programs take digits for the number of a user'
  if (/^[A-Za-z0-9_-]+$/.test(text) && /[A-Z]/.test(text)) return `use small letters: ${text.toLowerCase()}`
  if (text.includes('.')) return 'adduser and systemd take no dot; use - or _'
  return 'up to 31 of a-z, 0-9, _ and -; it begins with a letter'
}

/** A list of such names, with blanks or commas between. */
export function parseUsernames(text: string): Value | Refusal {
  const names = text.split(/[\s,]+/).filter((name) => name !== '')
  const wrong = names.find((name) => !/^[a-z_][a-z0-9_.-]*\$?$/i.test(name) || name === 'root')
  if (wrong === undefined) return names
  return wrong === 'root'
    ? refuse('root cannot log in with ssh or a password', 'log in as another user, and use sudo')
    : refuse(`"${wrong}" is not a name of a user`, 'such as backup')
}
