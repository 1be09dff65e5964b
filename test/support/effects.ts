import type { PracticeEntry, Release } from '../../scripts/practice/entries.js'
import { planWithEffects } from './node.js'
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
  return planWithEffects({ base: practiceBase(release, root, boot), ...node }).effects.map(
    ({ where, what }) => {
      return [where.file, where.key, what].filter((part) => part !== undefined).join(': ')
    },
  )
}
