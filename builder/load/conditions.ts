import type { Condition } from '../model/overlay.js'
import { type Origin, type Problem, error } from '../model/problem.js'

/** `name`, `name=word`, and either with a `!` in front. */
export function parseCondition(word: string): Condition {
  const [, not, name, equals] = /^(!?)([^=]*)(?:=(.*))?$/.exec(word) ?? []
  return { name: name ?? word, negated: not === '!', ...(equals === undefined ? {} : { equals }) }
}

/** The words of a `when =`, all of which must hold. */
export function parseConditions(
  value: { readonly text: string; readonly origin: Origin } | undefined,
  problems: Problem[],
): Condition[] {
  if (value === undefined) return []
  const words = value.text.split(/\s+/).filter((word) => word !== '')
  const isCondition = (word: string) => /^!?[a-z][a-z0-9_]*(=\S+)?$/.test(word)
  for (const word of words.filter((candidate) => !isCondition(candidate))) {
    const hint = 'write fact, !fact or variable=word, with spaces between'
    problems.push(error(value.origin, `"${word}" is not a condition`, hint))
  }
  return words.filter(isCondition).map(parseCondition)
}
