import { describe, expect, it } from 'vitest'
import { derived, type Sourced, type Value } from '../../builder/model/value.js'
import { isGiven, placeOf } from '../../builder/plan/values.js'

const given = (value: Value, line: number): Sourced<Value> => ({
  value,
  by: 'given',
  origin: { file: 'cluster.ini', line },
})
const declared: Sourced<Value> = { value: 'eth0', by: 'default', origin: { file: 'piimg', key: 'default' } }
const hostname = ['hostname', given('node3', 4)] as const

describe('a value was given', () => {
  it.each<[string, Sourced<Value> | undefined, boolean]>([
    ['by a person', given('eth1', 2), true],
    ['not by the declaration of its variable', declared, false],
    ['not where piimg derives it', derived('eth0', 'the first one'), false],
    ['not where there is none', undefined, false],
  ])('%s', (_, interface_, expected) => {
    const values = new Map([
      hostname,
      ...(interface_ === undefined ? [] : [['interface', interface_] as const]),
    ])
    expect(isGiven(values, 'interface')).toBe(expected)
  })
})

describe('a person changes a value', () => {
  it('where it was given', () => {
    expect(placeOf(new Map([hostname, ['interface', given('eth1', 2)]]), 'interface').line).toBe(2)
  })

  it.each([
    ['a default', declared],
    ['a derived one', derived('eth0', 'the first one')],
  ])('where its node was named, if it is %s', (_, sourced) => {
    expect(placeOf(new Map([hostname, ['interface', sourced]]), 'interface').line).toBe(4)
  })

  it('where the value was given that it follows from', () => {
    const values = new Map([
      hostname,
      ['topology', given('flat', 2)],
      ['address', derived('dhcp', '', 'topology')],
    ])
    expect(placeOf(values, 'address').line).toBe(2)
    expect(placeOf(new Map([hostname, ['address', derived('dhcp', '', 'topology')]]), 'address').line).toBe(4)
  })

  it('where an address is reserved', () => {
    expect(placeOf(new Map([hostname, ['reserved', given('10.0.0.9', 6)]]), 'address').line).toBe(6)
    expect(isGiven(new Map([['reserved', given('10.0.0.9', 6)]]), 'address')).toBe(true)
  })

  it('where anything was given, if the name was refused', () => {
    expect(
      placeOf(
        new Map([
          ['interface', declared],
          ['user', given('ada', 7)],
        ]),
        'interface',
      ).line,
    ).toBe(7)
    expect(placeOf(new Map([['interface', declared]]), 'interface').file).toBe('command line')
  })
})
