import { expect, it } from 'vitest'
import { changedContents } from '../../builder/model/entry-changes.js'
import type { RootEntry } from '../../builder/model/plan.js'

const origins = [{ file: 'an overlay' }]
const owner = { uid: 0, gid: 0 }
const content = Buffer.from('text')
const file = { kind: 'file', path: '/a', origins, mode: 0o644, owner, content, shown: content } as const
const link = { kind: 'symlink', path: '/a', origins, target: '/b' } as const
const move = { kind: 'move', path: '/a', origins, to: '/b' } as const

it.each<[string, RootEntry, RootEntry]>([
  ['another path', file, { ...file, path: '/b' }],
  ['another kind', file, link],
  ['another mode', file, { ...file, mode: 0o600 }],
  ['another user', file, { ...file, owner: { uid: 1000, gid: 0 } }],
  ['another group', file, { ...file, owner: { uid: 0, gid: 1000 } }],
  ['another origin', file, { ...file, origins: [{ file: 'another overlay' }] }],
  ['another target', link, { ...link, target: '/c' }],
  ['another new name', move, { ...move, to: '/c' }],
])('%s is more than another content', (_, before, after) => {
  expect(changedContents([before], [after])).toBeUndefined()
})

it('one entry more is more than another content', () => {
  expect(changedContents<RootEntry>([file], [file, link])).toBeUndefined()
  expect(changedContents<RootEntry>([file, link], [file])).toBeUndefined()
})

it('names the entries whose bytes differ', () => {
  const same = { ...file, content: Buffer.from('text') }
  const other = { ...file, content: Buffer.from('other') }
  expect(changedContents<RootEntry>([file, file, link], [same, other, { ...link }])).toEqual([file])
})
