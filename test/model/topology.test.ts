import { describe, expect, it } from 'vitest'
import {
  isIsolated,
  isProvidedFor,
  isProvider,
  isShared,
  isTopology,
  masterProvides,
  topologies,
} from '../../builder/model/topology.js'

describe('a topology', () => {
  it.each([
    ['routed', [true, false, false]],
    ['flat', [false, true, false]],
    ['backbone', [false, false, true]],
    [undefined, [false, false, false]],
  ] as const)('%s says which node provides addresses and the gateway', (topology, expected) => {
    expect([masterProvides(topology), isShared(topology), isIsolated(topology)]).toEqual(expected)
    expect([isProvider(topology, 'master'), isProvidedFor(topology, 'worker')]).toEqual([
      expected[0],
      expected[0],
    ])
    expect([isProvider(topology, 'worker'), isProvidedFor(topology, 'master')]).toEqual([false, false])
  })

  it('is one of three words', () => {
    expect(topologies).toEqual(['routed', 'flat', 'backbone'])
    expect(['routed', 'toString', '', undefined].map(isTopology)).toEqual([true, false, false, false])
  })
})
