import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rotateKeys } from '../../builder/apply/rotate.js'
import { replaceOwn, saveState } from '../../builder/apply/save-state.js'
import { readState } from '../../builder/load/state.js'
import { publicHalf } from '../../builder/model/ssh/ssh-key.js'
import { newKey, newState } from '../../builder/resolve/new-state.js'
import { temporaryFolder } from '../support/temporary.js'

const filesOf = (folder: string) => readdirSync(join(folder, '.piimg')).sort()
const modeOf = (...path: string[]) => (statSync(join(...path)).mode & 0o7777).toString(8)

describe('the state of a cluster', () => {
  it('is written once, for its user only', async () => {
    const folder = temporaryFolder()
    const state = newState(1000, true)
    const hidden = join(folder, '.piimg')
    expect(await saveState(folder, state)).toEqual([hidden, join(hidden, 'id_ed25519')])
    expect(filesOf(folder)).toEqual(['.gitignore', 'ca', 'cluster.json', 'id_ed25519', 'id_ed25519.pub'])
    expect(modeOf(hidden)).toBe('700')
    for (const name of filesOf(folder)) expect(modeOf(hidden, name)).toBe('600')
    expect(await saveState(folder, state)).toEqual([])
    expect(readState(folder)).toEqual(state)
  })

  it('stays as the first of several writers writes it, and the others learn that they came too late', async () => {
    for (let times = 0; times < 10; times++) {
      const folder = temporaryFolder()
      const states = Array.from({ length: 4 }, () => newState(1000, true))
      const made = await Promise.all(states.map((state) => saveState(folder, state)))
      const [winner, ...others] = states.filter((_, index) => made[index] !== undefined)
      expect(others).toEqual([])
      expect(readState(folder)).toEqual(winner)
    }
  })

  it.each(['authority', 'loginKey'] as const)('is not for a plan that has another %s', async (name) => {
    const folder = temporaryFolder()
    const state = newState(1000, true)
    await saveState(folder, state)
    expect(await saveState(folder, { ...state, [name]: newKey() })).toBeUndefined()
    expect(readState(folder)).toEqual(state)
  })

  it('gets an authority where it had none, and returns its path', async () => {
    const { id, builtAt } = newState(1000, false)
    const folder = temporaryFolder({ '.piimg/cluster.json': JSON.stringify({ id, builtAt }) })
    const state = newState(2000, false, readState(folder))
    expect(state).toMatchObject({ id, builtAt })
    expect(await saveState(folder, state)).toEqual([join(folder, '.piimg/ca')])
  })
})

it('a file of .piimg is replaced whole, and left alone where it is the same', async () => {
  const folder = temporaryFolder({ '.piimg/known_hosts': 'one' })
  const path = join(folder, '.piimg/known_hosts')
  const { ino } = statSync(path)
  await replaceOwn(folder, 'known_hosts', 'one')
  expect(statSync(path).ino).toBe(ino)
  await replaceOwn(folder, 'known_hosts', 'two')
  expect([readFileSync(path, 'utf8'), modeOf(path)]).toEqual(['two', '600'])
  expect(filesOf(folder)).toEqual(['known_hosts'])
})

describe('keys that are rotated', () => {
  const now = new Date('2026-11-21T13:15:26.500Z')

  it('give way to new ones, and are kept', async () => {
    const folder = temporaryFolder()
    const before = newState(1000, true)
    await saveState(folder, before)
    const after = { authority: newKey(), loginKey: newKey() }
    const old = await rotateKeys(folder, now, after)
    expect(old).toBe(join(folder, '.piimg/old-20261121T131526500Z'))
    expect(readState(folder)).toEqual({ ...before, ...after })
    expect(publicHalf(after.loginKey.privateKey, 'piimg')).toBe(readState(folder)?.loginKey?.publicKey)
    expect(readdirSync(old).sort()).toEqual(['ca', 'id_ed25519', 'id_ed25519.pub'])
    expect(readFileSync(join(old, 'ca'), 'utf8')).toBe(before.authority.privateKey)
    expect([modeOf(old), ...readdirSync(old).map((name) => modeOf(old, name))]).toEqual([
      '700',
      '600',
      '600',
      '600',
    ])
  })

  it('are those of the authority only where there is no other', async () => {
    const folder = temporaryFolder()
    await saveState(folder, newState(1000, false))
    const old = await rotateKeys(folder, now, { authority: newKey() })
    expect(readdirSync(old)).toEqual(['ca'])
    expect(filesOf(folder)).toEqual(['.gitignore', 'ca', 'cluster.json', 'old-20261121T131526500Z'])
  })

  it('stay where they cannot be kept', async () => {
    const folder = temporaryFolder({ '.piimg/old-20261121T131526500Z/ca': 'an older one' })
    const state = newState(1000, true)
    await saveState(folder, state)
    await expect(rotateKeys(folder, now, { authority: newKey() })).rejects.toThrow(/ENOTEMPTY|EEXIST/)
    expect(readState(folder)).toEqual(state)
    expect(filesOf(folder).filter((name) => name.endsWith('.partial'))).toEqual([])
  })
})
