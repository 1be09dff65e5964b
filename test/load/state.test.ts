import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { UserError } from '../../builder/errors.js'
import { buildTime, newState, ownKeys, placeholderState, readState } from '../../builder/load/state.js'
import { temporaryFolder } from '../support/temporary.js'

const id = '3d9f5ac2-7f0b-4a51-9c7e-0b8f6f1f2a10'
const saved = JSON.stringify({ id, builtAt: 1000 })
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKaPF9xjdGp8NUcJHdlKJlv1jvzdFKfXbDNwzKuYxEb0'

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('what .piimg/ holds', () => {
  it('is nothing before the first build, and reading makes nothing', async () => {
    const folder = temporaryFolder()
    expect(await readState(folder)).toBeUndefined()
    expect(readdirSync(folder)).toEqual([])
  })

  it('is the cluster, and its key if it has one', async () => {
    expect(await readState(temporaryFolder({ '.piimg/cluster.json': saved }))).toEqual({ id, builtAt: 1000 })
    const state = await newState(1000, true)
    const files = { '.piimg/cluster.json': saved, '.piimg/id_ed25519': state.loginKey?.privateKey ?? '' }
    expect(await readState(temporaryFolder(files))).toEqual({ id, builtAt: 1000, loginKey: state.loginKey })
  })

  it.each([
    '',
    '{',
    '[]',
    'null',
    '{"id":1,"builtAt":1}',
    `{"id":"${id}"}`,
    `{"id":"${id}","builtAt":1.5}`,
    '{"id":"x","builtAt":1}',
    `{"id":"${id}","builtAt":-1}`,
    `{"id":"${id}","builtAt":4294967296}`,
  ])('is not believed if it is %j', async (text) => {
    const folder = temporaryFolder({ '.piimg/cluster.json': text })
    await expect(readState(folder)).rejects.toThrow(UserError)
    await expect(readState(folder)).rejects.toThrow('this is not what piimg wrote there')
  })

  it('is not believed with a damaged key, which the message does not repeat', async () => {
    const files = { '.piimg/cluster.json': saved, '.piimg/id_ed25519': 'hunter2' }
    const error: unknown = await readState(temporaryFolder(files)).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(UserError)
    expect(JSON.stringify((error as UserError).problems)).toMatch('this is no private key')
    expect(JSON.stringify((error as UserError).problems)).not.toMatch('hunter2')
  })
})

describe('a new cluster', () => {
  it('has a name and a time of its own', async () => {
    const [one, other] = [await newState(5, false), await newState(5, false)]
    expect(one).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string, builtAt: 5 })
    expect(one.id).not.toBe(other.id)
  })

  it('keeps what is known, and adds the key that is missing', async () => {
    const known = { id, builtAt: 1000 }
    expect(await newState(5, false, known)).toEqual(known)
    const withKey = await newState(5, true, known)
    expect(withKey).toMatchObject(known)
    expect(await newState(9, true, withKey)).toEqual(withKey)
  })

  it('has a key that ssh-keygen reads', async () => {
    const { loginKey } = await newState(5, true)
    expect(loginKey?.publicKey).toMatch(/^ssh-ed25519 [A-Za-z0-9+/=]+ piimg$/)
    const program = ['/usr/bin/ssh-keygen', '/usr/local/bin/ssh-keygen'].find((path) => existsSync(path))
    if (program === undefined) return
    const file = join(temporaryFolder(), 'id')
    execFileSync('sh', ['-c', 'umask 077; cat >"$0"', file], { input: loginKey?.privateKey })
    const read = execFileSync(program, ['-y', '-f', file], { encoding: 'utf8' })
    expect(loginKey?.publicKey).toMatch(read.trim().split(' ').slice(0, 2).join(' '))
  })

  it('is a placeholder in a plan, which can be told', () => {
    expect(placeholderState(5)).toMatchObject({ builtAt: 5, loginKey: { privateKey: '' } })
    expect(placeholderState(5).loginKey?.publicKey).toMatch('a key that the first build makes')
  })
})

describe('the own keys', () => {
  it('are every public key in ~/.ssh that is one', () => {
    const files = {
      '.ssh/id_rsa.pub': 'nonsense\n',
      '.ssh/id_ed25519.pub': `${key} me\n`,
      '.ssh/id_ed25519': 'PRIVATE KEY',
      '.ssh/other.pub': `${key} other\n`,
    }
    vi.stubEnv('HOME', temporaryFolder(files))
    expect(ownKeys()).toEqual({ value: [`${key} me`], origin: { file: 'default', key: '~/.ssh/id_*.pub' } })
  })

  it.each<Record<string, string>>([{}, { '.ssh/config': '' }, { '.ssh/id_rsa.pub': 'nonsense' }])(
    'are none with %j',
    (files) => {
      vi.stubEnv('HOME', temporaryFolder(files))
      expect(ownKeys()).toBeUndefined()
    },
  )
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
