import { promises } from '../effects/registry.js'
import { readFacts } from '../image/facts.js'
import type { OpenImage } from '../image/open-image.js'
import type { Facts } from '../model/facts.js'
import type { Entry, Plan } from '../model/plan.js'
import type { Problem } from '../model/problem.js'
import { type Difference, stockDifferences } from '../stock/differences.js'
import { recordedImage, recordedNode } from './recorded-reads.js'
import { planSamples } from './sample-nodes.js'
import { meaningOf } from './what-differs-means.js'

/** A file that differs from the stock image, and what that means for a node. */
export interface InspectedFile extends Difference {
  /** The promises of a card that depend on it, or the overlays that write it; none where only the facts do. */
  readonly promises: readonly string[]
  readonly meaning: string
}

export interface InspectedBase {
  /** Whether the release has a list; without one, only files of packages are compared. */
  readonly hasList: boolean
  readonly differences: readonly InspectedFile[]
}

/**
 * How a base image differs from the stock image of its release, in the files that a node's promises depend on: those that
 * the facts, the plans and the checks of two sample nodes read, and those that the plans write.
 */
export async function inspectBase(image: OpenImage, facts: Facts): Promise<InspectedBase> {
  const { reads, plans, problems } = await readAll(image, facts)
  const entries = new Map(plans.flatMap(entriesOf))
  const isCompared = (path: string) => {
    const tree = path.startsWith('boot') ? image.boot : image.root
    return tree.stat(path.slice(4))?.kind !== 'directory' || entries.get(path)?.kind === 'removal'
  }
  const paths = [...reads.keys(), ...entries.keys()].filter(isCompared)
  const { isKnown, differences } = stockDifferences(image, facts, paths)
  const byPlace = problemsByPlace(problems, image.name)
  const others = [...byPlace.keys()].filter((path) => differences.every((each) => each.path !== path))
  const all = [...differences, ...others.map((path) => ({ path, change: 'changed' as const }))]
  return {
    hasList: isKnown,
    differences: all.map((difference) => {
      const { path } = difference
      const entry = entries.get(path)
      const meaning = meaningOf(difference, { entry, problem: byPlace.get(path), image })
      return { ...difference, promises: promisesOf(reads.get(path), entry), meaning }
    }),
  }
}

/** dpkg's records are what the others are compared with. */
const isRecord = (path: string) => path.startsWith('root/var/lib/dpkg/')

async function readAll(image: OpenImage, facts: Facts) {
  const reads = new Map<string, Set<string>>()
  const note = (promise: string, path: string) => {
    if (!isRecord(path)) reads.set(path, (reads.get(path) ?? new Set()).add(promise))
  }
  readFacts(recordedImage(image, (path) => note(ofNone, path)))
  // The steps of a plan look up every folder on the way.
  const planned = recordedImage(image, (path, isRead) => (isRead ? note(ofNone, path) : undefined))
  const { plans, problems } = await planSamples(planned, facts)
  for (const [promise, checks] of Object.entries(promises)) {
    for (const plan of plans) {
      const node = () => recordedNode(image, facts, plan, (path) => note(promise, path))
      const found = [checks].flat().flatMap((check) => check(node()))
      for (const path of problemsByPlace(found, image.name).keys()) note(promise, path)
    }
  }
  return { reads, plans, problems }
}

/** Read for the facts or a plan, and by no check. */
const ofNone = ''

function promisesOf(readers: ReadonlySet<string> | undefined, entry: Entry | undefined): string[] {
  const named = [...(readers ?? [])].filter((name) => name !== ofNone)
  const overlays = entry?.origins.flatMap(({ inOverlay }) => inOverlay?.split('/')[0] ?? []) ?? []
  return named.length > 0 ? named : [...new Set(overlays)]
}

function entriesOf({ boot, root }: Plan): [string, Entry][] {
  return [
    ...boot.map((entry): [string, Entry] => [`boot${entry.path}`, { partition: 'boot', ...entry }]),
    ...root.map((entry): [string, Entry] => [`root${entry.path}`, { partition: 'root', ...entry }]),
  ]
}

/** The problems of the base image by the file where they are; of several the first error, else the first. */
function problemsByPlace(problems: readonly Problem[], image: string): ReadonlyMap<string, Problem> {
  const found = new Map<string, Problem>()
  for (const problem of problems) {
    const { file, key } = problem.where
    if (file !== image || key === undefined) continue
    const path = key.replace(/, line \d+$/, '')
    const before = found.get(path)
    if (before === undefined || (before.severity === 'warning' && problem.severity === 'error'))
      found.set(path, problem)
  }
  return found
}
