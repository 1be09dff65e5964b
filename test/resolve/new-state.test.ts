import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { buildTime, newState, placeholderState, stateFor } from '../../builder/resolve/new-state.js'
import { temporaryFolder } from '../support/temporary.js'

const id = '3d9f5ac2-7f0b-4a51-9c7e-0b8f6f1f2a10'

describe('a new cluster', () => {
  it('has a name and a time of its own', () => {
    const [one, other] = [newState(5, false), newState(5, false)]
    expect(one.id).toMatch(/^[0-9a-f-]{36}$/)
    expect(one.builtAt).toBe(5)
    expect(one.id).not.toBe(other.id)
    expect(one.authority).not.toEqual(other.authority)
  })

  it('keeps what is known, and adds the key that is missing', () => {
    const known = { id, builtAt: 1000, generations: { 'redis/password': 2 } }
    const { authority, ...others } = newState(5, false, known)
    expect(others).toEqual(known)
    expect(newState(5, false, { ...known, authority })).toEqual({ ...known, authority })
    const withKey = newState(5, true, known)
    expect(withKey).toMatchObject(known)
    expect(newState(9, true, withKey)).toEqual(withKey)
  })

  it('has a key that ssh-keygen reads', () => {
    const { loginKey } = newState(5, true)
    expect(loginKey?.publicKey).toMatch(/^ssh-ed25519 [A-Za-z0-9+/=]+ piimg$/)
    const program = ['/usr/bin/ssh-keygen', '/usr/local/bin/ssh-keygen'].find((path) => existsSync(path))
    if (program === undefined) return
    const file = join(temporaryFolder(), 'id')
    execFileSync('sh', ['-c', 'umask 077; cat >"$0"', file], { input: loginKey?.privateKey })
    const read = execFileSync(program, ['-y', '-f', file], { encoding: 'utf8' })
    expect(loginKey?.publicKey).toMatch(read.trim().split(' ').slice(0, 2).join(' '))
  })

  it('is a recognizable placeholder in a plan', () => {
    expect(placeholderState(5)).toMatchObject({
      builtAt: 5,
      authority: { privateKey: '' },
      loginKey: { privateKey: '' },
    })
    expect(placeholderState(5).loginKey?.publicKey).toMatch('a key that the first build makes')
  })
})

test('what is planned for a check has the keys of the cluster, without the one that signs', () => {
  const { authority, loginKey } = newState(5, true)
  const folder = temporaryFolder({
    '.piimg/cluster.json': JSON.stringify({ id, builtAt: 1000 }),
    '.piimg/ca': authority.privateKey,
    '.piimg/id_ed25519': loginKey?.privateKey ?? '',
  })
  const place = { folder, environment: {}, home: folder }
  const shown = stateFor(place, 'show', true)
  expect(shown).toMatchObject({ id, builtAt: 1000, authority, loginKey })
  expect(stateFor(place, 'check', true)).toEqual({ ...shown, authority: { ...authority, privateKey: '' } })
})

describe('the time of a build', () => {
  it('is now, or what SOURCE_DATE_EPOCH says', () => {
    const before = Math.floor(Date.now() / 1000)
    expect(buildTime({}).now).toBeGreaterThanOrEqual(before)
    expect(buildTime({ SOURCE_DATE_EPOCH: '' }).fixed).toBe(false)
    expect(buildTime({ SOURCE_DATE_EPOCH: '1767225600' })).toEqual({ now: 1_767_225_600, fixed: true })
    expect(buildTime({ SOURCE_DATE_EPOCH: '0' })).toEqual({ now: 0, fixed: true })
    expect(buildTime({ SOURCE_DATE_EPOCH: '4294967295' }).now).toBe(4_294_967_295)
  })

  it.each(['now', '-1', '1.5', '4294967296', '99999999999', ' 1', '0x10'])('is not %j', (text) => {
    expect(() => buildTime({ SOURCE_DATE_EPOCH: text })).toThrow(`"${text}" is not a time`)
  })
})
