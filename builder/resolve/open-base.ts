import { join } from 'node:path'
import { StepError, UserError } from '../errors.js'
import { detectCompression } from '../image/compression.js'
import { readFacts } from '../image/facts.js'
import { type OpenImage, openImage } from '../image/open-image.js'
import type { BuildSettings } from '../load/build-settings.js'
import type { ChosenImage } from '../load/choose-image.js'
import type { Facts } from '../model/facts.js'
import { planRecordPath } from '../model/plan-record.js'
import type { Place } from '../model/place.js'
import { type Problem, error } from '../model/problem.js'
import type { Bundler } from '../packages/bundle.js'
import type { CollectedProblems } from './collected-problems.js'

/** An open base image and its facts. */
export interface Base {
  /** The file that was chosen, perhaps packed. */
  readonly path: string
  readonly image: OpenImage
  readonly facts: Facts
  readonly bundler: Bundler | undefined
}

interface Opening {
  readonly place: Place
  readonly settings: BuildSettings
  /** What prevents writing the cards of this image. */
  readonly problemsOf: (base: string) => readonly Problem[]
}

/** Opens one base image and reads what it is; undefined where something is wrong, which is found. */
export async function openBase(
  chosen: ChosenImage,
  { place, settings, problemsOf }: Opening,
  found: CollectedProblems,
): Promise<Base | undefined> {
  const image = await openUnpacked(chosen, found)
  if (image === undefined) return undefined
  // A compressed base image has a decompressed copy, but the output must still not be the base image.
  found.add(problemsOf(image.file))
  const facts = await found.collect(() => readFacts(image))
  if (facts === undefined) {
    image.close()
    return undefined
  }
  const bundler = settings.hasBundle
    ? await found.collect(() => bundlerFor(place.folder, image, facts))
    : undefined
  return { path: chosen.path, image, facts, bundler }
}

/** Whether a file is a card image of piimg. */
export function isCard(path: string): boolean {
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

/** Decompression takes minutes, so it is skipped if there are problems already. */
async function openUnpacked({ path }: ChosenImage, found: CollectedProblems): Promise<OpenImage | undefined> {
  const packed = await found.collect(() => detectCompression(path))
  if (packed === undefined || (packed !== 'none' && found.hasErrors())) return undefined
  const file = packed === 'none' ? path : await (await import('./unpacked-image.js')).unpackedImage(path)
  return await found.collect(() => {
    const image = openImage(file, path)
    const problems = [...notBase(image), ...bootFaults(image)]
    if (problems.length === 0) return image
    image.close()
    throw new UserError(problems)
  })
}

function notBase({ root, name }: OpenImage): Problem[] {
  if (root.stat(planRecordPath) === undefined) return []
  const what = 'this is a card that piimg built, not a base image'
  return [error({ file: name }, what, 'build from the stock image')]
}

/** For these fsck.vfat, which runs last, would refuse every card of this image. */
function bootFaults({ boot, name }: OpenImage): Problem[] {
  const attach = `sudo losetup --find --show --partscan ${name}`
  const hint =
    `repair it: "${attach}" shows a name such as /dev/loop0; then run "sudo fsck.vfat -a /dev/loop0p1" and ` +
    '"sudo losetup -d /dev/loop0". Or use the stock image'
  return boot.faults().map((what) => error({ file: name, key: 'boot partition' }, what, hint))
}

/** Loaded only when it is needed: loading what starts programs takes longer than a plan. */
async function bundlerFor(folder: string, { root }: OpenImage, { architecture }: Facts): Promise<Bundler> {
  const { bundleTools, lockName, openBundler } = await import('../packages/bundle.js')
  const { readLock } = await import('../packages/lock-file.js')
  const { runnerOf } = await import('./runner.js')
  const openRunner = () => runnerOf(bundleTools, 'bundle packages')
  return openBundler(root, architecture, readLock(join(folder, lockName)), openRunner)
}
