import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type GoldenTree, inLayers, storedPath, unneededFiles } from './layers.js'

/** Every case of three releases and three names, each of four files in one of three versions, or missing. */
const treesArbitrary = fc
  .array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }), {
    minLength: 9,
    maxLength: 9,
  })
  .map((versions) =>
    versions.map((files, index) => treeOf(`r${Math.floor(index / 3)}`, `c${index % 3}`, files)),
  )

function treeOf(release: string, name: string, versions: readonly number[]): GoldenTree {
  const files = versions.flatMap((version, index) =>
    version === 0 ? [] : [[`root/${index}`, Buffer.from(`version ${version}`)] as const],
  )
  return { release, name, files: new Map(files) }
}

it('layers give back every file of every case, and hold nothing that is not needed', () => {
  fc.assert(
    fc.property(treesArbitrary, (trees) => {
      const stored = inLayers(trees)
      for (const tree of trees) {
        for (const [file, bytes] of tree.files) {
          expect(stored.get(storedPath(stored, tree, file) ?? '')).toEqual(bytes)
        }
      }
      expect(unneededFiles(stored, trees)).toEqual([])
    }),
    // A fault was found in about one random case of 300.
    { numRuns: 1000 },
  )
})

it('finds files that no case uses, and files that a wider layer has', () => {
  const trees = [treeOf('r0', 'c0', [1, 1, 1]), treeOf('r0', 'c1', [1, 2, 1]), treeOf('r1', 'c1', [1, 1, 1])]
  const stored = inLayers(trees)
  expect([...stored.keys()].sort()).toEqual([
    'common/root/0',
    'common/root/1',
    'common/root/2',
    'r0/c1/root/1',
  ])
  const version = (name: string) => [name, Buffer.from('version 1')] as const
  const more = ['common/root/9', 'r0/root/0', 'r1/c1/root/2', 'r2/c0/root/0', 'common/c0/root/1'].map(version)
  expect(unneededFiles(new Map([...stored, ...more]), trees)).toEqual(more.map(([name]) => name).sort())
})
