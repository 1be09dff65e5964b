import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { StepError } from '../errors.js'
import { report } from '../host/report.js'
import { run } from '../host/run.js'
import { tools } from '../host/tools.js'
import { withWorkFolder } from '../host/work-folder.js'
import { openCache } from '../image/cache.js'
import type { Bundle, LockedPackage, LockedSet, PackagesLock } from '../model/bundle.js'
import type { FileTree } from '../model/file-tree.js'
import type { Origin } from '../model/problem.js'
import type { Plan } from '../model/plan.js'
import { sha256Of } from '../model/sha256.js'
import { fetchPackages, makeAptRoot, type Resolved, resolvePackages } from './apt.js'
import { type AptFiles, aptFilesOf } from './apt-files.js'

export const lockName = 'packages.lock'

/** The packages of the nodes of one build. What the lock names is taken; what it does not, the mirror is asked for. */
export interface Bundler {
  /**
   * @param plan of a node, without its bundle
   * @throws {UserError} for packages that there are not
   * @throws {StepError} where the mirror does not answer, has other packages than the lock says, or a package is not
   * what the lock says
   */
  bundleOf(plan: Plan): Promise<Bundle>
  /** The lock for all bundles so far; undefined where it is as it was. */
  newLock(): PackagesLock | undefined
}

export function openBundler(tree: FileTree, architecture: string, known: PackagesLock | undefined): Bundler {
  const bundles = new Map<string, Promise<Bundle>>()
  let lock: PackagesLock | undefined
  const bundle = async (files: AptFiles, base: string, { wanted, asked }: Wanted): Promise<Bundle> => {
    const current = lock ?? known
    const sets = current?.base === base ? current.sets : []
    const locked = sets.find((set) => set.wanted.join(' ') === wanted.join(' '))
    const cache = openCache('packages')
    const packages = await lockedPackages(cache, { files, architecture, wanted, asked, locked })
    if (locked === undefined) lock = { base, sets: [...sets, { wanted, packages }] }
    return await Promise.all(packages.map((each) => bundled(cache, each)))
  }
  return {
    bundleOf(plan) {
      const { wanted, asked } = wantedOf(plan)
      const files = aptFilesOf(tree, plan)
      const base = identity(architecture, files)
      const key = `${base} ${wanted.join(' ')}`
      const known = bundles.get(key) ?? (wanted.length === 0 ? Promise.resolve([]) : bundle(files, base, { wanted, asked }))
      bundles.set(key, known)
      return known
    },
    newLock: () => lock,
  } // prettier-ignore
}

interface Wanted {
  readonly wanted: readonly string[]
  /** Who asked for one of them. */
  readonly asked: (name: string) => readonly Origin[]
}

function wantedOf({ values }: Plan): Wanted {
  const packages = values.get('packages')
  return {
    wanted: Array.isArray(packages?.value) ? (packages.value as readonly string[]) : [],
    asked: (name) => packages?.asked?.get(name) ?? [],
  }
}

/** Another base image, other sources or other trusted keys have another identity. */
function identity(architecture: string, { status, files }: AptFiles): string {
  const parts = [...files].sort(([a], [b]) => (a < b ? -1 : 1))
  const hashes = parts.map(([path, content]) => `${path} ${sha256Of(content)}`)
  return sha256Of(Buffer.from([architecture, sha256Of(status), ...hashes].join('\n')))
}

interface Question extends Wanted {
  readonly files: AptFiles
  readonly architecture: string
  readonly locked: LockedSet | undefined
}

/** The packages that are needed; all of them are in the cache then. */
async function lockedPackages(
  cache: string,
  { files, architecture, wanted, asked, locked }: Question,
): Promise<readonly LockedPackage[]> {
  if (locked?.packages.every((each) => existsSync(placeOf(cache, each))) === true) return locked.packages
  report.note(`asking the mirror for ${wanted.join(', ')} and what they need`)
  return await withWorkFolder(cache, async (folder) => {
    const root = makeAptRoot(folder, architecture, files)
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
    step: `fetch what ${lockName} names`,
    reason: `the mirror has ${name} than ${lockName} says`,
    hint: `remove ${lockName} to take what the mirror has now`,
  })
}

/** @throws {StepError} for a file that is not what the lock says */
async function bundled(cache: string, each: LockedPackage): Promise<Bundle[number]> {
  const path = placeOf(cache, each)
  const deb = readFileSync(path)
  const step = `take ${each.name} from the cache`
  if (sha256Of(deb) !== each.sha256) {
    const reason = `${path} is not what ${lockName} names: its bytes have changed`
    throw new StepError({ step, reason, hint: 'remove this file; the next build fetches it anew' })
  }
  const { stdout } = await run({ tool: tools.dpkgDeb, args: ['--field', path], step })
  return { ...each, control: stdout.trimEnd(), deb }
}

function placeOf(cache: string, { sha256 }: LockedPackage): string {
  return join(cache, `${sha256}.deb`)
}
