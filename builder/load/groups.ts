import { type Origin, type Problem, error } from '../model/problem.js'
import { type ClusterSection } from './cluster-sections.js'
import { didYouMean } from './nearest.js'
import { isSetting } from '../model/settings.js'

/** The groups that sections name, and the groups that these name, in the order of the file. */
export function groupSections(
  sections: readonly ClusterSection[],
  wide: readonly ClusterSection[],
): ClusterSection[] {
  const named = new Set<string>()
  const follow = (section: ClusterSection): void => {
    for (const { text } of section.groups.filter(({ text }) => !named.has(text))) {
      named.add(text)
      wide.filter(({ kind, name }) => kind === 'group' && name === text).forEach(follow)
    }
  }
  sections.forEach(follow)
  return named.size === 0 ? [] : wide.filter(({ kind, name }) => kind === 'group' && named.has(name))
}

/** Groups that no section describes, and words that are no groups. */
export function checkGroups(sections: readonly ClusterSection[], profiles: readonly string[]): Problem[] {
  const groups = sections.filter(({ kind }) => kind === 'group')
  const names = groups.map(({ name }) => name)
  const wrong = groups.filter(({ name }) => !isGroupName(name) || profiles.includes(name))
  return [
    ...wrong.map(({ name, origin }) =>
      profiles.includes(name)
        ? error(origin, `${name} is a profile`, `write [profile ${name}], or give the group another name`)
        : noGroupName(name, origin),
    ),
    ...sections
      .flatMap((section) => section.groups)
      .filter(({ text }) => !names.includes(text))
      .map(({ text, origin }) => {
        if (text.startsWith('~')) return error(origin, `a group cannot be taken away: ${text}`, onlyOverlays)
        if (profiles.includes(text)) return error(origin, `${text} is a profile`, `write profile = ${text}`)
        const hint = names.length > 0 ? didYouMean(text, names) : `write a section [group ${text}]`
        return error(origin, `no group "${text}"`, hint)
      }),
  ]
}

const onlyOverlays = 'write groups = into narrower sections; ~ is for overlays'

export function noGroupName(text: string, where: Origin): Problem {
  return error(
    where,
    `"${text}" is not a name for a group`,
    'letters, digits, _ and -, the first one a letter',
  )
}

export function isGroupName(text: string): boolean {
  return /^[a-z][\w-]*$/i.test(text)
}

/** Two groups of one node that do not agree, where nothing narrower decides. */
export function groupConflicts({ hostname, groups, own }: OfNode): Problem[] {
  if (groups.length < 2) return []
  const decided = new Set(own.flatMap((section) => statementsOf(section).map(({ about }) => about)))
  const before = new Map<string, Statement>()
  const problems: Problem[] = []
  for (const statement of groups.flatMap(statementsOf)) {
    const { about, says, origin, group } = statement
    const other = before.get(about)
    before.set(about, statement)
    if (other === undefined || other.says === says || other.group === group || decided.has(about)) continue
    const what = `the groups ${other.group} and ${group} do not agree on ${about}: line ${other.origin.line ?? ''} gives another`
    const hint = `${hostname} is in both: decide in its own section, or take it out of one of the groups`
    problems.push(error(origin, what, hint))
  }
  return problems
}

interface OfNode {
  readonly hostname: string
  readonly groups: readonly ClusterSection[]
  readonly own: readonly ClusterSection[]
}

/** What a section says about one thing: a value, or whether an overlay belongs to a node. */
interface Statement {
  readonly group: string
  readonly about: string
  readonly says: string
  readonly origin: Origin
}

function statementsOf({ name: group, values, overlays }: ClusterSection): Statement[] {
  return [
    ...values
      .filter(({ name }) => name === 'image' || !isSetting(name))
      .map(({ name, text, origin }) => ({ group, about: name, says: text, origin })),
    ...overlays.map(({ text, origin }) => {
      const name = text.replace(/^~/, '')
      return { group, about: `overlay ${name}`, says: text, origin }
    }),
  ]
}
