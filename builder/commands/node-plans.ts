import { join } from 'node:path'
import { StepError, UserError } from '../errors.js'
import { placeEntries, type Step } from '../engines/placement.js'
import { type OpenImage, openImage } from '../image/base-image.js'
import { readBaseFiles } from '../image/base-files.js'
import { detectCompression } from '../image/compression.js'
import { readFacts } from '../image/facts.js'
import { type ChosenImage, chooseImage } from '../load/choose-image.js'
import { type NodeOptions, readCommandLine } from '../load/command-line.js'
import { coreVariables } from '../load/core-variables.js'
import { findLibrary, type Library, loadOverlays, loadProfile } from '../load/library.js'
import { loadOverlay } from '../load/overlays.js'
import { buildTime, newState, ownKeys, placeholderState, readState } from '../load/state.js'
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
import { checkOverlay } from '../plan/check-overlay.js'
import { planNode } from '../plan/plan-node.js'
import { allEntries } from '../plan/plan-record.js'
import { type PlanInput, prepareNode, wantedPaths } from '../plan/prepare.js'
import { unpackedImage } from './engine.js'

/** One node, ready to be shown or applied. */
export interface NodePlan {
  readonly plan: Plan
  readonly entries: readonly Entry[]
  /** The root entries as steps on the base image. */
  readonly steps: readonly Step[]
}

export interface NodePlans {
  readonly base: OpenImage
  readonly facts: Facts
  readonly nodes: readonly NodePlan[]
  readonly warnings: readonly Problem[]
  /** What `.piimg/` holds, or would hold after a build. */
  readonly state: ClusterState
  /** What is to be `packages.lock`, where that is not what it is. */
  readonly lock?: PackagesLock
}

/**
 * Loads and plans the nodes that the options name. Writes nothing but the cache of unpacked images.
 * @param purpose a build makes the state of a new cluster; anything else puts placeholders in its place
 * @param outputProblems what stands against writing these nodes' cards
 * @throws {UserError} with every problem that was found, in options, profiles, overlays and the base image
 */
export async function planNodes(
  folder: string,
  options: NodeOptions,
  purpose: 'build' | 'show',
  outputProblems: (hostnames: readonly string[], base: string | undefined) => readonly Problem[] = () => [],
): Promise<NodePlans> {
  const found = new Problems()
  const line = readCommandLine(options)
  found.add(line.problems)
  if (options.profile === undefined)
    found.add([missing('profile', 'what kind of node it is: --profile worker')])
  if (line.hostnames.length === 0 && options.hostname === undefined)
    found.add([missing('hostname', 'its name: --hostname node3')])
  const kind = loadKind(folder, options.profile, found)
  const chosen = await found.collect(() => chooseImage(folder, options.image, process.env, isCard))
  // Where no name is right, what else is wrong is found with one that fits everywhere.
  const perNode = (line.hostnames.length > 0 ? line.hostnames : ['node2']).map((hostname) => {
    const own: Given = {
      name: 'hostname',
      text: hostname,
      origin: { file: 'command line', key: '--hostname' },
    }
    return resolveValues(kind.variables, kind.profiles, [...line.given, own])
  })
  for (const { problems } of perNode) found.add(problems)
  const hostnames = line.hostnames.filter((name) => !name.includes('/'))
  found.add(outputProblems(hostnames, chosen?.path))
  const base = chosen === undefined ? undefined : await openBase(chosen, found)
  if (base === undefined) throw found.error()
  try {
    // A packed base image has an unpacked copy, which is none the less not to be written.
    found.add(outputProblems(hostnames, base.file))
    const facts = await found.collect(() => readFacts(base))
    if (facts === undefined) throw found.error()
    const values = perNode.map((node) => node.values)
    const needsKey = values.some((each) => !each.has('authorized_keys') && !each.has('password_hash'))
    const known = await found.collect(() => stateFor(folder, purpose, needsKey && ownKeys() === undefined))
    const state = known ?? placeholderState(0)
    // A broken overlay cannot be planned; wrong values can, and what else is wrong is found so.
    if (kind.isBroken) throw found.error()
    const common = { ...commonInput(options, state), ...kind, facts }
    const bundler = await found.collect(() => bundlerFor(folder, options, base, facts))
    const nodes: (NodePlan | undefined)[] = []
    for (const given of values) nodes.push(await planOne({ ...common, given }, base, found, bundler))
    if (found.hasErrors()) throw found.error()
    const lock = bundler?.newLock()
    return {
      base,
      facts,
      nodes: nodes.flatMap((node) => node ?? []),
      warnings: found.warnings(),
      state,
      ...(lock === undefined ? {} : { lock }),
    }
  } catch (error) {
    base.close()
    throw error
  }
}

/** What the plans of all nodes follow from. */
function commonInput({ profile = '' }: NodeOptions, { id, builtAt, loginKey }: ClusterState) {
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
  base: OpenImage,
  found: Problems,
  bundler: Bundler | undefined,
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
  return { plan, entries: allEntries(plan), steps: steps ?? [] }
}

/** What the profile is made of. */
function loadKind(folder: string, profile: string | undefined, found: Problems) {
  const library = findLibrary(folder)
  const { chain, problems } =
    profile === undefined
      ? { chain: [], problems: [] }
      : loadProfile(library, profile, { file: 'command line', key: '--profile' })
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

function missing(option: 'profile' | 'hostname', hint: string): Problem {
  const where = { file: 'command line', key: `--${option}` }
  return { severity: 'error', where, what: `no ${option} is given`, hint }
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
