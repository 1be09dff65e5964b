import { describe, expect, it } from 'vitest'
import { coreVariables } from '../../../builder/load/core-variables.js'
import { resolveValues } from '../../../builder/load/values.js'
import { checkCluster } from '../../../builder/plan/rules/cluster.js'
import type { Node } from '../../../builder/plan/rules/rule.js'
import { withAddress } from '../../../builder/plan/addresses.js'
import { testPlace } from '../../support/place.js'
import { problemText } from '../../support/problem-text.js'

const variables = new Map(coreVariables.map((variable) => [variable.name, variable]))

function nodeAt(file: string, hostname: string, set: Readonly<Record<string, string>> = {}): Node {
  const role = hostname === 'master' ? 'master' : 'worker'
  const given = Object.entries({ hostname, ...set }).map(([name, text]) => {
    return { name, text, origin: { file, key: name } }
  })
  return { role, values: withAddress(resolveValues(variables, given, [], testPlace).values, role).values }
}

const asked = (hostname: string, set?: Readonly<Record<string, string>>) =>
  nodeAt('command line', hostname, set)
const built = (hostname: string, set?: Readonly<Record<string, string>>) => ({
  ...nodeAt(`.piimg/nodes/${hostname}.json`, hostname, set),
  isRemembered: true,
})

function said(...nodes: readonly Node[]): string[] {
  return problemText(checkCluster(nodes)).filter((line) => !line.startsWith('  '))
}

describe('where nodes do not agree, the place is', () => {
  it('that of the node which this run is about, whatever a card was given that was built before', () => {
    expect(said(built('master', { domain: 'lab.example' }), asked('node2'))).toEqual([
      'error: command line hostname: node2 has the domain cluster.internal, and master lab.example',
    ])
    expect(said(built('node2', { domain: 'lab.example' }), asked('master'))).toEqual([
      'error: command line hostname: master has the domain cluster.internal, and node2 lab.example',
    ])
    expect(said(built('master', { network: '10.9.0.0/24' }), asked('node2'))).toEqual([
      'error: command line hostname: node2 is in 10.0.0.0/24, but master (10.9.0.1/24) is not',
    ])
    expect(said(built('master', { gateway: '10.0.0.254' }), asked('node2'))).toEqual([
      'error: command line hostname: node2 would use master as gateway, but master does not route: its own gateway is 10.0.0.254',
    ])
  })

  it('that of the value which was given, of two that this run is about', () => {
    expect(said(asked('master', { domain: 'lab.example' }), asked('node2'), asked('node3'))).toEqual([
      'error: command line domain: master has the domain lab.example, and node2 and node3 cluster.internal',
    ])
    expect(said(asked('master'), asked('node2', { domain: 'lab.example' }))).toEqual([
      'error: command line domain: node2 has the domain lab.example, and master cluster.internal',
    ])
  })

  it('one for many nodes that were given nothing', () => {
    const workers = ['node2', 'node3', 'node4', 'node5'].map((name) => asked(name))
    expect(said(asked('master', { network: '10.9.0.0/24' }), ...workers)).toEqual([
      'error: command line network: master (10.9.0.1/24) is not in 10.0.0.0/24, but node2 and 3 others are',
    ])
  })
})
