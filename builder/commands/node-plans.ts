import { join } from 'node:path'
import { StepError, UserError } from '../errors.js'
import { placeEntries, type Step } from '../engines/placement.js'
import { type OpenImage, openImage } from '../image/base-image.js'
import { readBaseFiles } from '../image/base-files.js'
import { detectCompression } from '../image/compression.js'
import { readFacts } from '../image/facts.js'
import { type ChosenImage, chooseImage } from '../load/choose-image.js'
import type { NodeRequest, Placed } from '../load/cluster-file.js'
import type { NodeOptions } from '../load/command-line.js'
import { coreVariables } from '../load/core-variables.js'
import { findLibrary, type Library, loadOverlays, loadProfile } from '../load/library.js'
import { loadOverlay } from '../load/overlays.js'
import { buildTime, newState, ownKeys, placeholderState, readState } from '../load/state.js'
import { readRequests } from '../load/requests.js'
import { declaredVariables, type Given, resolveValues } from '../load/values.js'
import { readVersion } from '../load/version.js'
import type { ClusterState } from '../model/cluster-state.js'
import type { PackagesLock } from '../model/bundle.js'
import type { Facts } from '../model/facts.js'
import type { Overlay } from '../model/overlay.js'
import type { Entry, Plan } from '../model/plan.js'
import { planRecordPath } from '../model/plan-record.js'
import type { Problem } from '../model/problem.js'
import { type Bundler, lockName, openBundler } from '../packages/bundle.js'
import { readLock } from '../packages/lock-file.js'
import { checkCluster } from '../plan/cluster-rules.js'
import { checkOverlay } from '../plan/check-overlay.js'
import { planNode } from '../plan/plan-node.js'
import { allEntries } from '../plan/plan-record.js'
import { type PlanInput, prepareNode, wantedPaths } from '../plan/prepare.js'
import { unpackedImage } from './engine.js'

/** One node, ready to be shown or applied. */
export interface NodePlan {
  readonly base: OpenImage
  readonly facts: Facts
  readonly plan: Plan
  readonly entries: readonly Entry[]
  /** The root entries as steps on the base image. */
  readonly steps: readonly Step[]
}

export interface NodePlans {
  readonly nodes: readonly NodePlan[]
  readonly warnings: readonly Problem[]
  /** What `.piimg/` holds, or would hold after a build. */
  readonly state: ClusterState
  /** What is to be `packages.lock`, where that is not what it is. */
  readonly lock?: PackagesLock
  /** Closes the base images. */
  close(): void
}

/** A base image that is open, and what it is. */
interface Base {
  readonly image: OpenImage
  readonly facts: Facts
  readonly bundler: Bundler | undefined
}

/**
 * Loads and plans the nodes that the options name, or all of the cluster file. Writes nothing but the cache of unpacked
 * images.
 * @param purpose a build makes the state of a new cluster; anything else puts placeholders in its place
 * @param outputProblems what stands against writing these nodes' cards
 * @throws {UserError} with every problem that was found, in options, profiles, overlays and base images
 */
export async function planNodes(
  folder: string,
  options: NodeOptions,
  purpose: 'build' | 'show',
  outputProblems: (hostnames: readonly string[], base: string | undefined) => readonly Problem[] = () => [],
): Promise<NodePlans> {
  const found = new Problems()
  const { nodes: requests, given, hostnames, problems } = readRequests(folder, options)
  found.add(problems)
  const resolved = resolveRequests(folder, requests, given, found)
  const images = new Map<string, ChosenImage | undefined>()
  for (const { image } of requests) {
    const key = image?.text ?? ''
    if (!images.has(key)) images.set(key, await found.collect(() => chooseImage(folder, { option: options.image, file: image }, process.env, isCard))) // prettier-ignore
  }
  const paths = new Map([...images.values()].map((chosen) => [chosen?.path, chosen]))
  for (const path of paths.keys()) found.add(outputProblems(hostnames, path))
  const bases = new Map<string, Base>()
  const close = (): void => {
    for (const { image } of bases.values()) image.close()
  }
  try {
    for (const chosen of paths.values()) {
      const base = chosen === undefined ? undefined : await openBase(chosen, found)
      if (chosen === undefined || base === undefined) continue
      // A packed base image has an unpacked copy, which is none the less not to be written.
      found.add(outputProblems(hostnames, base.file))
      const facts = await found.collect(() => readFacts(base))
      const bundler = facts === undefined ? undefined : await found.collect(() => bundlerFor(folder, options, base, facts)) // prettier-ignore
      if (facts === undefined) base.close()
      else bases.set(chosen.path, { image: base, facts, bundler })
    }
    if (bases.size === 0) throw found.error()
    if (options.packages === 'bundle' && paths.size > 1) found.add([oneLock])
    const needsKey = resolved.some(({ given: values }) => !values.has('authorized_keys') && !values.has('password_hash')) // prettier-ignore
    const known = await found.collect(() => stateFor(folder, purpose, needsKey && ownKeys() === undefined))
    const state = known ?? placeholderState(0)
    // A broken overlay cannot be planned; wrong values can, and what else is wrong is found so.
    if (resolved.some(({ kind }) => kind.isBroken)) throw found.error()
    const nodes: NodePlan[] = []
    for (const { request, kind, given: values } of resolved) {
      const base = bases.get(images.get(request.image?.text ?? '')?.path ?? '')
      if (base === undefined) continue
      const input = { ...commonInput(request.profile?.text ?? '', state), ...kind, facts: base.facts, given: values }
      const node = await planOne(input, base, found)
      if (node !== undefined) nodes.push(node)
    }
    found.add(checkCluster(nodes.map(({ plan }) => plan.values)))
    if (found.hasErrors()) throw found.error()
    const lock = [...bases.values()].map(({ bundler }) => bundler?.newLock()).find((each) => each !== undefined)
    return { nodes, warnings: found.warnings(), state, ...(lock === undefined ? {} : { lock }), close }
  } catch (error) {
    close()
    throw error
  }
} // prettier-ignore

const oneLock: Problem = {
  severity: 'error',
  where: { file: 'command line', key: '--packages' },
  what: 'a bundle of packages for several base images at once',
  hint: 'build the nodes of each image in a folder of their own',
}

/** Each node with what its profile is made of, and its values. */
function resolveRequests(folder: string, requests: readonly NodeRequest[], line: readonly Given[], found: Problems) {
  const kinds = new Map<string | undefined, Kind>()
  return requests.map((request) => {
    const kind = kinds.get(request.profile?.text) ?? loadKind(folder, request.profile, found)
    kinds.set(request.profile?.text, kind)
    const own = { name: 'hostname', ...request.hostname }
    const general = [...kind.profiles.flatMap(({ values }) => values), ...request.given, own]
    const { values, problems } = resolveValues(kind.variables, general, line)
    found.add(problems)
    return { request, kind, given: values }
  })
} // prettier-ignore

/** What the plans of all nodes follow from. */
function commonInput(profile: string, { id, builtAt, loginKey }: ClusterState) {
  const made = { value: [loginKey?.publicKey ?? ''], origin: { file: '.piimg/id_ed25519' } }
  return { profile, loginKeys: ownKeys() ?? made, clusterId: id, builtAt, version: readVersion() }
}

function bundlerFor(
  folder: string,
  { packages }: NodeOptions,
  { root }: OpenImage,
  { architecture }: Facts,
): Bundler | undefined {
  return packages === 'bundle' ? openBundler(root, architecture, readLock(join(folder, lockName))) : undefined
}

async function planOne(
  input: PlanInput,
  { image: base, facts, bundler }: Base,
  found: Problems,
): Promise<NodePlan | undefined> {
  const prepared = prepareNode(input)
  found.add(prepared.problems)
  const files = await found.collect(() => readBaseFiles(base, wantedPaths(input, prepared)))
  if (files === undefined) return undefined
  const first = planNode(input, prepared, files)
  found.add(first.problems)
  // Packages take a while to fetch: not for an input that is wrong already.
  const bundle = found.hasErrors() ? undefined : await found.collect(() => bundler?.bundleOf(first.plan))
  const { plan, problems } = bundle === undefined ? first : planNode({ ...input, bundle }, prepared, files)
  found.add(problems)
  const steps = await found.collect(() => placeEntries(base.root, plan.root, base.name))
  return { base, facts, plan, entries: allEntries(plan), steps: steps ?? [] }
}

type Kind = ReturnType<typeof loadKind>

/** What a profile is made of. */
function loadKind(folder: string, profile: Placed | undefined, found: Problems) {
  const library = findLibrary(folder)
  const { chain, problems } =
    profile === undefined ? { chain: [], problems: [] } : loadProfile(library, profile.text, profile.origin)
  const loaded = loadOverlays(library, chain)
  const declared = declaredVariables(loaded.overlays)
  const checked = loaded.overlays.flatMap((overlay) => checkOverlay(overlay, coreVariables))
  found.add([...problems, ...loaded.problems, ...declared.problems, ...checked])
  const isWhole = chain.length > 0 && problems.length === 0 && loaded.problems.length === 0
  return {
    profiles: chain,
    overlays: loaded.overlays,
    // Which overlays a node has is not known without its profile: then any overlay's variable may be right.
    variables: isWhole ? declared.variables : declaredVariables(everyOverlay(library)).variables,
    isBroken: chain.length > 0 && (!isWhole || declared.problems.length > 0 || checked.length > 0),
  }
}

function everyOverlay(library: Library): Overlay[] {
  return [...library.overlays].map(([name, folder]) => loadOverlay(name, folder).overlay)
}

/** Unpacking takes minutes: not for an input that is wrong already. */
async function openBase(chosen: ChosenImage, found: Problems): Promise<OpenImage | undefined> {
  const packed = await found.collect(() => detectCompression(chosen.path))
  if (packed === undefined || (packed !== 'none' && found.hasErrors())) return undefined
  const file = await unpackedImage(chosen.path)
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

async function stateFor(folder: string, purpose: 'build' | 'show', needsKey: boolean): Promise<ClusterState> {
  const { now, fixed } = buildTime(process.env)
  const known = await readState(folder)
  const placeholder = placeholderState(now)
  const state =
    purpose === 'build'
      ? await newState(now, needsKey, known)
      : { ...placeholder, ...known, ...(needsKey && known?.loginKey === undefined ? { loginKey: placeholder.loginKey } : {}) } // prettier-ignore
  return fixed ? { ...state, builtAt: now } : state
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

class Problems {
  readonly #all = new Map<string, Problem>()

  add(problems: readonly Problem[]): void {
    for (const problem of problems) this.#all.set(JSON.stringify(problem), problem)
  }

  /** The result, or undefined with its problems taken down. */
  async collect<T>(work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      this.add(error.problems)
      return undefined
    }
  }

  hasErrors(): boolean {
    return [...this.#all.values()].some(({ severity }) => severity === 'error')
  }

  warnings(): Problem[] {
    return [...this.#all.values()].filter(({ severity }) => severity === 'warning')
  }

  error(): UserError {
    return new UserError([...this.#all.values()])
  }
}
