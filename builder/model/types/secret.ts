import type { Value } from '../value.js'
import { type Refusal, refuse } from './refusal.js'

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

/** IEEE 802.11i: 8 to 63 printable ASCII characters, or 64 hex digits. */
export function parsePsk(text: string): Value | Refusal {
  if (/^[\x20-\x7e]{8,63}$/.test(text) || /^[0-9a-fA-F]{64}$/.test(text)) return text
  return refuse('not a WPA password', '8 to 63 printable ASCII characters, or 64 hex digits')
}
