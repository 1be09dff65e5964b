import type { Overlay } from '../model/overlay.js'
import type { Place } from '../model/place.js'
import { memo } from '../model/memo.js'
import { changeable, error, type Origin, type Problem } from '../model/problem.js'
import type { Sourced, Value } from '../model/value.js'
import type { Variable } from '../model/variable.js'
import { isSetting, optionOf, settings } from '../model/settings.js'
import { coreVariables } from './core-variables.js'
import { expandKeyPaths } from './key-paths.js'
import { didYouMean } from './nearest.js'
import { isRefusal } from '../model/types/refusal.js'
import { isListType, variableTypes } from '../model/types/variable-types.js'

/** A value as it was typed, and where. */
export interface Given {
  readonly name: string
  readonly text: string
  readonly origin: Origin
  /** Missing where the user gave the value. */
  readonly by?: 'default'
}

/** The last one of this name. An empty one resets the key to its default. */
export function lastGiven(all: readonly Given[], name: string): Given | undefined {
  const last = all.findLast((given) => given.name === name)
  return last?.text === '' ? undefined : last
}

/** The variables that a node with these overlays has: the core's, whose names are theirs alone, and the overlays' own. */
export function declaredVariables(overlays: readonly Overlay[]): {
  variables: Map<string, Variable>
  problems: Problem[]
} {
  const problems: Problem[] = []
  const variables = new Map(coreVariables.map((variable) => [variable.name, variable]))
  const core = new Set(variables.keys())
  for (const variable of overlays.flatMap((overlay) => overlay.variables)) {
    const before = variables.get(variable.name)
    if (before !== undefined && !core.has(variable.name)) {
      const where = changeable(variable.origin, before.origin) ?? variable.origin
      const { file } = where === before.origin ? variable.origin : before.origin
      problems.push(
        error(where, `variable "${variable.name}" is declared in ${file} already`, 'give it another name'),
      )
    }
    variables.set(variable.name, variable)
  }
  return { variables, problems }
}

/**
 * Typed values from texts. The last one wins: defaults, then profiles and the cluster file, then the command line,
 * where a list may be given piece by piece.
 * @param general what profiles and the cluster file give, the most general first
 * @param place what paths of keys are relative to
 */
export function resolveValues(
  variables: ReadonlyMap<string, Variable>,
  general: readonly Given[],
  commandLine: readonly Given[],
  place: Place,
): { values: Map<string, Sourced<Value>>; problems: Problem[] } {
  const problems: Problem[] = []
  const given = new Map<string, Given>()
  for (const value of defaultsOf(variables)) given.set(value.name, value)
  for (const value of general) given.set(value.name, value)
  for (const value of joined(variables, commandLine, problems)) given.set(value.name, value)
  const values = new Map<string, Sourced<Value>>()
  for (const each of given.values()) {
    const variable = variables.get(each.name)
    if (variable === undefined) {
      const { what, hint } = unknown(each.name, [...variables.keys()])
      problems.push(error(each.origin, what, hint))
    } else if (each.text !== '') {
      const read = valueOf(each, variable, place)
      problems.push(...read.problems)
      if (read.value !== undefined) values.set(each.name, read.value)
    }
  }
  return { values, problems }
}

const defaultsOf = memo((variables: ReadonlyMap<string, Variable>) =>
  [...variables.values()].flatMap(({ name, default: text, origin }): Given[] =>
    text === undefined ? [] : [{ name, text, origin: { ...origin, key: 'default' }, by: 'default' }],
  ),
)

interface ReadValue {
  readonly value?: Sourced<Value>
  readonly problems: readonly Problem[]
}

/** The typed value of a text. Nodes share what they do not give themselves. */
const valueOf = memo((given: Given, variable: Variable, place: Place): ReadValue => {
  const { name, text, origin, by = writer(origin) } = given
  const expanded = variable.type === 'ssh-keys' ? expandKeyPaths(text, origin, place) : { text, problems: [] }
  if (expanded.problems.length > 0) return { problems: expanded.problems }
  const value = variableTypes[variable.type].parse(expanded.text)
  if (!isRefusal(value)) return { value: { value, by, origin }, problems: [] }
  // A wrong default is a problem of the overlay and is reported there.
  if (by === 'default') return { problems: [] }
  return { problems: [error({ ...origin, key: origin.key ?? name }, value.what, value.hint)] }
})

/** What one of piimg's own profiles says is a default. */
function writer({ isShipped }: Origin): 'given' | 'default' {
  return isShipped === true ? 'default' : 'given'
}

/** On the command line, pieces of a list add up; any other value that is given twice is an error. */
export function joined(
  variables: ReadonlyMap<string, Variable>,
  commandLine: readonly Given[],
  problems: Problem[],
): Given[] {
  const byName = new Map<string, Given>()
  for (const given of commandLine) {
    const before = byName.get(given.name)
    const type = variables.get(given.name)?.type
    const isList = type !== undefined && isListType(type)
    if (before !== undefined && !isList) {
      const what = `${given.name} is given twice`
      problems.push(error(given.origin, what, 'give it once'))
    }
    byName.set(
      given.name,
      before !== undefined && isList ? { ...given, text: `${before.text}\n${given.text}` } : given,
    )
  }
  return [...byName.values()]
}

/** What other tools call these variables. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ['ip', 'address'],
  ['ip_address', 'address'],
  ['ipv4', 'address'],
  ['keymap', 'keyboard'],
  ['lang', 'locale'],
  ['language', 'locale'],
  ['nameserver', 'dns'],
  ['password', 'password_hash'],
  ['router', 'gateway'],
  ['ssh_key', 'authorized_keys'],
  ['ssid', 'wifi_ssid'],
  ['subnet', 'network'],
  ['tz', 'timezone'],
  ['username', 'user'],
])

/** A setting of the build may have been meant, or misspelt. */
function unknown(name: string, variables: readonly string[]): { what: string; hint: string } {
  if (!isSetting(name)) {
    const meant = otherNames.get(name)
    const hint =
      meant === undefined
        ? didYouMean(name, [...variables, ...Object.keys(settings)])
        : `did you mean "${meant}"?`
    return { what: `no variable "${name}"`, hint }
  }
  const hint = `give ${optionOf(name)}, or write ${name} = … into cluster.ini`
  return { what: `"${name}" is a setting of the build, not a variable of a node`, hint }
}
