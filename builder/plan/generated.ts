import { hkdfSync } from 'node:crypto'
import { memo } from '../model/memo.js'
import type { Overlay } from '../model/overlay.js'
import type { SshKey } from '../model/ssh/ssh-key.js'
import { derived, type Sourced, type Value } from '../model/value.js'
import type { SecretSource, Variable } from '../model/variable.js'
import { issuerOf } from './trust.js'
import { textOf, type Values } from './values.js'

/** Shown for a secret until the first build has made the authority. */
export const unmade = '(a secret that the first build makes)'

/** What secrets follow from. */
export interface SecretInput {
  readonly overlays: readonly Overlay[]
  readonly authority: SshKey
  readonly clusterId: string
  /** How often a secret was replaced, by `OVERLAY/VARIABLE`. */
  readonly generations: Readonly<Record<string, number>>
}

/** The values with every secret that nobody gave. */
export function withSecrets(input: SecretInput, given: Values): Values {
  const missing = generatedBy(input.overlays).filter(({ variable }) => !given.has(variable.name))
  if (missing.length === 0) return given
  const made = missing.map(({ overlay, variable }): [string, Sourced<Value>] => [
    variable.name,
    derived(secretOf(input, overlay.name, variable, textOf(given, 'hostname')), 'made by piimg'),
  ])
  return new Map([...given, ...made])
}

const generatedBy = memo((overlays: readonly Overlay[]) =>
  overlays.flatMap((overlay) =>
    overlay.variables.filter(({ secret }) => secret !== undefined).map((variable) => ({ overlay, variable })),
  ),
)

function secretOf(
  { authority, clusterId, generations }: SecretInput,
  overlay: string,
  { name, secret }: Variable,
  hostname: string,
): string {
  const issuer = issuerOf(authority)
  if (issuer === undefined || secret === undefined) return unmade
  const { shared } = secret
  const scope = { cluster: '', node: hostname, group: shared.kind === 'group' ? shared.group : '' }[
    shared.kind
  ]
  const generation = String(generations[`${overlay}/${name}`] ?? 1)
  const info = lengthPrefixed(['piimg secret', overlay, name, shared.kind, scope, generation])
  return written(secret, Buffer.from(hkdfSync('sha256', issuer.seed, clusterId, info, secret.length)))
}

/** Names one after the other, so that no two lists of names give the same bytes. */
function lengthPrefixed(names: readonly string[]): Buffer {
  const parts = names.flatMap((name) => {
    const [length, text] = [Buffer.alloc(4), Buffer.from(name)]
    length.writeUInt32BE(text.length)
    return [length, text]
  })
  return Buffer.concat(parts)
}

/** 32 letters and digits, which nobody mistakes for each other: each byte gives five bits. */
const letters = 'abcdefghijkmnpqrstuvwxyz23456789'

function written({ form }: SecretSource, bytes: Buffer): string {
  if (form !== 'letters') return bytes.toString(form)
  return [...bytes].map((byte) => letters[byte % letters.length]).join('')
}
