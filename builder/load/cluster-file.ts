import { type Origin, type Problem, error } from '../model/problem.js'
import { isSetting, type Setting, settings } from '../model/settings.js'
import { expandHostnames } from './hostnames.js'
import { type IniSection, parseIni } from './ini.js'
import { didYouMean, isNear } from './nearest.js'
import { readSection } from './sections.js'
import { type Given, lastGiven } from './values.js'

/** A text and its place in a file. */
export interface Placed {
  readonly text: string
  readonly origin: Origin
}

/** A node as a cluster file, or the command line, asks for it. */
export interface NodeRequest {
  readonly hostname: Placed
  /** Undefined: a problem that is reported separately. */
  readonly profile?: Placed
  /** The path of the base image; undefined: any image in the folder. */
  readonly image?: Placed
  /** Its values in the cluster file, the most general first; the last one wins. No settings. */
  readonly given: readonly Given[]
}

/** A section about nodes. */
interface NodeSection {
  readonly names: readonly string[]
  readonly isRange: boolean
  readonly origin: Origin
  readonly values: readonly Given[]
}

const most = 1000

/** Whether a value must be unique. */
export function isOfOneNode({ name, text }: Given): boolean {
  return ['address', 'mac', 'reserved', 'serial'].includes(name) && text !== 'dhcp'
}

/**
 * The nodes of a `cluster.ini`: `[cluster]` is for all, `[profile worker]` for those of a profile, `[node2..node8]`
 * for a range, `[node3]` for one; if a value is set twice, the narrower section wins. A node is a worker, or the
 * master if that is its name, unless `profile =` is set.
 */
export function readCluster(
  text: string,
  file: string,
): { nodes: NodeRequest[]; settings: Given[]; problems: Problem[] } {
  const { sections, problems } = parseIni(text, file)
  const complain = (where: Origin, what: string, hint: string): void => {
    problems.push(error(where, what, hint))
  }
  const cluster: Given[] = []
  const profiles = new Map<string, { readonly values: readonly Given[]; readonly origin: Origin }>()
  const ranges: NodeSection[] = []
  for (const section of sections) {
    const values = valuesOf(section, file, problems)
    const origin = { file, line: section.line, key: `[${section.name}]` }
    const [, profile] = /^profile\s+(\S+)$/.exec(section.name) ?? []
    const meant = profile === undefined ? sectionMeant(section.name) : undefined
    if (section.name === 'cluster') cluster.push(...values)
    else if (profile !== undefined) profiles.set(profile, { values, origin })
    else if (meant !== undefined) complain(origin, 'no such section', `did you mean [${meant}]?`)
    else {
      const name = section.name.replace(/^node\s+/, '')
      const names = expandHostnames(name)
      if (names === undefined)
        complain(origin, `"${name}" is not a range of nodes`, `write [node2..node9], ${most} nodes at most`)
      else ranges.push({ names, isRange: names[0] !== name, origin, values })
    }
  }
  const forAll = [cluster, ...[...profiles.values()].map(({ values }) => values)]
  for (const { names, values } of [...forAll.map((values) => ({ names: [], values })), ...ranges]) {
    for (const given of values) {
      const { name, text, origin } = given
      if (name === 'hostname' && text !== names.join())
        complain(origin, "the section's name is the hostname", 'remove this line, or rename the section')
      const misplaced = misplacedSetting(
        name,
        values === cluster ? 'cluster' : names.length > 0 ? 'nodes' : 'profile',
      )
      if (misplaced !== undefined) complain(origin, ...misplaced)
      if (names.length !== 1 && isOfOneNode(given))
        complain(origin, `one ${name} for several nodes`, 'give each node its own in a section [node3]')
    }
  }
  const nodes = nodesOf(ranges, complain).map(({ name, own }) => requestOf(name, own, cluster, profiles))
  const used = new Set(nodes.flatMap(({ profile }) => profile?.text ?? []))
  for (const [name, { origin }] of profiles) {
    if (!used.has(name)) complain(origin, `no node has the profile ${name}`, didYouMean(name, [...used]))
  }
  if (nodes.length === 0 && !problems.some(({ severity }) => severity === 'error'))
    complain({ file }, 'there is no node', 'write a section such as [node2..node5]')
  if (nodes.length > most) complain({ file }, `${nodes.length} nodes`, `${most} at most`)
  // Checking thousands of nodes would take too long.
  return { nodes: nodes.length > most ? nodes.slice(0, 1) : nodes, settings: cluster, problems }
}

/** Why a setting cannot be in a section: `[cluster]`, one of nodes, or `[profile …]`. */
function misplacedSetting(
  name: string,
  section: 'cluster' | 'nodes' | 'profile',
): [what: string, hint: string] | undefined {
  const where: Setting['sections'] = isSetting(name) ? settings[name].sections : 'all'
  if (where === 'all' || where === section) return undefined
  return where === 'nodes'
    ? ['only nodes have a profile', 'move it into a section such as [node2..node9]']
    : [`${name} is for the whole build`, 'write it into the section [cluster]']
}

/** The section that was probably meant, if a name is neither a node nor a known section. */
function sectionMeant(name: string): string | undefined {
  if (/^profile?(\s|$)/i.test(name)) return 'profile worker'
  return name !== 'cluster' && /^c[a-z]+$/i.test(name) && isNear(name.toLowerCase(), 'cluster')
    ? 'cluster'
    : undefined
}

function valuesOf(section: IniSection, file: string, problems: Problem[]): Given[] {
  return readSection(section, file, problems)
    .rest()
    .map(([name, { text, origin }]) => ({ name, text, origin }))
}

/** Every node with its sections, the widest first. */
function nodesOf(
  sections: readonly NodeSection[],
  complain: (where: Origin, what: string, hint: string) => void,
): { name: string; own: NodeSection[] }[] {
  const nodes = new Map<string, NodeSection[]>()
  for (const section of sections) {
    for (const name of section.names) {
      const known = nodes.get(name) ?? []
      const twin = known.find(({ isRange }) => isRange === section.isRange)
      if (twin !== undefined) {
        complain(
          section.origin,
          `${name} is in line ${twin.origin.line ?? ''} already`,
          'a node can be in one range, and can have one section of its own',
        )
      }
      nodes.set(name, section.isRange ? [section, ...known] : [...known, section])
    }
  }
  return [...nodes].map(([name, own]) => ({ name, own }))
}

function requestOf(
  name: string,
  own: readonly NodeSection[],
  cluster: readonly Given[],
  profiles: ReadonlyMap<string, { readonly values: readonly Given[] }>,
): NodeRequest {
  const values = own.flatMap((section) => section.values)
  const [narrowest] = own.slice(-1)
  const origin = narrowest?.origin ?? { file: 'cluster.ini' }
  const profile = lastGiven(values, 'profile') ?? {
    text: name === 'master' ? 'master' : 'worker',
    origin,
  }
  const all = [...cluster, ...(profiles.get(profile.text)?.values ?? []), ...values]
  const image = lastGiven(all, 'image')
  return {
    hostname: { text: name, origin },
    profile: { text: profile.text, origin: profile.origin },
    ...(image === undefined ? {} : { image: { text: image.text, origin: image.origin } }),
    given: all.filter((given) => !isSetting(given.name)),
  }
}
