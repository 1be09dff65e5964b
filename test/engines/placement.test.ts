import { posix } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { placeEntries } from '../../builder/engines/placement.js'
import { UserError } from '../../builder/errors.js'
import type { FileTree } from '../../builder/model/file-tree.js'
import type { RootEntry } from '../../builder/model/plan.js'
import type { PracticeEntry } from '../../scripts/practice/tree.js'
import { memoryTree } from '../support/memory-tree.js'
import { Disk, type Step } from './disk.js'

const root = { uid: 0, gid: 0 }
const names = ['a', 'b', 'c']
const somePath = fc
  .array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 })
  .map((parts) => `/${parts.join('/')}`)

/**
 * A small base image, whose names meet those of the entries often. A link leads to a file or folder that was there before
 * it, so that no links lead in a circle; to nowhere; or as far up as it goes.
 */
const baseEntries = fc
  .array(fc.tuple(somePath, fc.constantFrom('directory', 'directory', 'file', 'symlink'), fc.nat(20)), {
    maxLength: 12,
  })
  .map((wanted) => {
    const found = new Map<string, PracticeEntry>()
    for (const [path, kind, pick] of wanted.sort(([a], [b]) => a.split('/').length - b.split('/').length)) {
      const folder = path.slice(0, path.lastIndexOf('/'))
      if (found.has(path) || (folder !== '' && found.get(folder)?.kind !== 'directory')) continue
      const others = [...found.values()]
        .filter((entry) => entry.kind !== 'symlink')
        .map((entry) => entry.path)
      const relative = others.map((other) => posix.relative(posix.dirname(path), other))
      const targets = [...others, ...relative, '/nowhere', '..', '../../../..', '/']
      const target = targets[pick % targets.length] ?? '/'
      const owner = { mode: 0o750, uid: 7, gid: 8 }
      if (kind === 'directory') found.set(path, { path, kind, ...owner })
      else if (kind === 'file')
        found.set(path, { path, kind, ...owner, content: Buffer.from(`base ${path}`) })
      else if (isFollowed(found, path, target))
        found.set(path, { path, kind: 'symlink', mode: 0o777, uid: 0, gid: 0, target })
    }
    return [...found.values()]
  })

/** Whether links lead to an end once this one is there. */
function isFollowed(found: ReadonlyMap<string, PracticeEntry>, path: string, target: string): boolean {
  const link: PracticeEntry = { path, kind: 'symlink', mode: 0o777, uid: 0, gid: 0, target }
  try {
    const tree = memoryTree([...found.values(), link])
    for (const each of [...found.keys(), path]) tree.realPath(each)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

const content = fc
  .constantFrom('one', 'two')
  .map((text) => ({ content: Buffer.from(text), shown: Buffer.from(text) }))
const owned = fc.record({
  mode: fc.constantFrom(0o600, 0o644, 0o4755),
  owner: fc.record({ uid: fc.nat(3), gid: fc.nat(3) }),
})
const kindOfEntry: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  fc.tuple(owned, content).map(([own, bytes]) => ({ kind: 'file', ...own, ...bytes })),
  owned.map((own) => ({ kind: 'directory', ...own })),
  fc.constantFrom('/etc/no', '../no', 'no').map((target) => ({ kind: 'symlink', target })),
  fc.constant({ kind: 'removal' }),
)

const isLeaf = (kind: unknown) => kind === 'file' || kind === 'symlink'

/** Entries as a plan has them: each path once, sorted, and none below a file or a link of the plan. */
const planned = fc
  .uniqueArray(fc.tuple(somePath, kindOfEntry), { selector: ([path]) => path, minLength: 1, maxLength: 5 })
  .map((all) => all.sort(([a], [b]) => (a < b ? -1 : 1)))
  .map((all) =>
    all.filter(([path]) => !all.some(([other, { kind }]) => path.startsWith(`${other}/`) && isLeaf(kind))),
  )
  .map((all) => all.map(([path, kind]) => ({ path, origins: [], ...kind }) as unknown as RootEntry))

/** The steps; undefined where the base image has no place for an entry, which is said as a problem with a hint. */
function stepsFor(base: readonly PracticeEntry[], entries: readonly RootEntry[]): Step[] | undefined {
  try {
    return placeEntries(memoryTree(base), entries, 'base.img')
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    expect(error.problems.length).toBeGreaterThan(0)
    for (const { where, what, hint } of error.problems) {
      expect(where).toMatchObject({ file: 'base.img', key: expect.stringMatching(/^root\//) as string })
      expect(what.length * (hint ?? '').length).toBeGreaterThan(0)
    }
    return undefined
  }
}

/** The base image after the steps; throws for a step that is impossible there. */
function after(base: readonly PracticeEntry[], steps: readonly Step[]): Disk {
  const disk = new Disk(base)
  for (const step of steps) disk.take(step)
  return disk
}

/** Whether other entries are where a removal is, or below, by whatever names. */
function hasOthers(tree: FileTree, entries: readonly RootEntry[], { path }: RootEntry): boolean {
  const real = realPath(tree, path)
  const others = entries.filter(({ kind }) => kind !== 'removal').map((entry) => realPath(tree, entry.path))
  return others.some((other) => other === real || other.startsWith(`${real}/`))
}

/** Links on the way are followed, a final one is not. */
function realPath(tree: FileTree, path: string): string {
  return posix.join(tree.realPath(posix.dirname(path)) ?? posix.dirname(path), posix.basename(path))
}

/** Holds for most inputs of which each fits into its base image. */
function whereItFits(
  property: (base: readonly PracticeEntry[], entries: readonly RootEntry[], steps: Step[]) => void,
) {
  let fitting = 0
  fc.assert(
    fc.property(baseEntries, planned, (base, entries) => {
      const steps = stepsFor(base, entries)
      if (steps === undefined) return
      fitting += 1
      property(base, entries, steps)
    }),
    { numRuns: 300 },
  )
  expect(fitting).toBeGreaterThan(50)
}

describe('the steps that place entries in a base image', { timeout: 60_000 }, () => {
  it('are possible in their order, on real paths', () => {
    whereItFits((base, _, steps) => void after(base, steps))
  })

  it('leave what the plan says', () => {
    whereItFits((base, entries, steps) => {
      const tree = memoryTree(after(base, steps).entries())
      for (const entry of entries) {
        const found = tree.stat(entry.path)
        if (entry.kind === 'removal' && !hasOthers(tree, entries, entry)) expect(found).toBeUndefined()
        else if (entry.kind === 'symlink')
          expect(found).toMatchObject({ kind: 'symlink', target: entry.target })
        else if (entry.kind === 'file' || entry.kind === 'directory') {
          expect(found).toMatchObject({ kind: entry.kind, mode: entry.mode, ...entry.owner })
          if (entry.kind === 'file') expect(tree.readFile(entry.path)).toEqual(entry.content)
        }
      }
    })
  })

  it('change nothing else', () => {
    whereItFits((base, _, steps) => {
      const touched = new Set(steps.map(({ path }) => path))
      const disk = after(base, steps)
      for (const entry of base) if (!touched.has(entry.path)) expect(disk.at(entry.path)).toEqual(entry)
      const made = disk.entries().filter(({ path }) => !base.some((entry) => entry.path === path))
      expect(made.filter(({ path }) => !touched.has(path))).toEqual([])
    })
  })

  it('come to the same when they are placed once more', () => {
    whereItFits((base, entries, steps) => {
      const once = after(base, steps).entries()
      const again = stepsFor(once, entries)
      // A removed folder in which another entry lies is removed and made again.
      if (entries.some(({ kind }) => kind === 'removal') && again === undefined) return
      expect(after(once, again ?? []).entries()).toEqual(once)
      if (entries.some(({ kind }) => kind === 'removal')) return
      const verbs = new Set(again?.map((step) => step.do))
      expect([...verbs].filter((verb) => !['own', 'unlink', 'write'].includes(verb))).toEqual([])
    })
  })

  it('are the same every time', () => {
    whereItFits((base, entries, steps) => {
      expect(placeEntries(memoryTree(base), entries, 'base.img')).toEqual(steps)
    })
  })
})

describe('a folder that is moved', () => {
  const folder = (path: string): PracticeEntry => ({ path, kind: 'directory', mode: 0o755, ...root })
  const base: PracticeEntry[] = [
    folder('/home'),
    folder('/home/pi'),
    { path: '/home/pi/old', kind: 'file', mode: 0o644, ...root, content: Buffer.from('old') },
    { path: '/link', kind: 'symlink', mode: 0o777, ...root, target: 'home/pi' },
  ]
  const move: RootEntry = { kind: 'move', path: '/home/pi', to: '/home/ada', origins: [] }
  const below = somePath.filter((path) => path.split('/').length < 4)

  it('is moved before all else, and has its new entries, also those by a link to its old name', () => {
    fc.assert(
      fc.property(fc.constantFrom('/home/ada', '/link'), below, content, (folderName, path, bytes) => {
        const file: RootEntry = {
          kind: 'file',
          path: folderName + path,
          mode: 0o600,
          owner: root,
          origins: [],
          ...bytes,
        }
        const steps = placeEntries(memoryTree(base), [file, move], 'base.img')
        expect(steps[0]).toEqual({ do: 'rename', path: '/home/pi', to: '/home/ada' })
        const disk = after(base, steps)
        expect(disk.at(`/home/ada${path}`)).toMatchObject({ kind: 'file', content: bytes.content })
        expect(disk.at('/home/ada/old')).toMatchObject({ kind: 'file' })
        expect(disk.at('/home/pi')).toBeUndefined()
      }),
    )
  })

  it('is refused where its new name is taken', () => {
    expect(() => placeEntries(memoryTree([...base, folder('/home/ada')]), [move], 'base.img')).toThrow(
      UserError,
    )
  })
})

describe('a name of the base image that no command of debugfs can contain', () => {
  it.each(['line\nend', 'tab\tstop', 'delete\x7f', '\ufffd', 'x'.repeat(450)])('%j is refused', (name) => {
    const entry: RootEntry = {
      kind: 'file',
      path: `/${name}`,
      mode: 0o644,
      owner: root,
      origins: [],
      content: Buffer.alloc(0),
      shown: Buffer.alloc(0),
    }
    expect(() => placeEntries(memoryTree([]), [entry], 'base.img')).toThrow(UserError)
  })
})
