import { type Refusal, refuse } from '../types/refusal.js'
import { printable } from '../types/text.js'
import { sshFields } from './ssh-key.js'

const example = 'a line such as ssh-ed25519 AAAA… name'

/** How many fields a public key has, and what its type is called (RFC 4253, 6.6; RFC 5656, 3.1; RFC 8709, 4; PROTOCOL.u2f). */
const fieldCounts: Readonly<Record<string, number>> = {
  'ssh-rsa': 3,
  'ssh-ed25519': 2,
  'ecdsa-sha2-nistp256': 3,
  'ecdsa-sha2-nistp384': 3,
  'ecdsa-sha2-nistp521': 3,
  'sk-ssh-ed25519@openssh.com': 3,
  'sk-ecdsa-sha2-nistp256@openssh.com': 4,
}

/** Where a key begins: its type, and base64 whose first bytes are zeros. What is in quotes is part of an option. */
const beginning =
  /"(?:\\.|[^"\\])*"|(?:sk-)?(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d+)(?:-cert-v01)?(?:@openssh\.com)?[ \t]+(?=AAAA)/g

/**
 * The keys in a line of authorized_keys(5), each as a line of its own, with its options. Several keys may have blanks,
 * commas or nothing between them: sshd would take all but the first as a comment.
 */
export function keysInLine(line: string): readonly string[] | Refusal {
  const control = printable(line.replaceAll('\t', ' '))
  if (control !== undefined) return control
  const starts = [...line.matchAll(beginning)]
    .filter(([text]) => !text.startsWith('"'))
    .map(({ index }) => index)
  const [first] = starts
  if (first === undefined) return refuse(`"${line.slice(0, 40)}" is not an ssh public key`, example)
  const keys: string[] = []
  for (const [number, start] of starts.entries()) {
    const next = starts[number + 1]
    const head = number === 0 ? line.slice(0, first) : ''
    const text = line.slice(start, next)
    const key = readKey(head, next === undefined ? text : text.replace(/[\s,;]+$/, ''), next !== undefined)
    if (typeof key !== 'string') return key
    keys.push(key)
  }
  return keys
}

function readKey(head: string, text: string, hasNext: boolean): string | Refusal {
  const options = head.trim()
  const wrong = options === '' ? undefined : optionProblem(head)
  if (wrong !== undefined) return wrong
  const [, type = '', base64 = '', rest = ''] = /^(\S+)\s+([A-Za-z0-9+/]+={0,2})(.*)$/.exec(text) ?? []
  const comment = rest.trim()
  if ((rest !== '' && !/^[\s,]/.test(rest)) || !isPublicKey(type, base64))
    return keyProblem(type, base64) ?? refuse(`"${text.slice(0, 40)}" is not an ssh public key`, example)
  if (hasNext && optionNames(comment.split(/\s+/).at(-1) ?? '') !== undefined) {
    const what = `options are between two keys of one line: "${comment.slice(-40)}"`
    return refuse(what, 'write each key on a line of its own')
  }
  return [options, type, base64, comment].filter((part) => part !== '').join(' ')
}

function isPublicKey(type: string, base64: string): boolean {
  const fields = sshFields(Buffer.from(base64, 'base64'))
  if (base64.length % 4 !== 0 || fields?.[0]?.toString() !== type) return false
  if (fields.length !== fieldCounts[type]) return false
  if (type === 'ssh-ed25519') return fields[1]?.length === 32
  return type !== 'ssh-rsa' || rsaBits(fields) >= fewestRsaBits
}

/** sshd_config(5), RequiredRSASize. */
const fewestRsaBits = 1024

function rsaBits(fields: readonly Buffer[]): number {
  return BigInt(`0x${fields[2]?.toString('hex') || '0'}`).toString(2).length
}

/** Of keys that are whole, and that sshd does not take. */
function keyProblem(type: string, base64: string): Refusal | undefined {
  const blob = Buffer.from(base64, 'base64')
  // A certificate also has numbers, which are no fields.
  if (sshFields(blob, 1)?.[0]?.toString() !== type) return undefined
  const fields = sshFields(blob) ?? []
  const make = 'make a new one: ssh-keygen -t ed25519'
  if (type.includes('-cert-v01'))
    return refuse(
      'a certificate, not a key',
      'give the key that it is about, or cert-authority and the authority’s key',
    )
  if (type === 'ssh-dss') return refuse('a DSA key, which sshd does not take any more', make)
  if (type === 'ssh-rsa' && fields.length === 3)
    return refuse(`an RSA key of ${rsaBits(fields)} bits; sshd takes ${fewestRsaBits} or more`, make)
  return undefined
}

/** sshd(8), "AUTHORIZED_KEYS FILE FORMAT"; in upper or lower case. */
const switches =
  'agent-forwarding cert-authority no-agent-forwarding no-port-forwarding no-pty no-touch-required no-user-rc ' +
  'no-x11-forwarding port-forwarding pty restrict user-rc verify-required x11-forwarding'
const settings = 'command environment expiry-time from permitlisten permitopen principals tunnel'
const knownSwitches = new Set(switches.split(' '))
const knownSettings = new Set(settings.split(' '))

/** The options of a text, with commas between; undefined if it is something else. */
function optionNames(text: string): string[] | undefined {
  const options = text.match(/[\w-]+(?:="(?:\\.|[^"\\])*")?/g) ?? []
  return options.length > 0 && options.join(',') === text && options.every(isOption) ? options : undefined
}

function isOption(option: string): boolean {
  const [name = '', value] = option.toLowerCase().split('=', 2)
  return value === undefined ? knownSwitches.has(name) : knownSettings.has(name)
}

/** sshd takes no key of a line with an option that it does not know. */
function optionProblem(head: string): Refusal | undefined {
  const options = head.trim()
  if (/\s$/.test(head) && optionNames(options) !== undefined) return undefined
  return refuse(
    `"${options.slice(0, 40)}" in front of a key is not a list of options`,
    'such as no-pty,from="10.0.0.*" (sshd(8), AUTHORIZED_KEYS FILE FORMAT)',
  )
}
