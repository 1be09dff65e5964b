import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runningEmulation, whileRunning } from '../../builder/emulate/running.js'

describe('.piimg/emulated.json', () => {
  let state = ''
  beforeEach(() => (state = mkdtempSync(join(tmpdir(), 'piimg-running-'))))
  afterEach(() => rmSync(state, { recursive: true }))
  const file = () => join(state, 'emulated.json')

  it('contains the port while an emulation runs, and only its user can read it', async () => {
    await whileRunning(state, 2222, () => {
      expect(runningEmulation(state)).toMatchObject({ pid: process.pid, sshPort: 2222 })
      expect(statSync(file()).mode & 0o777).toBe(0o600)
      return Promise.resolve()
    })
    expect(existsSync(file())).toBe(false)
    expect(runningEmulation(state)).toBe(undefined)
  })

  it('goes when the emulation fails', async () => {
    await expect(whileRunning(state, 2222, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(existsSync(file())).toBe(false)
  })

  it('contains the first of two emulations', async () => {
    await whileRunning(state, 1, async () => {
      await whileRunning(state, 2, () => Promise.resolve())
      expect(runningEmulation(state)?.sshPort).toBe(1)
    })
  })

  it.each([
    ['a process that has ended', { pid: 2 ** 22 + 1, started: '1', sshPort: 1 }],
    ['another process with its number', { pid: process.pid, started: '1', sshPort: 1 }],
  ])('is removed where it names %s', (_, content) => {
    writeFileSync(file(), JSON.stringify(content))
    expect(runningEmulation(state)).toBe(undefined)
    expect(existsSync(file())).toBe(false)
  })

  it('is no hindrance where it is half written', async () => {
    writeFileSync(file(), '{"pid":')
    expect(runningEmulation(state)).toBe(undefined)
    await whileRunning(state, 3, () => {
      expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({ sshPort: 3 })
      return Promise.resolve()
    })
  })

  it('is not written where nothing was built', async () => {
    expect(await whileRunning(join(state, 'no'), 1, () => Promise.resolve('done'))).toBe('done')
    expect(existsSync(join(state, 'no'))).toBe(false)
  })
})
