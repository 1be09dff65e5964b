import { afterEach, describe, expect, it, vi } from 'vitest'
import { runCommandLine } from '../builder/cli.js'
import { machines } from '../builder/emulate/machine.js'
import { goals } from '../builder/emulate/nodes.js'
import { UserError } from '../builder/errors.js'
import { report } from '../builder/host/report.js'
import { coreVariables } from '../builder/load/core-variables.js'
import { optionOf, type SettingName, settings } from '../builder/model/settings.js'
import { verbs } from '../builder/verbs.js'
import { problemText } from './support/problem-text.js'
import { placeOf } from './support/place.js'
import { temporaryFolder } from './support/temporary.js'

const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
afterEach(() => stderr.mockClear())

const said = (): string => stderr.mock.calls.map(([text]) => String(text)).join('')
const optionsOf = (verb: string) => verbs.find(({ name }) => name === verb)?.options ?? []
const flag = (flags: string) => /--[a-z-]+/.exec(flags)?.[0]
const wordsOf = (verb: string, option: string) =>
  optionsOf(verb).find(({ flags }) => flag(flags) === option)?.words

/** The problems of a command line that is refused. */
async function refused(...words: readonly string[]): Promise<string[]> {
  const place = placeOf(temporaryFolder(), { environment: {} })
  const error: unknown = await runCommandLine(place, words).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(UserError)
  return problemText((error as UserError).problems)
}

describe('the settings of a build', () => {
  it('are options of piimg build, each under its own name', () => {
    const options = optionsOf('build').map(({ flags }) => flag(flags))
    for (const name of Object.keys(settings) as SettingName[]) expect(options).toContain(optionOf(name))
  })

  it('are no variables', () => {
    expect(coreVariables.filter(({ name }) => Object.hasOwn(settings, name))).toEqual([])
  })

  it('are listed with the variables', async () => {
    const result = vi.spyOn(report, 'result').mockReturnValue()
    await runCommandLine(placeOf(temporaryFolder()), ['list', 'variables', '--json'])
    const rows = JSON.parse(result.mock.calls[0]?.[0] ?? '') as { name: string; summary: string }[]
    result.mockRestore()
    const names = rows.map(({ name }) => name)
    for (const name of [...Object.keys(settings), ...coreVariables.map((each) => each.name)])
      expect(names).toContain(name)
    expect(new Set(names).size).toBe(names.length)
    expect(rows.filter(({ summary }) => summary === '')).toEqual([])
  })
})

describe('wrong words for options', () => {
  it('of a build are reported together, and with what else is wrong', async () => {
    const problems = await refused('build', '--engine', 'x', '--packages-from', 'y', '--profile', 'worker')
    expect(problems).toEqual(
      expect.arrayContaining([
        'error: command line --engine: "x" is not allowed here',
        '  hint: one of auto, rootless, loop',
        'error: command line --packages-from: "y" is not allowed here',
        '  hint: one of download, bundle',
        'error: command line --hostname: no hostname is given',
      ]),
    )
  })

  it('of an emulation are reported together', async () => {
    const words = ['emulate', '--machine', 'z', '--until', 'lunch', '--timeout', 'never']
    expect((await refused(...words)).filter((line) => line.startsWith('error'))).toEqual([
      'error: command line --machine: "z" is not allowed here',
      'error: command line --until: "lunch" is not allowed here',
      'error: command line --timeout: "never" is not a number of seconds',
    ])
  })

  it('are those that the help does not name', () => {
    expect(wordsOf('build', '--engine')).toEqual(settings.engine.words)
    expect(wordsOf('build', '--packages-from')).toEqual(settings.packages_from.words)
    expect(wordsOf('emulate', '--machine')).toEqual([...machines])
    expect(wordsOf('emulate', '--until')).toEqual([...goals])
  })
})

describe('--packages', () => {
  it('is the older name of --packages-from, which is said', async () => {
    expect(await refused('build', '--packages', 'y')).toContain(
      'error: command line --packages-from: "y" is not allowed here',
    )
    expect(said()).toContain('--packages is now called --packages-from; the old name still works')
  })

  it('is not given beside it', async () => {
    const words = ['build', '--packages', 'bundle', '--packages-from', 'bundle']
    await expect(runCommandLine(placeOf(), words)).rejects.toThrow('--packages')
  })
})
