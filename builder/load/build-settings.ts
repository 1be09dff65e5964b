import { type EngineName, optionOf, type SettingName, settings } from '../model/settings.js'
import { commandLine, error, type Origin, type Problem } from '../model/problem.js'
import type { Placed } from './cluster-sections.js'
import type { NodeOptions } from './command-line.js'
import { type Given, lastGiven } from './values.js'

/** The settings of a whole build, with their defaults. */
export interface BuildSettings {
  readonly engine: EngineName
  /** Not given: `out/`. */
  readonly output?: Placed
  readonly hasBundle: boolean
  /** Where `packages_from` was given. */
  readonly packagesFrom: Origin
}

/**
 * What options say, else the cluster file.
 * @param file what its section [cluster] gives
 */
export function readSettings(
  { engine, output, packagesFrom }: NodeOptions,
  file: readonly Given[],
): { settings: BuildSettings; problems: Problem[] } {
  const problems: Problem[] = []
  const given = (name: SettingName, option: string | undefined): Placed | undefined =>
    option === undefined ? lastGiven(file, name) : { text: option, origin: commandLine(optionOf(name)) }
  const word = <T extends string>(words: readonly T[], found: Placed | undefined): T | undefined => {
    const known = words.find((each) => each === found?.text)
    if (found !== undefined && known === undefined) problems.push(unknownWord(found, words))
    return known
  }
  const path = given('output', output)
  const from = given('packages_from', packagesFrom)
  const chosen = word(settings.engine.words, given('engine', engine))
  const source = word(settings.packages_from.words, from)
  const read = {
    engine: chosen ?? settings.engine.default,
    ...(path === undefined ? {} : { output: path }),
    hasBundle: source === 'bundle',
    packagesFrom: from?.origin ?? commandLine(optionOf('packages_from')),
  }
  return { settings: read, problems }
}

export function unknownWord({ text, origin }: Placed, words: readonly string[]): Problem {
  const hint = `one of ${words.join(', ')}`
  return error(origin, `"${text}" is not allowed here`, hint)
}
