import type { BaseFiles } from '../model/facts.js'
import { isSecretType, type Value, type Variable } from '../model/variable.js'
import { linesOf, textOf } from './edits/lines.js'
import type { Values } from './defaults.js'
import type { Trust } from './trust.js'

/** What stands wherever a secret value would. */
export const mask = '********'

const accountFiles = ['root/etc/shadow', 'root/etc/gshadow']

/** The values with every secret one masked. */
export function maskValues(variables: ReadonlyMap<string, Variable>, values: Values): Values {
  return new Map(
    [...values].map(([name, sourced]) => {
      const type = variables.get(name)?.type
      const value: Value = type !== undefined && isSecretType(type) ? mask : sourced.value
      return [name, { ...sourced, value }]
    }),
  )
}

/** The private keys masked. */
export function maskTrust(trust: Trust): Trust {
  return { ...trust, host_key: mask, user_key: mask }
}

/** The base image's files with every password hash masked: shadow(5) and gshadow(5), second field. */
export function maskFiles(files: BaseFiles): BaseFiles {
  const masked = new Map(files)
  for (const path of accountFiles) {
    const fact = files.get(path)
    if (fact?.content !== undefined) masked.set(path, { ...fact, content: maskHashes(fact.content) })
  }
  return masked
}

function maskHashes(content: Buffer): Buffer {
  const lines = linesOf(content.toString('latin1')).map((line) => {
    const fields = line.split(':')
    return (fields[1]?.length ?? 0) > 2 ? fields.with(1, mask).join(':') : line
  })
  return Buffer.from(textOf(lines), 'latin1')
}
