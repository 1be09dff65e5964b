import { type Origin, type Problem, error } from '../model/problem.js'
import { isSetting, type Setting, settings } from '../model/settings.js'
import { expandHostnames } from './hostnames.js'
import { type IniSection, parseIni } from './ini.js'
import { isNear } from './nearest.js'
import { readSection } from './sections.js'
import type { Given } from './values.js'

/** The largest number of nodes of a cluster. */
export const mostNodes = 1000

/** A text and its place in a file. */
export interface Placed {
  readonly text: string
  readonly origin: Origin
}

/** Which nodes a section is for. */
export type SectionKind = 'cluster' | 'profile' | 'group' | 'range' | 'node'

/** A section of `cluster.ini`. */
export interface ClusterSection {
  readonly kind: SectionKind
  /** The profile or group; empty for all other kinds. */
  readonly name: string
  /** The nodes of a range, or the one node; empty for all other kinds. */
  readonly hostnames: readonly string[]
  readonly origin: Origin
  readonly values: readonly Given[]
  /** The words of `groups =`. */
  readonly groups: readonly Placed[]
  /** The words of `overlays =`. */
  readonly overlays: readonly Placed[]
}

/** The words of a list, such as of `groups`. */
export function wordsIn({ text, origin }: Placed): Placed[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== '')
  return words.map((word) => ({ text: word, origin }))
}

/** Whether a value must be unique. */
export function isOfOneNode({ name, text }: Given): boolean {
  return ['address', 'mac', 'reserved', 'serial'].includes(name) && text !== 'dhcp'
}

/** The sections of a `cluster.ini`, in the order of the file. */
export function readSections(
  text: string,
  file: string,
): { sections: ClusterSection[]; problems: Problem[] } {
  const { sections, problems } = parseIni(text, file)
  const read = sections.flatMap((section) => clusterSection(section, file, problems) ?? [])
  for (const section of read) problems.push(...section.values.flatMap((given) => misplaced(section, given)))
  return { sections: read, problems }
}

function clusterSection(section: IniSection, file: string, problems: Problem[]): ClusterSection | undefined {
  const origin = { file, line: section.line, key: `[${section.name}]` }
  const all = readSection(section, file, problems).rest()
  const values = all.map(([name, { text, origin }]) => ({ name, text, origin }))
  const words = (key: string) => values.filter(({ name }) => name === key).flatMap(wordsIn)
  const rest = {
    hostnames: [],
    origin,
    values,
    groups: words('groups'),
    overlays: words('overlays'),
  }
  if (section.name === 'cluster') return { kind: 'cluster', name: '', ...rest }
  const [, kind, name] = /^(profile|group)\s+(\S+)$/.exec(section.name) ?? []
  if (name !== undefined) return { kind: kind === 'group' ? kind : 'profile', name, ...rest }
  const meant = sectionMeant(section.name)
  if (meant !== undefined) {
    problems.push(error(origin, 'no such section', `did you mean [${meant}]?`))
    return undefined
  }
  const nodes = section.name.replace(/^node\s+/, '')
  const hostnames = expandHostnames(nodes)
  if (hostnames === undefined) {
    const hint = `write [node2..node9], ${mostNodes} nodes at most`
    problems.push(error(origin, `"${nodes}" is not a range of nodes`, hint))
    return undefined
  }
  return { kind: hostnames[0] === nodes ? 'node' : 'range', name: '', ...rest, hostnames }
}

/** The section that was probably meant, if a name is neither a node nor a known section. */
function sectionMeant(name: string): string | undefined {
  if (/^profile?(\s|$)/i.test(name)) return 'profile worker'
  if (/^groups?(\s|$)/i.test(name)) return `group ${name.split(/\s+/)[1] ?? 'NAME'}`
  return name !== 'cluster' && /^c[a-z]+$/i.test(name) && isNear(name.toLowerCase(), 'cluster')
    ? 'cluster'
    : undefined
}

/** What is wrong with a key where it is. */
function misplaced({ kind, hostnames }: ClusterSection, given: Given): Problem[] {
  const { name, text, origin } = given
  const problems: Problem[] = []
  if (name === 'hostname' && text !== hostnames.join())
    problems.push(
      error(origin, "the section's name is the hostname", 'remove this line, or rename the section'),
    )
  const setting = misplacedSetting(name, kind)
  if (setting !== undefined) problems.push(error(origin, ...setting))
  if (kind !== 'node' && isOfOneNode(given))
    problems.push(
      error(origin, `one ${name} for several nodes`, 'give each node its own in a section [node3]'),
    )
  return problems
}

/** Why a setting cannot be in a section. */
function misplacedSetting(name: string, kind: SectionKind): [what: string, hint: string] | undefined {
  const where: Setting['sections'] = isSetting(name) ? settings[name].sections : 'all'
  const isOfNodes = kind === 'node' || kind === 'range'
  if (where === 'all' || where === kind || (where === 'nodes' && isOfNodes)) return undefined
  return where === 'nodes'
    ? ['only nodes have a profile', 'move it into a section such as [node2..node9]']
    : [`${name} is for the whole build`, 'write it into the section [cluster]']
}
