import { describe, expect, it } from 'vitest'
import { holds } from '../../builder/plan/conditions.js'
import { setList, templateData } from '../../builder/plan/data.js'
import { loginOf } from '../../builder/plan/login.js'
import { knownNames } from '../../builder/plan/names.js'
import type { User } from '../../builder/model/facts.js'
import { parseCondition } from '../../builder/load/conditions.js'
import { nodeInput } from '../support/node.js'
import { practiceBase } from '../support/practice-base.js'

const base = practiceBase('bookworm')

function dataWith(set: Readonly<Record<string, string>>) {
  const { input } = nodeInput({ base, set })
  return templateData(input.given, input)
}

it.each(['dns', 'kernel_args', 'aliases'])(
  'setList gives the data that templateData has with another %s',
  (name) => {
    const { input } = nodeInput({ base, set: { address: '10.42.0.7/24' } })
    const before = new Map(input.given)
    const list = { value: ['10.42.0.1', 'b'], by: 'derived', origin: { file: 'x' } } as const
    const after = new Map(before).set(name, list)
    const data = templateData(before, input)
    setList(data, after, name, input)
    expect(data).toEqual(templateData(after, input))
  },
)

describe('templateData', () => {
  it('has every variable, fact and derived name, so that no template meets a gap', () => {
    const { input } = nodeInput({ base })
    const names = [...new Set([...input.variables.keys(), ...knownNames([]).keys()])]
    expect(Object.keys(dataWith({})).sort()).toEqual(names.sort())
  })

  it('has an empty value of the right kind where nothing was given', () => {
    expect(dataWith({})).toMatchObject({
      wifi_ssid: '',
      dns: [],
      kernel_args: [],
      boot_config: [],
      authorized_keys: [],
      ssh_password_login: false,
    })
  })

  it('has the facts as switches', () => {
    expect(dataWith({})).toMatchObject({ bookworm: true, buster: false, networkmanager: true, debian: false })
  })

  it('takes a fixed address apart', () => {
    expect(dataWith({ address: '10.1.2.3/16' })).toMatchObject({ static: true, ip: '10.1.2.3', prefix: '16' })
    expect(dataWith({ address: 'dhcp' })).toMatchObject({ static: false, ip: '', prefix: '' })
  })

  it('has no gateway where there is to be none', () => {
    expect(dataWith({ gateway: 'none' })).toMatchObject({ gateway: '' })
    expect(dataWith({ gateway: '10.0.0.1' })).toMatchObject({ gateway: '10.0.0.1' })
  })

  it('has the full name, and the root of the base image', () => {
    expect(dataWith({ domain: 'x.example' })).toMatchObject({
      fqdn: 'node3.x.example',
      root_device: 'PARTUUID=5e2c0d12-02',
    })
  })

  it.each([
    ['', true],
    ['C.UTF-8', true],
    ['en_GB.UTF-8', true],
    ['de_DE.UTF-8', false],
  ])('knows whether the locale "%s" is generated', (locale, locale_ready) => {
    expect(dataWith({ locale })).toMatchObject({ locale_ready })
  })

  it('has UUIDs that are the same every time, and others for every node and card', () => {
    const uuids = [{}, { hostname: 'node4' }, { interface: 'eth1' }].map((set) => dataWith(set))
    expect(dataWith({})).toEqual(uuids[0])
    expect(new Set(uuids.flatMap(({ eth_uuid, wifi_uuid }) => [eth_uuid, wifi_uuid])).size).toBe(5)
  })
})

describe('the login', () => {
  const user = (name: string, home: string): User => ({ name, uid: 1000, gid: 1005, home, shell: '/bin/sh' })
  const factsWith = (...users: User[]) => ({ ...base.facts, users })

  it('is the base image user 1000 under its new name, with its numbers', () => {
    const login = loginOf(factsWith(user('pi', '/home/pi')), 'ada')
    expect(login).toMatchObject({ name: 'ada', uid: 1000, gid: 1005, home: '/home/ada' })
    expect(dataWith({ user: 'ada' })).toMatchObject({
      base_user: 'pi',
      user_renamed: true,
      user_is_new: false,
    })
    expect(dataWith({ user: 'pi' })).toMatchObject({ user_renamed: false, user_is_new: false })
  })

  it('keeps a home that is elsewhere', () => {
    expect(loginOf(factsWith(user('pi', '/srv/pi')), 'ada').home).toBe('/srv/pi')
  })

  it('is made where there is no user 1000', () => {
    const login = loginOf(factsWith(), 'ada')
    expect(login).toEqual({ name: 'ada', uid: 1000, gid: 1000, home: '/home/ada', base: undefined })
  })
})

describe('holds', () => {
  const data = { yes: true, no: false, word: 'eth0', empty: '', list: ['a'], none: [] }
  it.each([
    ['yes', true],
    ['no', false],
    ['word', true],
    ['empty', false],
    ['list', true],
    ['none', false],
    ['missing', false],
    ['!yes', false],
    ['!none', true],
    ['!missing', true],
    ['word=eth0', true],
    ['word=eth1', false],
    ['!word=eth1', true],
    ['!word=eth0', false],
    ['empty=', true],
  ])('%s is %s', (condition, expected) => {
    expect(holds([[parseCondition(condition)]], data)).toBe(expected)
  })

  it('asks for all of several, and for nothing where there are none', () => {
    expect(holds([[parseCondition('yes'), parseCondition('no')]], data)).toBe(false)
    expect(holds([[parseCondition('yes'), parseCondition('word')]], data)).toBe(true)
    expect(holds([], data)).toBe(true)
  })

  it('asks for one of several alternatives', () => {
    const [yes, no] = [[parseCondition('yes')], [parseCondition('no')]]
    expect(holds([no, yes], data)).toBe(true)
    expect(holds([no, [...yes, ...no]], data)).toBe(false)
  })

  it('finds an item in a list', () => {
    expect(holds([[parseCondition('list=b')]], { list: ['a', 'b'] })).toBe(true)
    expect(holds([[parseCondition('list=c')]], { list: ['a', 'b'] })).toBe(false)
  })
})
