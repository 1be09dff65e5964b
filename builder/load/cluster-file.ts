import { defaultProfile } from '../model/cluster-node.js'
import { memo } from '../model/memo.js'
import { type Problem, error } from '../model/problem.js'
import { isSetting } from '../model/settings.js'
import { type ClusterSection, mostNodes, type Placed, readSections } from './cluster-sections.js'
import { checkGroups, groupConflicts, groupSections } from './groups.js'
import { rangesOf } from './hostnames.js'
import { didYouMean } from './nearest.js'
import { type Given, lastGiven } from './values.js'

/** A node as a cluster file, or the command line, asks for it. */
export interface NodeRequest {
  readonly hostname: Placed
  /** Undefined: a problem that is reported separately. */
  readonly profile?: Placed
  /** The path of the base image; undefined: any image in the folder. */
  readonly image?: Placed
  /** Its groups besides its profile, in the order of the file. */
  readonly groups: readonly string[]
  /** Overlays that it has besides those of its profile, or with a `~` has not, the most general first. */
  readonly overlays: readonly Placed[]
  /** Its values in the cluster file, the most general first; the last one wins. No settings. */
  readonly given: readonly Given[]
}

/** The range and the section of a node, if it is in them. */
interface OwnSections {
  readonly hostname: string
  readonly own: readonly ClusterSection[]
}

/** Every section that is for a node, the widest first. */
interface NodeSections extends OwnSections {
  readonly all: readonly ClusterSection[]
  readonly groups: readonly ClusterSection[]
}

/** What a cluster file needs to know of the profiles. */
export interface Profiles {
  readonly profiles: ReadonlyMap<string, unknown>
  /** A profile and all that it extends, the most general one first. */
  chainOf(name: string): readonly string[]
}

export interface ClusterFile {
  readonly nodes: readonly NodeRequest[]
  readonly settings: readonly Given[]
  readonly problems: readonly Problem[]
}

/**
 * The nodes of a `cluster.ini`: `[cluster]` is for all, `[profile worker]` for those of a profile, `[group front]` for
 * those of a group, `[node2..node8]` for a range, `[node3]` for one; if a value is set twice, the narrower section
 * wins. A node is a worker, or the master if that is its name, unless `profile =` is set.
 */
export function readCluster(text: string, file: string, profiles: Profiles): ClusterFile {
  const { sections, problems } = readSections(text, file)
  const wide = sections.filter(({ hostnames }) => hostnames.length === 0)
  const nodes = nodesOf(sections, problems).map((own) => sectionsOf(own, wide, profiles))
  problems.push(...checkGroups(sections, [...profiles.profiles.keys()]), ...nodes.flatMap(groupConflicts))
  problems.push(...unusedSections(wide, nodes))
  if (nodes.length === 0 && !problems.some(({ severity }) => severity === 'error'))
    problems.push(error({ file }, 'there is no node', 'write a section such as [node2..node5]'))
  const isTooLarge = nodes.length > mostNodes
  if (isTooLarge) problems.push(error({ file }, `${nodes.length} nodes`, `${mostNodes} at most`))
  return {
    // Checking thousands of nodes would take too long.
    nodes: (isTooLarge ? nodes.slice(0, 1) : nodes).map(requestOf),
    settings: sections.flatMap(({ kind, values }) => (kind === 'cluster' ? values : [])),
    problems,
  }
}

/** The range and the section of each node. */
function nodesOf(sections: readonly ClusterSection[], problems: Problem[]): OwnSections[] {
  const nodes = new Map<string, ClusterSection[]>()
  for (const section of sections) {
    const twins = new Map<ClusterSection, string[]>()
    for (const name of section.hostnames) {
      const known = nodes.get(name) ?? []
      const twin = known.find(({ kind }) => kind === section.kind)
      if (twin !== undefined) twins.set(twin, (twins.get(twin) ?? []).concat(name))
      nodes.set(name, section.kind === 'range' ? [section, ...known] : [...known, section])
    }
    problems.push(...[...twins].map(([twin, names]) => twiceProblem(section, twin, names)))
  }
  return [...nodes].map(([hostname, own]) => ({ hostname, own }))
}

function twiceProblem({ origin }: ClusterSection, twin: ClusterSection, names: readonly string[]): Problem {
  const what = `${rangesOf(names)} ${names.length === 1 ? 'is' : 'are'} in line ${twin.origin.line ?? ''} already`
  return error(
    origin,
    what,
    'a node can be in one range, and can have one section of its own; for more, use groups',
  )
}

/** Every section that is for a node. */
function sectionsOf({ hostname, own }: OwnSections, wide: readonly ClusterSection[], profiles: Profiles) {
  const profile = givenIn(own, 'profile')?.text ?? defaultProfile(hostname)
  const common = commonSections(wide, profile, profiles)
  const groups = groupSections([...common, ...own], wide)
  return { hostname, all: [...common, ...groups, ...own], groups, own }
}

/** The sections of the cluster and of a profile. */
const commonSections = memo((wide: readonly ClusterSection[], profile: string, profiles: Profiles) => [
  ...wide.filter(({ kind }) => kind === 'cluster'),
  ...profiles
    .chainOf(profile)
    .flatMap((each) => wide.filter(({ kind, name }) => kind === 'profile' && name === each)),
])

function requestOf({ hostname, all, groups, own }: NodeSections): NodeRequest {
  const origin = own.at(-1)?.origin ?? { file: 'cluster.ini' }
  const profile = givenIn(own, 'profile') ?? { text: defaultProfile(hostname), origin }
  const image = givenIn(all, 'image')
  const given = all.flatMap(({ values }) => values)
  return {
    hostname: { text: hostname, origin },
    profile: { text: profile.text, origin: profile.origin },
    ...(image === undefined ? {} : { image: { text: image.text, origin: image.origin } }),
    groups: groups.map(({ name }) => name),
    overlays: all.flatMap(({ overlays }) => overlays),
    given: given.filter(({ name }) => !isSetting(name)),
  }
}

function givenIn(sections: readonly ClusterSection[], name: string): Given | undefined {
  const values = sections.flatMap((section) => section.values)
  return lastGiven(values, name)
}

/** Sections of profiles and groups without a node. */
function unusedSections(wide: readonly ClusterSection[], nodes: readonly NodeSections[]): Problem[] {
  const used = new Set(nodes.flatMap(({ all }) => all))
  const taken = nodes.map(({ hostname, own }) => givenIn(own, 'profile')?.text ?? defaultProfile(hostname))
  return wide
    .filter((section) => section.kind !== 'cluster' && !used.has(section))
    .map(({ kind, name, origin }) =>
      kind === 'profile'
        ? error(origin, `no node has the profile ${name}`, didYouMean(name, [...new Set(taken)]))
        : error(origin, `no node is in the group ${name}`, `write groups = ${name} into a section of nodes`),
    )
}
