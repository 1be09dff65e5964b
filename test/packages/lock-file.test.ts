import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { saveLock } from '../../builder/apply/save-lock.js'
import { UserError } from '../../builder/errors.js'
import type { LockedPackage, PackagesLock } from '../../builder/model/bundle.js'
import { readLock } from '../../builder/packages/lock-file.js'
import { temporaryFolder } from '../support/temporary.js'

const hello: LockedPackage = {
  name: 'hello',
  version: '2.10-3',
  architecture: 'arm64',
  sha256: 'a'.repeat(64),
  size: 53_052,
}
const packages = fc.record(
  {
    name: fc.stringMatching(/^[a-z0-9][a-z0-9+.-]{1,20}$/),
    version: fc.stringMatching(/^(\d:)?\d[\w.+~-]{0,15}$/),
    architecture: fc.constantFrom('arm64', 'armhf', 'all'),
    sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
    size: fc.nat(),
  },
  { noNullPrototype: true },
)
const locks: fc.Arbitrary<PackagesLock> = fc.record(
  {
    base: fc.stringMatching(/^[0-9a-f]{64}$/),
    sets: fc.array(
      fc.record(
        { wanted: fc.array(fc.string(), { maxLength: 4 }), packages: fc.array(packages, { maxLength: 4 }) },
        { noNullPrototype: true },
      ),
      { maxLength: 3 },
    ),
  },
  { noNullPrototype: true },
)

describe('packages.lock', () => {
  it('is read as it was written, and nothing else is left beside it', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'packages.lock')
    await fc.assert(
      fc.asyncProperty(locks, async (lock) => {
        await saveLock(path, lock)
        expect(readLock(path)).toEqual(lock)
        expect(readdirSync(folder)).toEqual(['packages.lock'])
      }),
      { numRuns: 50 },
    )
    expect(readFileSync(path, 'utf8')).toMatch(/^\{\n[^]*\}\n$/)
  })

  it('is nothing where there is no file', () => {
    expect(readLock(join(temporaryFolder(), 'packages.lock'))).toBeUndefined()
  })

  const set = (part: object) => ({
    base: 'b',
    sets: [{ wanted: ['hello'], packages: [{ ...hello, ...part }] }],
  })
  it.each<[string, unknown]>([
    ['no JSON', '{"base":'],
    ['a number', 7],
    ['nothing', null],
    ['no base', { sets: [] }],
    ['a base that is no text', { base: 1, sets: [] }],
    ['no sets', { base: 'b' }],
    ['a set that is nothing', { base: 'b', sets: [null] }],
    ['wanted that is no list', { base: 'b', sets: [{ wanted: 'hello', packages: [] }] }],
    ['wanted that is no text', { base: 'b', sets: [{ wanted: [1], packages: [] }] }],
    ['no packages', { base: 'b', sets: [{ wanted: [] }] }],
    ['a name that is a path to another folder', set({ name: '../../etc/passwd' })],
    ['a name that is an option of apt', set({ name: '-o' })],
    ['a version with a space', set({ version: '1 2' })],
    ['a version that ends in a line', set({ version: '1\n' })],
    ['an architecture with a slash', set({ architecture: 'a/b' })],
    ['a hash that is too short', set({ sha256: 'ab' })],
    ['a hash in capitals', set({ sha256: 'A'.repeat(64) })],
    ['a size that is no whole number', set({ size: 1.5 })],
    ['a package without a size', set({ size: undefined })],
  ])('is refused with its place where it holds %s', (_, content) => {
    const path = join(temporaryFolder(), 'packages.lock')
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    const read = () => readLock(path)
    expect(read).toThrow(UserError)
    expect(problemsOf(read)).toEqual([
      {
        severity: 'error',
        where: { file: path },
        what: expect.any(String) as string,
        hint: expect.stringContaining('remove it') as string,
      },
    ])
  })

  it('of these tests is otherwise right', () => {
    const path = join(temporaryFolder(), 'packages.lock')
    writeFileSync(path, JSON.stringify(set({})))
    expect(readLock(path)).toEqual(set({}))
  })
})

function problemsOf(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error instanceof UserError ? error.problems : error
  }
}
