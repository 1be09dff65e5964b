import { checkOverlay } from '../../builder/plan/check-overlay.js'
import { coreVariables } from '../../builder/load/core-variables.js'
import { describe, expect, it } from 'vitest'
import { declaredVariables, type Given, resolveValues } from '../../builder/load/values.js'
import type { Overlay, Profile } from '../../builder/model/overlay.js'
import type { Variable } from '../../builder/model/variable.js'
import { placeOf } from '../support/place.js'
import { problemText } from '../support/problem-text.js'

const origin = { file: 'overlay.ini', line: 3, key: '[variable colour]' }
const colour: Variable = { name: 'colour', type: 'text', summary: 'x', default: 'red', origin }

function overlay(...variables: Variable[]): Overlay {
  return {
    name: 'o',
    folder: 'o',
    summary: 'x',
    variables,
    needs: [],
    provides: [],
    opened: [],
    closed: new Map(),
    lists: [],
    items: [],
    appends: [],
    requirements: [],
    allowed: [],
  }
}

function profile(name: string, values: Readonly<Record<string, string>>): Profile {
  const file = `${name}.ini`
  const given = Object.entries(values).map(([key, text]) => ({ name: key, text, origin: { file } }))
  return { name, file, summary: 'x', overlays: [], values: given }
}

function set(name: string, text: string): Given {
  return { name, text, origin: { file: 'command line', key: `--set ${name}` } }
}

function resolve(profiles: readonly Profile[], commandLine: readonly Given[]) {
  const { variables } = declaredVariables([overlay(colour)])
  const { values, problems } = resolveValues(
    variables,
    profiles.flatMap(({ values }) => values),
    commandLine,
    placeOf(),
  )
  const value = (name: string) => values.get(name)?.value
  return { value, origin: (name: string) => values.get(name)?.origin, problems: problemText(problems) }
}

describe('the last value given counts:', () => {
  const general = profile('node', { colour: 'blue', timezone: 'UTC' })
  const special = profile('worker', { colour: 'green' })

  it('the default of its declaration', () => {
    expect(resolve([], []).value('colour')).toBe('red')
    expect(resolve([], []).origin('colour')).toEqual({ ...origin, key: 'default' })
  })

  it('the general profile over that', () => {
    expect(resolve([general], []).value('colour')).toBe('blue')
  })

  it('the profile that extends it over that', () => {
    expect(resolve([general, special], []).value('colour')).toBe('green')
    expect(resolve([general, special], []).value('timezone')).toBe('UTC')
    expect(resolve([general, special], []).origin('timezone')).toEqual({ file: 'node.ini' })
  })

  it('the command line over all', () => {
    expect(resolve([general, special], [set('colour', 'black')]).value('colour')).toBe('black')
    expect(resolve([special], [set('colour', 'black')]).origin('colour')?.key).toBe('--set colour')
  })

  it('an empty one takes a value away', () => {
    expect(
      resolve([general, profile('worker', { timezone: '', colour: '' })], []).value('timezone'),
    ).toBeUndefined()
    expect(resolve([profile('worker', { colour: '' })], []).value('colour')).toBeUndefined()
  })
})

describe('--set', () => {
  it('adds up where it is a list, and replaces that of the profile', () => {
    const words = profile('worker', { kernel_args: 'old' })
    const lists = [
      set('kernel_args', 'a b'),
      set('kernel_args', 'c'),
      set('boot_config', 'x=1'),
      set('boot_config', 'y=2'),
      set('dns', '9.9.9.9'),
      set('dns', '1.1.1.1'),
    ]
    const { value, problems } = resolve([words], lists)
    expect(problems).toEqual([])
    expect([value('kernel_args'), value('boot_config'), value('dns')]).toEqual([
      ['a', 'b', 'c'],
      ['x=1', 'y=2'],
      ['9.9.9.9', '1.1.1.1'],
    ])
  })

  it('of keys adds up', () => {
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKaPF9xjdGp8NUcJHdlKJlv1jvzdFKfXbDNwzKuYxEb0'
    const two = [set('authorized_keys', `${key} a`), set('authorized_keys', `${key} b`)]
    expect(resolve([], two).value('authorized_keys')).toEqual([`${key} a`, `${key} b`])
  })

  it('of anything else twice is a mistake', () => {
    expect(resolve([], [set('timezone', 'UTC'), set('timezone', 'UTC')]).problems).toEqual([
      'error: command line --set timezone: timezone is given twice',
      '  hint: give it once',
    ])
  })
})

describe('a value is wrong', () => {
  it('with the name that another tool has for it', () => {
    expect(resolve([], [set('ip', '10.0.0.3'), set('tz', 'UTC')]).problems).toEqual([
      'error: command line --set ip: no variable "ip"',
      '  hint: did you mean "address"?',
      'error: command line --set tz: no variable "tz"',
      '  hint: did you mean "timezone"?',
    ])
  })

  it('without a variable of that name', () => {
    expect(resolve([profile('worker', { colur: 'x' })], [set('zzzzzzzz', 'x')]).problems).toEqual([
      'error: worker.ini: no variable "colur"',
      '  hint: did you mean "colour"?',
      'error: command line --set zzzzzzzz: no variable "zzzzzzzz"',
      expect.stringMatching(
        '^  hint: known are address, apt_mirror, apt_proxy, authorized_keys, .*, wifi_ssid$',
      ),
    ])
  })

  it('where its type refuses it, which names the place', () => {
    expect(resolve([profile('worker', { timezone: '..' })], [])).toMatchObject({
      problems: [
        'error: worker.ini timezone: ".." is not a time zone',
        '  hint: such as Europe/London, from the tz database',
      ],
    })
  })
})

describe('a variable', () => {
  it('is the core’s or one that an overlay declares', () => {
    const { variables, problems } = declaredVariables([overlay(colour)])
    expect(problems).toEqual([])
    expect([variables.get('hostname')?.type, variables.get('colour')?.type]).toEqual(['hostname', 'text'])
  })

  it.each([
    ['another overlay', [overlay(colour), overlay(colour)], 'overlay.ini'],
    ['the same overlay', [overlay(colour, colour)], 'overlay.ini'],
  ])('is not declared again by %s', (_, overlays, file) => {
    const what = declaredVariables(overlays).problems.map((problem) => problem.what)
    expect(what).toEqual([expect.stringMatching(`is declared in ${file} already$`)])
  })

  it.each(['hostname', 'bookworm', 'home', 'static', 'join'])(
    'is not called %s, which has a meaning',
    (name) => {
      const problems = checkOverlay(overlay({ ...colour, name }), coreVariables)
      expect(problems.map(({ what }) => what)).toEqual([`"${name}" is a built-in name`])
    },
  )
})
