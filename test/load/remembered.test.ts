import { describe, expect, it } from 'vitest'
import { UserError } from '../../builder/errors.js'
import { readMembers } from '../../builder/load/remembered.js'
import { cidrOf, textOf, topologyOf } from '../../builder/plan/values.js'
import { problemText } from '../support/problem-text.js'
import { temporaryFolder } from '../support/temporary.js'

const node3 = { hostname: 'node3', address: '10.0.0.3/24', topology: 'routed', user: 'pi' }

function readWith(record: unknown) {
  const file = '.piimg/nodes/node3.json'
  const folder = temporaryFolder({ [file]: typeof record === 'string' ? record : JSON.stringify(record) })
  try {
    return readMembers(folder)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return problemText(error.problems, folder)
  }
}

describe('a node that was built', () => {
  it('is remembered with its values, read as those of a cluster file', () => {
    const [member] = readWith({ profile: 'worker', role: 'worker', values: node3 })
    if (typeof member !== 'object') throw new Error('there is none')
    expect(cidrOf(member.values, 'address')?.network).toBe('10.0.0.0')
    expect([topologyOf(member.values), textOf(member.values, 'user')]).toEqual(['routed', 'pi'])
  })

  it.each([
    ['an address that is none', { profile: 'worker', role: 'worker', values: { ...node3, address: '10' } }],
    ['a role that is none', { profile: 'worker', role: 'king', values: node3 }],
    ['a number for a text', { profile: 'worker', role: 'worker', values: { ...node3, user: 3 } }],
    ['half a file', '{"profile": "wor'],
  ])('is refused with %s', (_, record) => {
    expect(readWith(record)).toEqual([
      'error: .piimg/nodes/node3.json: this is not a file that piimg wrote',
      '  hint: remove it, and build that node again',
    ])
  })
})
