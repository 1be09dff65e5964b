import type {
  Append,
  NodeList,
  Overlay,
  OverlayItem,
  PartitionName,
  Requirement,
  When,
} from '../model/overlay.js'
import { type Origin, type Problem, error } from '../model/problem.js'
import type { Variable } from '../model/variable.js'
import { parseConditions } from './conditions.js'
import type { FileSettings } from './overlay-tree.js'
import type { SectionReader } from './sections.js'

/** What was read of an `overlay.ini` so far. */
export interface Reading {
  readonly folder: string
  readonly problems: Problem[]
  summary: string
  needs: Overlay['needs']
  provides: readonly string[]
  /** What all sections depend on. */
  when: When
  readonly variables: Variable[]
  readonly lists: NodeList[]
  readonly items: OverlayItem[]
  readonly appends: Append[]
  readonly requirements: Requirement[]
  /** Paths of configuration files that the overlay may still write. */
  readonly allowed: string[]
  /** What `[file …]` sections say, by `root/…` and `boot/…`. */
  readonly settings: Map<string, FileSettings & { readonly origin: Origin }>
}

/** Reads a section `[kind rest]`. */
export type ReadSection = (reading: Reading, rest: string, section: SectionReader) => void

/** A path `boot/…` or `root/…`, and what else every item has. */
export function itemAt(reading: Reading, text: string, section: SectionReader) {
  const [, partition, path] = /^(boot|root)(\/.+)$/.exec(text) ?? []
  if (path === undefined) {
    const [what, hint] = [`"${text}" is not a path in the image`, 'it begins with boot/ or root/']
    reading.problems.push(error(section.origin, what, hint))
  }
  return {
    partition: (partition ?? 'root') as PartitionName,
    path: { text: path ?? '/', origin: section.origin },
    ...conditionsOf(reading, section),
    origin: section.origin,
  }
}

export function conditionsOf(reading: Reading, section: SectionReader) {
  return { when: parseConditions(section.text('when'), reading.problems) }
}

/** @param mode where the section gives none */
export function ownership(section: SectionReader, mode: number) {
  return { mode: section.mode('mode', mode), owner: section.owner('owner') }
}

export function flag(section: SectionReader, key: string): boolean {
  return section.word(key, ['yes', 'no']) === 'yes'
}
