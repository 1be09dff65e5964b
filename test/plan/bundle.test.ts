import { describe, expect, it } from 'vitest'
import type { Bundle } from '../../builder/model/bundle.js'
import type { Facts } from '../../builder/model/facts.js'
import { planNode } from '../../builder/plan/plan-node.js'
import { prepareNode } from '../../builder/plan/prepare.js'
import { nodeInput } from '../support/node.js'
import { practiceBase } from '../support/practice-base.js'

const MiB = 1024 * 1024
const before = 512 * MiB

/** A bundle of one package of 1 MiB. */
function bundleOf(control: string): Bundle {
  const deb = Buffer.alloc(MiB)
  return [{ name: 'a', version: '1', architecture: 'all', sha256: '', size: deb.length, control, deb }]
}

/** The size of the root partition that is planned, in MiB, where it was 512. */
function rootSize(free: number, firstBoot: Facts['firstBoot'], control = 'Installed-Size: 307200') {
  const { facts } = practiceBase('trixie')
  const root = { ...facts.root, size: before }
  const { input } = nodeInput({ base: practiceBase('trixie') })
  const given = { ...input, facts: { ...facts, root, firstBoot, free: { ...facts.free, root: free } } }
  const { plan, problems } = planNode({ ...given, bundle: bundleOf(control) }, prepareNode(given), new Map())
  expect(problems.filter(({ where }) => where.key === 'root')).toEqual([])
  return plan.rootSize === undefined ? undefined : plan.rootSize / MiB
}

describe('the root partition', () => {
  it('stays where a bundle fits and the first boot grows it', () => {
    expect(rootSize(10 * MiB, 'growroot')).toBe(undefined)
  })

  it('grows to what the packages take, where the first boot does not grow it', () => {
    // Free as far as the packages themselves go, but not with 300 MiB unpacked and 100 to spare.
    expect(rootSize(10 * MiB, 'none')).toBeGreaterThan(512 + 391)
    expect(rootSize(402 * MiB, 'none')).toBe(undefined)
    expect(rootSize(399 * MiB, 'none')).toBeGreaterThan(512)
  })

  it('grows for packages that do not say what they take', () => {
    expect(rootSize(110 * MiB, 'none', 'Package: a')).toBe(undefined)
    expect(rootSize(100 * MiB, 'none', 'Package: a')).toBeGreaterThan(512)
  })

  it('is of whole card blocks', () => {
    expect(Number(rootSize(10 * MiB, 'none')) % 4).toBe(0)
  })
})
