import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isLeftover, partialName } from '../../builder/host/owner.js'
import { removeLeftovers, withWorkFolder } from '../../builder/host/work-folder.js'
import { temporaryFolder } from '../support/temporary.js'

const day = 24 * 3600 * 1000

/** A name as another process would give it: `.piimg-COMPUTER-PID-START-RANDOM.partial`. */
function nameOf(change: { computer?: string; pid?: number; started?: string }): string {
  const [, computer = '', pid = '', started = '', random = ''] = partialName()
    .replace('.partial', '')
    .split('-')
  const parts = [change.computer ?? computer, change.pid ?? pid, change.started ?? started, random]
  return `.piimg-${parts.join('-')}.partial`
}

/** The number of a process that has ended. */
function deadPid(): number {
  return spawnSync('true').pid
}

function folderWith(name: string, ageInMilliseconds = 0): string {
  const parent = temporaryFolder()
  const path = join(parent, name)
  mkdirSync(path)
  writeFileSync(join(path, 'node3.img'), 'half')
  const then = new Date(Date.now() - ageInMilliseconds)
  utimesSync(path, then, then)
  return path
}

describe('a work folder', () => {
  it('is private, is there for the work, and gone afterwards', async () => {
    const parent = temporaryFolder({ 'other.txt': 'x' })
    const result = await withWorkFolder(parent, (folder) => {
      writeFileSync(join(folder, 'a'), 'x')
      mkdirSync(join(folder, 'b/c'), { recursive: true })
      expect(statSync(folder).mode & 0o777).toBe(0o700)
      expect(readdirSync(parent)).toEqual([basename(folder), 'other.txt'])
      return Promise.resolve(7)
    })
    expect(result).toBe(7)
    expect(readdirSync(parent)).toEqual(['other.txt'])
  })

  it('is gone also when the work fails', async () => {
    const parent = temporaryFolder()
    await expect(withWorkFolder(parent, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(readdirSync(parent)).toEqual([])
  })

  it('has a name of its own every time', () => {
    expect(partialName()).not.toBe(partialName())
    expect(partialName()).toMatch(/^\.piimg-[0-9a-f]{8}-\d+-\d+-[0-9a-f]{8}\.partial$/)
  })

  it('takes away what a killed run left', async () => {
    const left = folderWith(nameOf({ pid: deadPid() }))
    await withWorkFolder(join(left, '..'), () => Promise.resolve())
    expect(existsSync(left)).toBe(false)
  })
})

describe('a leftover is', () => {
  it('what a process left that has ended', () => {
    const path = folderWith(nameOf({ pid: deadPid() }))
    expect(isLeftover(path)).toBe(true)
    removeLeftovers(join(path, '..'))
    expect(existsSync(path)).toBe(false)
  })

  it.runIf(existsSync('/proc/self/stat'))('what a process left whose number another one has now', () => {
    const path = folderWith(nameOf({ started: '1' }))
    removeLeftovers(join(path, '..'))
    expect(existsSync(path)).toBe(false)
  })

  it('nothing of a process that lives, however old', () => {
    const path = folderWith(nameOf({}), 10 * day)
    expect(isLeftover(path)).toBe(false)
    removeLeftovers(join(path, '..'))
    expect(existsSync(path)).toBe(true)
  })

  it('what another computer left, after a day', () => {
    const computer = '00000000'
    expect(isLeftover(folderWith(nameOf({ computer, pid: deadPid() }), day - 60_000))).toBe(false)
    expect(isLeftover(folderWith(nameOf({ computer }), day + 60_000))).toBe(true)
  })

  it.each(['out', '.piimg', '.piimg-notes', 'x.partial', '.piimg.partial'])('never %s', (name) => {
    const path = folderWith(name, 10 * day)
    removeLeftovers(join(path, '..'))
    expect(existsSync(path)).toBe(true)
  })
})
