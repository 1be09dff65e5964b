import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageRoot, placeIn } from '../../builder/load/package-root.js'
import { error, type Origin } from '../../builder/model/problem.js'
import { changeableOutput, problemText } from './problem-text.js'

const trust = join(packageRoot(), 'overlays', 'trust', 'overlay.ini')
const own: readonly (readonly [string, Origin])[] = [
  ['piimg itself', { file: 'piimg', key: 'default' }],
  ['a value that piimg derives', { file: 'default', key: 'the master' }],
  ['an overlay that comes with piimg', { file: trust, line: 39 }],
  ['a profile that comes with piimg', { file: join(packageRoot(), 'profiles', 'node.ini') }],
  ['what is marked as such', { file: 'x.ini', isShipped: true }],
]

describe('a test refuses a problem that is reported at', () => {
  it.each(own)('%s', (_, where) => {
    expect(() => problemText([error(where, 'wrong')])).toThrow('where nobody can change it')
  })

  it.each(['piimg default', 'default the master', `${trust}:39 [warn address]`])(
    '%s, in what is shown',
    (place) => {
      expect(() => changeableOutput(`x\nwarning: ${place}: wrong\n`)).toThrow('nobody can change')
    },
  )
})

describe('a test takes a problem at', () => {
  it.each(['cluster.ini', 'command line', '.piimg/nodes/node3.json', '/my/overlays/trust/overlay.ini'])(
    '%s',
    (file) => {
      expect(problemText([error({ file }, 'wrong')])).toEqual([`error: ${file}: wrong`])
      expect(changeableOutput(`error: ${file}: wrong`)).toContain('wrong')
    },
  )
})

describe('a place in an overlay or a profile', () => {
  it("is marked where it is piimg's own, and only there", () => {
    expect(placeIn(trust, { line: 3 })).toEqual({ file: trust, line: 3, isShipped: true })
    const user = join(packageRoot(), 'test', 'overlays', 'trust', 'overlay.ini')
    expect(placeIn(user, { line: 3 })).toEqual({ file: user, line: 3 })
  })
})
