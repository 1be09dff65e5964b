import { describe, expect, it } from 'vitest'
import { asked, built, said } from './asked-nodes.js'

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
