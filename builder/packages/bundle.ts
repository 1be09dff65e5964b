import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { StepError } from '../errors.js'
import { openCache } from '../host/cache.js'
import { fileContent, hashFile } from '../host/file-content.js'
import { report } from '../host/report.js'
import type { Runner } from '../host/run.js'
import { type Tool, tools } from '../host/tools.js'
import { withWorkFolder } from '../host/work-folder.js'
import type { Bundle, LockedPackage, LockedSet, PackagesLock } from '../model/bundle.js'
import type { Content } from '../model/content.js'
import type { FileTree } from '../model/file-tree.js'
import type { Origin } from '../model/problem.js'
import type { Plan } from '../model/plan.js'
import { sha256Of } from '../model/sha256.js'
import { fetchPackages, makeAptRoot, type Resolved, resolvePackages } from './apt.js'
import { type AptFiles, aptFilesOf } from './apt-files.js'

export const lockName = 'packages.lock'

/** The packages of the nodes of one build: from the lock file if it lists them, otherwise from the mirror. */
export interface Bundler {
  /**
   * @param plan of a node, without its bundle
   * @throws {UserError} for packages that do not exist
   * @throws {StepError} if the mirror does not answer, has other packages than the lock file, or a package does not
   * match it
   */
  bundleOf(plan: Plan): Promise<Bundle>
  /** The lock file for all bundles so far; undefined if it has not changed. */
  newLock(): PackagesLock | undefined
}

/** The programs that bundle packages. */
export const bundleTools: readonly Tool[] = [tools.aptGet, tools.dpkgDeb]

/**
 * @param tree of the base image
 * @param openRunner how `bundleTools` are run; asked when they are needed
 */
export function openBundler(
  tree: FileTree,
  architecture: string,
  known: PackagesLock | undefined,
  openRunner: () => Promise<Runner>,
): Bundler {
  const bundles = new Map<string, Promise<Bundle>>()
  let lock: PackagesLock | undefined
  const bundle = async (files: AptFiles, base: string, { wanted, asked }: Wanted): Promise<Bundle> => {
    const current = lock ?? known
    const sets = current?.base === base ? current.sets : []
    const locked = sets.find((set) => set.wanted.join(' ') === wanted.join(' '))
    const cache = openCache('packages')
    const run = await openRunner()
    const packages = await lockedPackages(cache, { files, architecture, wanted, asked, locked, run })
    if (locked === undefined) lock = { base, sets: [...sets, { wanted, packages }] }
    return await bundled(cache, packages, run)
  }
  return {
    bundleOf(plan) {
      const { wanted, asked } = wantedOf(plan)
      const files = aptFilesOf(tree, plan)
      const base = identity(architecture, files)
      const key = `${base} ${wanted.join(' ')}`
      const known =
        bundles.get(key) ??
        (wanted.length === 0 ? Promise.resolve([]) : bundle(files, base, { wanted, asked }))
      bundles.set(key, known)
      return known
    },
    newLock: () => lock,
  }
}

interface Wanted {
  readonly wanted: readonly string[]
  /** The origin of the request for each package. */
  readonly asked: (name: string) => readonly Origin[]
}

function wantedOf({ values }: Plan): Wanted {
  const packages = values.get('packages')
  return {
    wanted: Array.isArray(packages?.value) ? (packages.value as readonly string[]) : [],
    asked: (name) => packages?.asked?.get(name) ?? [],
  }
}

/** The identity changes with the base image, the sources and the trusted keys. */
function identity(architecture: string, { status, files }: AptFiles): string {
  const parts = [...files].sort(([a], [b]) => (a < b ? -1 : 1))
  const hashes = parts.map(([path, content]) => `${path} ${sha256Of(content)}`)
  return sha256Of(Buffer.from([architecture, sha256Of(status), ...hashes].join('\n')))
}

interface Question extends Wanted {
  readonly files: AptFiles
  readonly architecture: string
  readonly locked: LockedSet | undefined
  readonly run: Runner
}

/** The needed packages; afterwards all of them are in the cache. */
async function lockedPackages(
  cache: string,
  { files, architecture, wanted, asked, locked, run }: Question,
): Promise<readonly LockedPackage[]> {
  if (locked?.packages.every((each) => existsSync(placeOf(cache, each))) === true) return locked.packages
  report.note(`resolving ${wanted.join(', ')} and their dependencies`)
  return await withWorkFolder(cache, async (folder) => {
    const root = makeAptRoot(folder, run, architecture, files)
    const words = locked?.packages.map(({ name, version }) => `${name}=${version}`) ?? wanted
    const found = await resolvePackages(root, words, asked)
    if (locked !== undefined) refuseOthers(found, locked)
    const have = (each: Resolved) => (existsSync(placeOf(cache, each)) ? placeOf(cache, each) : undefined)
    await fetchPackages(root, words, found, { have, target: (each) => placeOf(cache, each) })
    return found.map(({ name, version, architecture: own, sha256, size }) => ({
      name,
      version,
      architecture: own,
      sha256,
      size,
    }))
  })
}

function refuseOthers(found: readonly LockedPackage[], locked: LockedSet): void {
  const hashes = new Set(found.map(({ sha256 }) => sha256))
  const other = locked.packages.find(({ sha256 }) => !hashes.has(sha256))
  if (other === undefined && found.length === locked.packages.length) return
  const name = other === undefined ? 'more' : `another ${other.name}`
  throw new StepError({
    step: `fetch the packages of ${lockName}`,
    reason: `the mirror has ${name} than ${lockName} says`,
    hint: `remove ${lockName} to use the mirror's current packages`,
  })
}

async function bundled(cache: string, packages: readonly LockedPackage[], run: Runner): Promise<Bundle> {
  const debs = packages.map((each) => ({ ...each, deb: debOf(cache, each) }))
  const controls = await controlsOf(cache, packages, run)
  return debs.map((each, index) => ({ ...each, control: controls[index] ?? '' }))
}

/** @throws {StepError} for a file that does not match the lock file */
function debOf(cache: string, each: LockedPackage): Content {
  const path = placeOf(cache, each)
  if (hashFile(path) === each.sha256) return fileContent(path, each)
  const reason = `${path} does not match ${lockName}: the file has changed`
  const hint = 'remove this file; the next build downloads it again'
  throw new StepError({ step: `take ${each.name} from the cache`, reason, hint })
}

/** The control files of packages, read by one command because a container takes time to start. */
async function controlsOf(cache: string, packages: readonly LockedPackage[], run: Runner): Promise<string[]> {
  const tool: Tool = { name: 'sh', purpose: 'read several packages' }
  // No control file has an empty line in it (Debian Policy, 5.1).
  const script = 'for deb; do dpkg-deb --field "$deb" && echo || exit; done'
  const args = ['-c', script, 'sh', ...packages.map((each) => placeOf(cache, each))]
  const { stdout } = await run({ tool, args, step: 'read the packages' }, { reads: [cache] })
  return stdout.trimEnd().split(/\n{2,}/)
}

function placeOf(cache: string, { sha256 }: LockedPackage): string {
  return join(cache, `${sha256}.deb`)
}
