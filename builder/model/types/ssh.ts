import { sshFields } from '../ssh/ssh-key.js'
import type { Value } from '../value.js'
import { type Refusal, refuse } from './refusal.js'
import { printable } from './text.js'

/** Lines of authorized_keys(5) without options: type, base64 that begins with that type (RFC 4253, 6.6), comment. */
export function parseKeys(text: string): Value | Refusal {
  if (text.includes('PRIVATE KEY'))
    return refuse('a private key', 'give the public half, the file that ends in .pub')
  const keys = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (keys.length === 0) return refuse('it contains no key', 'a line such as ssh-ed25519 AAAA… name')
  const wrong = keys.find((key) => !isPublicKey(key))
  return wrong === undefined
    ? keys
    : refuse(`"${wrong.slice(0, 40)}" is not an ssh public key`, 'a line such as ssh-ed25519 AAAA… name')
}

function isPublicKey(line: string): boolean {
  const [, type, base64, comment] = /^([a-z0-9@.-]+) ([A-Za-z0-9+/]+={0,2})(?: (.*))?$/.exec(line) ?? []
  if (type === undefined || base64 === undefined || printable(comment ?? '') !== undefined) return false
  if (!/^(ssh-|ecdsa-|sk-)/.test(type)) return false
  const fields = sshFields(Buffer.from(base64, 'base64'))
  return fields !== undefined && fields.length >= 2 && fields[0]?.toString() === type
}
