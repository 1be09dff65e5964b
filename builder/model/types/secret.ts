import type { Value } from '../value.js'
import { type Refusal, refuse } from './refusal.js'
import { isUtf8, printable } from './text.js'

/** crypt(5), "Available hashing methods". */
const hashForms = [
  /^\$5\$(rounds=\d{4,9}\$)?[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{43}$/,
  /^\$6\$(rounds=\d{4,9}\$)?[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{86}$/,
  /^\$g?y\$[./0-9A-Za-z]+\$[./0-9A-Za-z]{1,86}\$[./0-9A-Za-z]{43}$/,
  /^\$7\$[./0-9A-Za-z]{11,97}\$[./0-9A-Za-z]{43}$/,
  /^\$2[aby]\$\d\d\$[./0-9A-Za-z]{53}$/,
]

/** crypt(5): the hashes that the releases' own libcrypt knows, without the old weak ones. */
export function parseHash(text: string): Value | Refusal {
  const hint = 'make one with: openssl passwd -6'
  if (!text.startsWith('$')) return refuse('not a password hash; a plain-text password is not accepted', hint)
  if (hashForms.some((form) => form.test(text))) return text
  return refuse('not a password hash of crypt(5): $y$, $gy$, $7$, $6$, $5$ or $2b$, and nothing else', hint)
}

/**
 * 64 hex digits are the key itself. A password has 8 to 63 bytes: ASCII by IEEE 802.11i, but access points, NetworkManager
 * and wpa_supplicant take any bytes.
 */
export function parsePsk(text: string): Value | Refusal {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return text
  const bytes = Buffer.byteLength(text)
  if (bytes >= 8 && bytes <= 63 && isUtf8(text) && printable(text) === undefined) return text
  return refuse('not a WPA password', '8 to 63 characters, or 64 hex digits; letters such as é count as two')
}

/** One line: any password or key that a daemon reads from a file. */
export function parseSecret(text: string): Value | Refusal {
  return printable(text) ?? (isUtf8(text) ? text : refuse('not UTF-8'))
}
