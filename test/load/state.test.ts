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
  it('is nothing before the first build, and reading makes nothing', () => {
    const folder = temporaryFolder()
    expect(readState(folder)).toBeUndefined()
    expect(readdirSync(folder)).toEqual([])
  })

  it('is the cluster, and its keys as far as it has some', () => {
    expect(readState(temporaryFolder({ '.piimg/cluster.json': saved }))).toEqual({ id, builtAt: 1000 })
    const state = newState(1000, true, { id, builtAt: 1000 })
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
    `{"id":"${id}"}`,
    `{"id":"${id}","builtAt":1.5}`,
    '{"id":"x","builtAt":1}',
    `{"id":"${id}","builtAt":-1}`,
    `{"id":"${id}","builtAt":4294967296}`,
  ])('is not believed if it is %j', (text) => {
    const folder = temporaryFolder({ '.piimg/cluster.json': text })
    expect(() => readState(folder)).toThrow(UserError)
    expect(() => readState(folder)).toThrow('this is not what piimg wrote there')
  })

  it.each([
    ['ca', "the key of the cluster's certificate authority", 'every card has to be written again'],
    ['id_ed25519', 'no private key', 'the next build makes a new one'],
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

describe('a new cluster', () => {
  it('has a name and a time of its own', () => {
    const [one, other] = [newState(5, false), newState(5, false)]
    expect(one.id).toMatch(/^[0-9a-f-]{36}$/)
    expect(one.builtAt).toBe(5)
    expect(one.id).not.toBe(other.id)
    expect(one.authority).not.toEqual(other.authority)
  })

  it('keeps what is known, and adds the key that is missing', () => {
    const known = { id, builtAt: 1000 }
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

  it('is a placeholder in a plan, which can be told', () => {
    expect(placeholderState(5)).toMatchObject({
      builtAt: 5,
      authority: { privateKey: '' },
      loginKey: { privateKey: '' },
    })
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
    expect(ownKeys()).toEqual({
      value: [`${key} me`],
      by: 'derived',
      origin: { file: 'default', key: '~/.ssh/id_*.pub' },
    })
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
