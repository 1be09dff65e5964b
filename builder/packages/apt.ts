import { linkSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { StepError, UserError } from '../errors.js'
import { hashFile } from '../host/file-content.js'
import { formatBytes, report } from '../host/report.js'
import { inherited, type Output, type Runner } from '../host/run.js'
import { tools } from '../host/tools.js'
import type { LockedPackage } from '../model/bundle.js'
import { changeable, type Origin, error } from '../model/problem.js'
import { type AptFiles, isSetting, withKeyringsBelow } from './apt-files.js'

/** A folder in which apt works as if it were on the node; apt.conf(5). */
export interface AptRoot {
  readonly folder: string
  readonly config: string
  /** How apt is run. */
  readonly run: Runner
}

const lists = 'var/lib/apt/lists'
const archives = 'var/cache/apt/archives'

/** @param folder an empty folder with mode 0700 */
export function makeAptRoot(
  folder: string,
  run: Runner,
  architecture: string,
  { status, files }: AptFiles,
): AptRoot {
  for (const path of [
    `${lists}/partial`,
    `${archives}/partial`,
    'etc/apt/apt.conf.d',
    'etc/apt/preferences.d',
  ]) {
    mkdirSync(join(folder, path), { recursive: true })
  }
  const put = (path: string, content: Buffer) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content, { mode: 0o600 })
  }
  put('status', status)
  for (const [path, content] of files) put(path, withKeyringsBelow(folder, path, content))
  const config = join(folder, 'apt.conf')
  const quoted = (text: string) => `"${text}"`
  writeFileSync(
    config,
    [
      `Dir ${quoted(`${folder}/`)};`,
      `Dir::State::status ${quoted(join(folder, 'status'))};`,
      `APT::Architecture ${quoted(architecture)};`,
      `APT::Architectures { ${quoted(architecture)}; };`,
      'APT::Install-Recommends "false";',
      // Only this user can read the folder; apt's own user cannot.
      'APT::Sandbox::User "";',
      'APT::Update::Error-Mode "any";',
      'Acquire::Languages "none";',
      'Acquire::IndexTargets::deb-src::Sources::DefaultEnabled "false";',
      'Acquire::ForceHash "SHA256";',
      'Acquire::Retries "2";',
      'Debug::NoLocking "true";',
      ...[...files].filter(([path]) => isSetting(path)).map(([, content]) => content.toString()),
      '',
    ].join('\n'),
    { mode: 0o600 },
  )
  writeFileSync(join(folder, policy), '[hash_algorithms]\nsha1.second_preimage_resistance = "always"\n')
  return { folder, config, run }
}

/**
 * apt of Trixie refuses keys that sign themselves by SHA-1 (default-sequoia.config of 3.0), which the apt of older
 * releases accepts. Signatures of such a key must still use a better hash.
 */
const policy = 'sequoia.config'

/** A package that apt would download, and its path. */
export interface Resolved extends LockedPackage {
  readonly file: string
}

/**
 * The packages that `words` (`name` or `name=version`) require, by the mirror's signed lists; sorted by name.
 * @param asked who asked for a package, by its name
 * @throws {UserError} for names that are in no list
 * @throws {StepError} if the mirror does not answer, or apt finds no solution
 */
export async function resolvePackages(
  root: AptRoot,
  words: readonly string[],
  asked: (name: string) => readonly Origin[],
): Promise<Resolved[]> {
  await apt(root, 'download the package lists', ['update'])
  const args = ['-q', '--print-uris', 'install', ...words]
  const { stdout, stderr, exitCode } = await apt(root, step, args, [0, 100])
  if (exitCode === 100) throw noWay(`${stdout}\n${stderr}`, asked)
  const found = stdout
    .split('\n')
    .filter((line) => line.startsWith("'"))
    .map(parseLine)
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}

const step = 'resolve the dependencies of the packages'

function noWay(said: string, asked: (name: string) => readonly Origin[]): UserError | StepError {
  const unknown = [...said.matchAll(/^E: Unable to locate package (\S+)$/gm)].map(([, name = '']) => name)
  if (unknown.length === 0) {
    return new StepError({ step, reason: `apt-get: ${said.trim().split('\n').slice(-6).join('\n')}` })
  }
  return new UserError(
    unknown.map((name) =>
      error(
        changeable(...asked(name)) ?? { file: 'base image' },
        `there is no package ${name} for this base image`,
        'packages.debian.org lists all packages by release and architecture',
      ),
    ),
  )
}

/** A line such as `'http://…' hello_2.10-3_arm64.deb 53052 SHA256:…`; a colon in a version is %3a there. */
function parseLine(line: string): Resolved {
  const [, file = '', size, sha256 = ''] = /^'[^']*' (\S+) (\d+) SHA256:([0-9a-f]{64})$/.exec(line) ?? []
  const [name, version, architecture] = file
    .replace(/\.deb$/, '')
    .split('_')
    .map(decodeURIComponent)
  if (name === undefined || version === undefined || architecture === undefined) {
    const reason = `unexpected output of apt: ${line}`
    throw new StepError({ step, reason })
  }
  return { name, version, architecture, sha256, size: Number(size), file }
}

/**
 * Downloads packages and moves each to its `target`; packages that `have` contains are not downloaded again.
 * @throws {StepError}
 */
export async function fetchPackages(
  root: AptRoot,
  words: readonly string[],
  packages: readonly Resolved[],
  cache: {
    readonly have: (each: Resolved) => string | undefined
    readonly target: (each: Resolved) => string
  },
): Promise<void> {
  const missing = packages.filter((each) => cache.have(each) === undefined)
  if (missing.length === 0) return
  const place = (each: Resolved) => join(root.folder, archives, each.file)
  for (const each of packages) {
    const known = cache.have(each)
    if (known !== undefined) linkSync(known, place(each))
  }
  const size = formatBytes(missing.reduce((sum, each) => sum + each.size, 0))
  report.note(`fetching ${missing.length} packages, ${size}`)
  await apt(root, 'fetch the packages', ['--yes', '-qq', '--download-only', 'install', ...words])
  for (const each of missing) {
    if (hashFile(place(each)) !== each.sha256) throw notAsSigned(each)
    renameSync(place(each), cache.target(each))
  }
}

function notAsSigned({ name }: LockedPackage): StepError {
  return new StepError({ step: `fetch ${name}`, reason: 'it does not match the signed package lists' })
}

/** Apt uses the proxy of this computer's environment, if any. */
const proxies = ['http_proxy', 'https_proxy', 'no_proxy']

async function apt(
  { folder, config, run }: AptRoot,
  what: string,
  args: readonly string[],
  exitCodes: readonly number[] = [0],
): Promise<Output> {
  const own = { APT_CONFIG: config, APT_SEQUOIA_CRYPTO_POLICY: join(folder, policy) }
  const env = { ...own, DEBIAN_FRONTEND: 'noninteractive', ...inherited(proxies) }
  return await run({ tool: tools.aptGet, args, step: what, env, exitCodes }, { reads: [], fetchesTo: folder })
}
