import { outputProblems } from '../apply/output.js'
import { type ChosenImage, chooseImage } from '../load/choose-image.js'
import type { NodeRequest } from '../load/cluster-file.js'
import type { PackagesLock } from '../model/bundle.js'
import { type Origin, type Problem, error } from '../model/problem.js'
import type { CollectedProblems } from './collected-problems.js'
import type { Members } from './members.js'
import type { PlanRequest } from './plan-request.js'
import { type Base, isCard, openBase } from './open-base.js'

/** The base images of some nodes. */
export interface Bases {
  /** Undefined for a node whose image has a problem. */
  readonly of: (request: NodeRequest) => Base | undefined
  /** What is to be `packages.lock`; undefined where it is as it was. */
  readonly newLock: () => PackagesLock | undefined
  readonly close: () => void
}

/** Opens the base images of the nodes, each once. Images with problems are reported and left out. */
export async function openBases(
  { asked, hostnames, settings }: Members,
  request: PlanRequest,
  found: CollectedProblems,
): Promise<Bases> {
  const { place, purpose } = request
  const output = { folder: place.folder, option: settings.output }
  const problemsOf = (base: string | undefined) =>
    purpose === 'build' ? outputProblems(hostnames, output, base) : []
  const chosen = await chooseImages(
    asked.map(({ request: node }) => node),
    request,
    found,
  )
  const images = new Map([...chosen.values()].map((image) => [image?.path, image]))
  for (const path of images.keys()) found.add(problemsOf(path))
  if (settings.hasBundle && images.size > 1) found.add([oneLock(settings.packagesFrom)])
  const bases = new Map<string, Base>()
  const close = (): void => {
    for (const { image } of bases.values()) image.close()
  }
  try {
    for (const image of images.values()) {
      const base = image && (await openBase(image, { place, settings, problemsOf }, found))
      if (base !== undefined) bases.set(base.path, base)
    }
  } catch (error) {
    close()
    throw error
  }
  return {
    of: (node) => bases.get(chosen.get(keyOf(node))?.path ?? ''),
    newLock: () => [...bases.values()].flatMap(({ bundler }) => bundler?.newLock() ?? [])[0],
    close,
  }
}

/** Nodes for which nobody names an image have the same one. */
function keyOf({ image }: NodeRequest): string {
  return image?.text ?? ''
}

async function chooseImages(
  nodes: readonly NodeRequest[],
  { place, options }: PlanRequest,
  found: CollectedProblems,
): Promise<Map<string, ChosenImage | undefined>> {
  const chosen = new Map<string, ChosenImage | undefined>()
  for (const node of nodes) {
    if (chosen.has(keyOf(node))) continue
    const sources = { option: options.image, file: node.image }
    chosen.set(keyOf(node), await found.collect(() => chooseImage(place, sources, isCard)))
  }
  return chosen
}

function oneLock(where: Origin): Problem {
  const what = 'packages can be bundled for one base image at a time'
  return error(where, what, 'build the nodes of each image in a separate folder')
}
