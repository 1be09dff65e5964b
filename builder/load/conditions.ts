import type { Condition, When } from '../model/overlay.js'
import { type Origin, type Problem, error } from '../model/problem.js'

/** `name`, `name=word`, and either with a `!` in front. */
export function parseCondition(word: string): Condition {
  const [, not, name, equals] = /^(!?)([^=]*)(?:=(.*))?$/.exec(word) ?? []
  return { name: name ?? word, negated: not === '!', ...(equals === undefined ? {} : { equals }) }
}

/** The words of a `when =` or `where =`: all must hold; `|` is between alternatives, of which one must hold. */
export function parseConditions(
  value: { readonly text: string; readonly origin: Origin } | undefined,
  problems: Problem[],
): When {
  if (value === undefined || value.text === '') return []
  return value.text.split('|').map((alternative) => {
    const words = alternative.split(/\s+/).filter((word) => word !== '')
    if (words.length === 0) {
      const hint = 'write conditions on both sides of |'
      problems.push(error(value.origin, 'an alternative without a condition', hint))
    }
    for (const word of words.filter((candidate) => !isCondition(candidate))) {
      const hint = 'write fact, !fact or variable=word, with spaces between'
      problems.push(error(value.origin, `"${word}" is not a condition`, hint))
    }
    return words.filter(isCondition).map(parseCondition)
  })
}

function isCondition(word: string): boolean {
  return /^!?[a-z][a-z0-9_]*(=\S+)?$/.test(word)
}

/** Both must hold. */
export function both(one: When, other: When): When {
  if (one.length === 0 || other.length === 0) return [...one, ...other]
  return one.flatMap((some) => other.map((more) => [...some, ...more]))
}
