import { keysInLine } from '../ssh/authorized-keys.js'
import { foreignKey } from '../ssh/foreign-key.js'
import type { Value } from '../value.js'
import { isRefusal, type Refusal, refuse } from './refusal.js'

/** Public keys as lines of authorized_keys(5), with their options. */
export function parseKeys(text: string): Value | Refusal {
  const foreign = foreignKey(text)
  if (foreign !== undefined) return foreign
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (lines.length === 0) return refuse('it contains no key', 'a line such as ssh-ed25519 AAAA… name')
  const keys: string[] = []
  for (const line of lines) {
    const found = keysInLine(line)
    if (isRefusal(found)) return found
    keys.push(...found)
  }
  return keys
}
