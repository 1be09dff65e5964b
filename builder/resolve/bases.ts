import { join } from 'node:path'
import { StepError, UserError } from '../errors.js'
import { type OpenImage, openImage } from '../image/open-image.js'
import { detectCompression } from '../image/compression.js'
import { readFacts } from '../image/facts.js'
import { type ChosenImage, chooseImage } from '../load/choose-image.js'
import type { NodeRequest } from '../load/cluster-file.js'
import type { NodeOptions } from '../load/command-line.js'
import type { Facts } from '../model/facts.js'
import { planRecordPath } from '../model/plan-record.js'
import type { Problem } from '../model/problem.js'
import type { Bundler } from '../packages/bundle.js'
import type { CollectedProblems } from './collected-problems.js'

/** A base image that is open, and what it is. */
export interface Base {
  readonly image: OpenImage
  readonly facts: Facts
  readonly bundler: Bundler | undefined
}

export interface Opening {
  readonly folder: string
  readonly options: NodeOptions
  /** What stands against writing the cards of this image. */
  readonly outputProblems: (base: string | undefined) => readonly Problem[]
  readonly found: CollectedProblems
}

/** The base images of some nodes. */
export interface Bases {
  /** Undefined for a node whose image is wrong. */
  readonly of: (request: NodeRequest) => Base | undefined
  readonly all: readonly Base[]
  readonly close: () => void
}

/**
 * Opens the base image of each node, each once; what is wrong with one is found, and that one left out.
 */
export async function openBases(requests: readonly NodeRequest[], opening: Opening): Promise<Bases> {
  const { folder, options, outputProblems, found } = opening
  const chosen = new Map<string, ChosenImage | undefined>()
  for (const { image } of requests) {
    const key = image?.text ?? ''
    if (!chosen.has(key))
      chosen.set(
        key,
        await found.collect(() =>
          chooseImage(folder, { option: options.image, file: image }, process.env, isCard),
        ),
      )
  }
  const images = new Map([...chosen.values()].map((image) => [image?.path, image]))
  for (const path of images.keys()) found.add(outputProblems(path))
  if (options.packages === 'bundle' && images.size > 1) found.add([oneLock])
  const bases = new Map<string, Base>()
  const close = (): void => {
    for (const { image } of bases.values()) image.close()
  }
  try {
    for (const image of images.values()) {
      const base = image === undefined ? undefined : await openBase(image, opening)
      if (image !== undefined && base !== undefined) bases.set(image.path, base)
    }
  } catch (error) {
    close()
    throw error
  }
  const of = ({ image }: NodeRequest) => bases.get(chosen.get(image?.text ?? '')?.path ?? '')
  return { of, all: [...bases.values()], close }
}

const oneLock: Problem = {
  severity: 'error',
  where: { file: 'command line', key: '--packages' },
  what: 'a bundle of packages for several base images at once',
  hint: 'build the nodes of each image in a folder of their own',
}

async function openBase(chosen: ChosenImage, opening: Opening): Promise<Base | undefined> {
  const { folder, options, outputProblems, found } = opening
  const image = await openUnpacked(chosen, found)
  if (image === undefined) return undefined
  // A packed base image has an unpacked copy, which is none the less not to be written.
  found.add(outputProblems(image.file))
  const facts = await found.collect(() => readFacts(image))
  if (facts === undefined) {
    image.close()
    return undefined
  }
  const bundler = await found.collect(() => bundlerFor(folder, options, image, facts))
  return { image, facts, bundler }
}

/** Unpacking takes minutes: not for an input that is wrong already. */
async function openUnpacked(chosen: ChosenImage, found: CollectedProblems): Promise<OpenImage | undefined> {
  const packed = await found.collect(() => detectCompression(chosen.path))
  if (packed === undefined || (packed !== 'none' && found.hasErrors())) return undefined
  const file =
    packed === 'none' ? chosen.path : await (await import('./engine.js')).unpackedImage(chosen.path)
  return await found.collect(() => {
    const image = openImage(file, chosen.path)
    if (image.root.stat(planRecordPath) === undefined) return image
    image.close()
    const what = 'this is a card that piimg built, not a base image'
    throw new UserError([
      { severity: 'error', where: { file: chosen.path }, what, hint: 'build from the stock image' },
    ])
  })
}

/** What starts programs is loaded for those who need it: it takes longer than a plan. */
async function bundlerFor(
  folder: string,
  { packages }: NodeOptions,
  { root }: OpenImage,
  { architecture }: Facts,
): Promise<Bundler | undefined> {
  if (packages !== 'bundle') return undefined
  const { bundleTools, lockName, openBundler } = await import('../packages/bundle.js')
  const { readLock } = await import('../packages/lock-file.js')
  const { runnerOf } = await import('./engine.js')
  const openRunner = () => runnerOf(bundleTools, 'bundle packages')
  return openBundler(root, architecture, readLock(join(folder, lockName)), openRunner)
}

/** Whether a file is an image with a plan of piimg's in it. */
function isCard(path: string): boolean {
  try {
    if (detectCompression(path) !== 'none') return false
    const image = openImage(path)
    const found = image.root.stat(planRecordPath) !== undefined
    image.close()
    return found
  } catch (error) {
    if (error instanceof UserError || error instanceof StepError) return false
    throw error
  }
}
