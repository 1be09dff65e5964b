import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cachedTree } from '../../builder/image/cached-tree.js'
import { readFacts } from '../../builder/image/facts.js'
import type { OpenImage } from '../../builder/image/open-image.js'
import { CollectedProblems } from '../../builder/resolve/collected-problems.js'
import { loadMembers } from '../../builder/resolve/members.js'
import { placeholderState } from '../../builder/resolve/new-state.js'
import { planMembers } from '../../builder/resolve/plan-members.js'
import type { Release } from '../../scripts/practice/entries.js'
import { type Counts, countedTree } from '../support/counted-tree.js'
import { placeOf } from '../support/place.js'
import { practiceBase, treeOf } from '../support/practice-base.js'
import { memoryTree } from '../support/memory-tree.js'
import { temporaryFolder } from '../support/temporary.js'

const cluster = '[cluster]\nnetwork = 10.0.0.0/16\n\n[master]\nuplink = eth1\n\n[node2..node100]\n'

/** A stock image whose readers count what reaches the file systems. */
function countedImage(release: Release, counts: Counts): OpenImage {
  const { image } = practiceBase(release)
  const { boot, root } = treeOf(release)
  const counted = (name: 'boot' | 'root', entries: typeof root) =>
    Object.assign({}, image[name], cachedTree(countedTree(memoryTree(entries), name, counts)))
  return { ...image, boot: counted('boot', boot), root: counted('root', root) } as OpenImage
}

describe('the plans of 100 nodes of one base image', () => {
  it.each(['buster', 'trixie'] as const)('look up each path of it at most once: %s', async (release) => {
    const place = placeOf(temporaryFolder())
    writeFileSync(join(place.folder, 'cluster.ini'), cluster)
    const counts: Counts = new Map()
    const image = countedImage(release, counts)
    const base = { path: image.file, image, facts: readFacts(image), bundler: undefined }
    const found = new CollectedProblems()
    const members = await loadMembers({ place, options: {}, purpose: 'show' }, found)
    const bases = { of: () => base, newLock: () => undefined, close: () => undefined }
    const plans = await planMembers({ members, bases, state: placeholderState(0), place }, found, (plan) => {
      return plan.plan.hostname
    })
    expect(found.all().filter(({ severity }) => severity === 'error')).toEqual([])
    expect(plans).toHaveLength(100)
    expect(counts.size).toBeGreaterThan(200)
    expect([...counts].filter(([, count]) => count > 1)).toEqual([])
  })
})
