import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../builder/errors.js'
import { readState } from '../../builder/load/state.js'
import { newState } from '../../builder/resolve/new-state.js'
import { temporaryFolder } from '../support/temporary.js'

const id = '3d9f5ac2-7f0b-4a51-9c7e-0b8f6f1f2a10'
const saved = JSON.stringify({ id, builtAt: 1000 })

describe('what .piimg/ holds', () => {
  it('is nothing before the first build, and reading makes nothing', () => {
    const folder = temporaryFolder()
    expect(readState(folder)).toBeUndefined()
    expect(readdirSync(folder)).toEqual([])
  })

  it('is the cluster, and its keys as far as it has some', () => {
    expect(readState(temporaryFolder({ '.piimg/cluster.json': saved }))).toEqual({
      id,
      builtAt: 1000,
      generations: {},
    })
    const state = newState(1000, true, { id, builtAt: 1000, generations: {} })
    const files = {
      '.piimg/cluster.json': saved,
      '.piimg/ca': state.authority.privateKey,
      '.piimg/id_ed25519': state.loginKey?.privateKey ?? '',
    }
    expect(readState(temporaryFolder(files))).toEqual(state)
  })

  it.each([
    '',
    '{',
    '[]',
    'null',
    '{"id":1,"builtAt":1}',
    JSON.stringify({ id, builtAt: 1, generations: { a: 'b' } }),
    `{"id":"${id}"}`,
    `{"id":"${id}","builtAt":1.5}`,
    '{"id":"x","builtAt":1}',
    `{"id":"${id}","builtAt":-1}`,
    `{"id":"${id}","builtAt":4294967296}`,
  ])('is not believed if it is %j', (text) => {
    const folder = temporaryFolder({ '.piimg/cluster.json': text })
    expect(() => readState(folder)).toThrow(UserError)
    expect(() => readState(folder)).toThrow('this is not a file that piimg wrote')
  })

  it.each([
    ['ca', "the key of the cluster's certificate authority", 'build and write every card again'],
    ['id_ed25519', 'not a private key', 'the next build makes a new one'],
  ])('is not believed with a damaged %s, which the message does not repeat', (name, what, hint) => {
    const key = newState(5, false).authority.privateKey
    for (const text of ['hunter2', '', key.slice(0, 200), key.slice(100)]) {
      const files = { '.piimg/cluster.json': saved, [`.piimg/${name}`]: text, '.piimg/id_ed25519.pub': 'x' }
      const [problem] = problemsOf(() => readState(temporaryFolder(files)))
      expect(problem?.where.file).toMatch(new RegExp(`/.piimg/${name}$`))
      expect(problem?.what).toMatch(what)
      expect(problem?.hint).toMatch(hint)
      expect(JSON.stringify(problem)).not.toMatch(/hunter2|OPENSSH/)
    }
  })

  it.each(['cluster.json', 'ca', 'id_ed25519', 'id_ed25519.pub'])(
    'cannot be read where %s is a folder',
    (name) => {
      const state = newState(5, true)
      const files = { '.piimg/cluster.json': saved, '.piimg/id_ed25519': state.loginKey?.privateKey ?? '' }
      const others = Object.entries(files).filter(([file]) => file !== `.piimg/${name}`)
      const folder = temporaryFolder({ ...Object.fromEntries(others), [`.piimg/${name}/x`]: '' })
      const [problem] = problemsOf(() => readState(folder))
      expect(problem).toMatchObject({
        what: 'this cannot be read (EISDIR)',
        where: { file: join(folder, '.piimg', name) },
      })
    },
  )
})

/** The problems of the error that is thrown. */
function problemsOf(work: () => unknown) {
  try {
    work()
  } catch (error) {
    if (error instanceof UserError) return error.problems
    throw error
  }
  throw new Error('no error')
}
