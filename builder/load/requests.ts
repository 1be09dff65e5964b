import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../errors.js'
import type { Place } from '../model/place.js'
import { commandLine, error, type Problem } from '../model/problem.js'
import { type BuildSettings, readSettings } from './build-settings.js'
import { type NodeRequest, type Profiles, readCluster } from './cluster-file.js'
import { isOfOneNode, wordsIn } from './cluster-sections.js'
import { type NodeOptions, readCommandLine } from './command-line.js'
import { isGroupName, noGroupName } from './groups.js'
import { expandHostnames } from './hostnames.js'
import { didYouMean } from './nearest.js'
import type { Given } from './values.js'

export const clusterFile = 'cluster.ini'

/** The nodes that a verb works on. */
export interface Requests {
  /** At least one, so that other problems are found, too. */
  readonly nodes: readonly NodeRequest[]
  /** The nodes of the cluster file that are not selected. */
  readonly others: readonly NodeRequest[]
  /** Whether they come from a cluster file; otherwise from the command line. */
  readonly hasFile: boolean
  /** The cluster file, if it is valid. */
  readonly file?: string
  /** What shapes the build as a whole. */
  readonly settings: BuildSettings
  /** The values of the command line for the selected nodes. */
  readonly given: readonly Given[]
  /** The nodes' names, as far as they are known. */
  readonly hostnames: readonly string[]
  readonly problems: readonly Problem[]
}

/** If no name is valid, a placeholder is used to find other problems. */
const anyName = { text: 'node2', origin: commandLine('--hostname') }

/** The selected nodes of the folder's cluster file; without a cluster file, those of the command line. */
export function readRequests(place: Place, options: NodeOptions, profiles: Profiles): Requests {
  const requests = existsSync(join(place.folder, clusterFile))
    ? fromCluster(place, options, profiles)
    : fromCommandLine(place, options)
  const count = requests.nodes.length
  const shared = count < 2 ? [] : requests.given.filter(isOfOneNode)
  const hint = 'build them one at a time, or leave it out: node3 becomes 10.0.0.3'
  const problems = shared.map(({ name }) => wrong(`--set ${name}`, `one ${name} for ${count} nodes`, hint))
  return { ...requests, problems: [...requests.problems, ...problems] }
}

function fromCommandLine(place: Place, options: NodeOptions): Requests {
  const { given, hostnames, problems } = readCommandLine(options, place)
  if (options.profile === undefined)
    problems.push(wrong('--profile', 'no profile is given', 'choose the kind of node: --profile worker'))
  if (hostnames.length === 0 && options.hostname === undefined)
    problems.push(wrong('--hostname', 'no hostname is given', 'give its name: --hostname node3'))
  if (options.node !== undefined)
    problems.push(
      wrong('--node', `there is no ${clusterFile} in this folder`, 'use --profile and --hostname'),
    )
  const read = readSettings(options, [])
  const groups = wordsIn({ text: options.groups ?? '', origin: commandLine('--groups') })
  problems.push(
    ...groups.filter(({ text }) => !isGroupName(text)).map(({ text, origin }) => noGroupName(text, origin)),
  )
  const nodes = (hostnames.length > 0 ? hostnames : [anyName.text]).map((text) => ({
    hostname: { ...anyName, text },
    ...(options.profile === undefined
      ? {}
      : { profile: { text: options.profile, origin: commandLine('--profile') } }),
    groups: groups.map(({ text }) => text),
    overlays: wordsIn({ text: options.overlays ?? '', origin: commandLine('--overlays') }),
    given: [],
  }))
  return {
    nodes,
    others: [],
    hasFile: false,
    settings: read.settings,
    given,
    hostnames: hostnames.filter((name) => !name.includes('/')),
    problems: [...problems, ...read.problems],
  }
}

function fromCluster(place: Place, options: NodeOptions, profiles: Profiles): Requests {
  const line = readCommandLine({ ...options, hostname: [] }, place)
  const path = join(place.folder, clusterFile)
  if (!statSync(path).isFile()) {
    const hint = 'rename it: this name is reserved for the cluster file'
    throw new UserError([error({ file: clusterFile }, 'this is not a file', hint)])
  }
  const cluster = readCluster(readFileSync(path, 'utf8'), clusterFile, profiles)
  const read = readSettings(options, cluster.settings)
  const problems = [...line.problems, ...cluster.problems, ...read.problems]
  for (const name of ['profile', 'groups', 'overlays'] as const) {
    if (options[name] === undefined) continue
    const hint = `leave --${name} out, or build in a folder without a cluster file`
    problems.push(wrong(`--${name}`, `${clusterFile} sets the ${name} of each node`, hint))
  }
  const wanted = [
    ...(options.node ?? []).map((text) => ['--node', text] as const),
    ...(options.hostname ?? []).map((text) => ['--hostname', text] as const),
  ].flatMap(([key, text]) => (expandHostnames(text) ?? [text]).map((name) => [key, name] as const))
  const known = cluster.nodes.map(({ hostname }) => hostname.text)
  for (const [key, name] of wanted) {
    if (known.includes(name)) continue
    problems.push(wrong(key, `no node "${name}" in ${clusterFile}`, didYouMean(name, known)))
  }
  const names = new Set(wanted.map(([, name]) => name))
  const chosen =
    names.size === 0 ? cluster.nodes : cluster.nodes.filter(({ hostname }) => names.has(hostname.text))
  const nodes = chosen.length > 0 ? chosen : cluster.nodes.slice(0, 1)
  return {
    nodes: nodes.length > 0 ? nodes : [{ hostname: anyName, groups: [], overlays: [], given: [] }],
    others: cluster.nodes.filter((node) => !nodes.includes(node)),
    hasFile: true,
    // In an invalid file it is unknown which nodes are missing.
    ...(cluster.problems.length > 0 ? {} : { file: clusterFile }),
    settings: read.settings,
    given: line.given,
    hostnames: chosen.map(({ hostname }) => hostname.text).filter((name) => !name.includes('/')),
    problems,
  }
}

function wrong(key: string, what: string, hint: string): Problem {
  return error(commandLine(key), what, hint)
}
