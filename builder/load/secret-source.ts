import { type Problem, error } from '../model/problem.js'
import { isSecret, type VariableType } from '../model/types/variable-types.js'
import { secretForms, type SecretScope, type SecretSource } from '../model/variable.js'
import { isGroupName } from './groups.js'
import type { SectionReader } from './sections.js'

/** HKDF gives 255 times the size of its hash (RFC 5869, 2.3); no daemon wants a tenth of it. */
const most = 512

/** `generate` and `shared` of a variable. */
export function readSecretSource(
  section: SectionReader,
  type: VariableType,
  problems: Problem[],
): SecretSource | undefined {
  const generate = section.text('generate')
  const shared = section.text('shared')
  const [given] = [generate, shared].filter((each) => each !== undefined)
  if (given !== undefined && type !== 'secret') {
    problems.push(error(given.origin, 'only a secret is made', 'write type = secret'))
    return undefined
  }
  if (generate === undefined) {
    if (shared !== undefined)
      problems.push(error(shared.origin, 'nothing to share', 'write generate = base64 32'))
    return undefined
  }
  const [, word, digits] = /^(\S+)\s+(\d{1,4})$/.exec(generate.text) ?? []
  const form = secretForms.find((each) => each === word)
  const length = Number(digits)
  const scope = scopeOf(shared?.text ?? 'cluster')
  if (form === undefined || length < 8 || length > most) {
    const hint = `write base64 32, hex 32 or letters 20; 8 to ${most}`
    problems.push(error(generate.origin, `"${generate.text}" makes no secret`, hint))
  }
  if (shared !== undefined && scope === undefined)
    problems.push(error(shared.origin, `"${shared.text}" shares nothing`, 'cluster, group NAME or node'))
  return form === undefined || scope === undefined ? undefined : { form, length, shared: scope }
}

function scopeOf(text: string): SecretScope | undefined {
  if (text === 'cluster' || text === 'node') return { kind: text }
  const [, group] = /^group\s+(\S+)$/.exec(text) ?? []
  return group !== undefined && isGroupName(group) ? { kind: 'group', group } : undefined
}

/** A secret is on other cards if it is published, and in plain sight if a default is in the overlay. */
export function secretProblems(section: SectionReader, type: VariableType, isPublished: boolean): Problem[] {
  if (!isSecret(type)) return []
  const standard = section.text('default')
  return [
    ...(isPublished
      ? [
          error(
            section.origin,
            'a secret cannot be published',
            'a list of nodes is on the cards of other nodes',
          ),
        ]
      : []),
    ...(standard === undefined
      ? []
      : [error(standard.origin, 'a secret with a default is none', 'write generate = base64 32')]),
  ]
}
