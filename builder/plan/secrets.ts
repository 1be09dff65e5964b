import type { BaseFiles } from '../model/facts.js'
import { isSecret } from '../model/types/variable-types.js'
import type { Variable } from '../model/variable.js'
import { linesOf, textOf } from './edits/lines.js'
import { memo } from '../model/memo.js'
import type { Trust } from './trust.js'
import type { Values } from './values.js'

/** Replaces every secret value. */
export const mask = '********'

const accountFiles = ['root/etc/passwd', 'root/etc/shadow', 'root/etc/gshadow']

/** The values with every secret one masked. */
export function maskValues(variables: ReadonlyMap<string, Variable>, values: Values): Values {
  return new Map(
    [...values].map(([name, sourced]) => {
      const type = variables.get(name)?.type
      return [name, type !== undefined && isSecret(type) ? { ...sourced, value: mask } : sourced]
    }),
  )
}

/** The private keys masked. */
export function maskTrust(trust: Trust): Trust {
  return { ...trust, host_key: mask, user_key: mask }
}

/**
 * Keys of the base image's networks: nm-settings-keyfile(5), netplan-yaml(5), wpa_supplicant.conf(5), and
 * interfaces(5) with wpa_supplicant's options.
 */
const networkFiles =
  /^root\/(etc|usr\/lib)\/(NetworkManager\/system-connections|netplan|network|wpa_supplicant)\//
const networkKey =
  /((psk|passw|passphrase|wep[-_]?key|pin|secret|private|preshared)[\w-]*["']?[ \t]*[=:\t ][ \t]*).+$/gim

/**
 * The base image's files with every password hash masked (passwd(5), shadow(5) and gshadow(5), second field), and every
 * network key.
 */
export const maskFiles = memo((files: BaseFiles): BaseFiles => {
  const masked = new Map(files)
  for (const path of accountFiles) {
    const fact = files.get(path)
    if (fact?.content !== undefined) masked.set(path, { ...fact, content: maskHashes(fact.content) })
  }
  for (const [path, fact] of files) {
    if (fact?.content === undefined || !networkFiles.test(path)) continue
    masked.set(path, { ...fact, content: maskKeys(fact.content) })
  }
  return masked
})

const maskKeys = memo((content: Buffer): Buffer => {
  return Buffer.from(content.toString('latin1').replace(networkKey, `$1${mask}`), 'latin1')
})

const maskHashes = memo((content: Buffer): Buffer => {
  const lines = linesOf(content.toString('latin1')).map((line) => {
    const fields = line.split(':')
    return (fields[1]?.length ?? 0) > 2 ? fields.with(1, mask).join(':') : line
  })
  return Buffer.from(textOf(lines), 'latin1')
})
