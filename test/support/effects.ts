import { checkEffects } from '../../builder/effects/registry.js'
import { finishedNode } from '../../builder/effects/finished-node.js'
import type { PracticeEntry, Release } from '../../scripts/practice/entries.js'
import { planOf } from './node.js'
import { practiceBase } from './practice-base.js'

/** What differs from the stock image, and values of the node. */
export interface Difference {
  readonly boot?: readonly PracticeEntry[]
  readonly root?: readonly PracticeEntry[]
  readonly set?: Readonly<Record<string, string>>
  readonly profile?: string
}

/** What the effect checks find on a node of a changed base image: a line each, `place: problem`, without hints. */
export function effectsOn(release: Release, { boot = [], root = [], ...node }: Difference): string[] {
  const base = practiceBase(release, root, boot)
  const { plan } = planOf({ base, ...node })
  return checkEffects(finishedNode(base.image, base.facts, plan)).map(({ where, what }) => {
    return [where.file, where.key, what].filter((part) => part !== undefined).join(': ')
  })
}
