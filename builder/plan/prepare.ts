import type { Bundle } from '../model/bundle.js'
import type { ListedNode, Role } from '../model/cluster-node.js'
import type { Facts } from '../model/facts.js'
import { memo } from '../model/memo.js'
import type { Append, Overlay, OverlayItem } from '../model/overlay.js'
import { changeable, error, type Problem } from '../model/problem.js'
import type { SshKey } from '../model/ssh/ssh-key.js'
import { isRefusal } from '../model/types/refusal.js'
import { type VariableType, variableTypes } from '../model/types/variable-types.js'
import type { Variable } from '../model/variable.js'
import { dependsOnNode, holds, itemsOn } from './conditions.js'
import { setList, templateData } from './data.js'
import { withDefaults } from './defaults.js'
import type { LoginKeys } from './login.js'
import { withSecrets } from './generated.js'
import { checkOnBase } from './rules/base.js'
import { checkValues } from './rules/node.js'
import { type Data, dataText, isTemplate, render, renderPath } from './template.js'
import { type Certified, type Trust, trustOf } from './trust.js'
import type { Values } from './values.js'

/** All inputs of a plan except the files of the base image. */
export interface PlanInput {
  readonly profile: string
  /** Its profile, those that it extends, and its groups. */
  readonly groups: readonly string[]
  readonly overlays: readonly Overlay[]
  readonly variables: ReadonlyMap<string, Variable>
  readonly role: Role
  /** The values of profiles and the command line, with the address. */
  readonly given: Values
  /** All known nodes of the cluster, including this one. */
  readonly cluster: readonly ListedNode[]
  /** Whether these are all nodes. */
  readonly isWhole?: boolean
  readonly facts: Facts
  readonly loginKeys: LoginKeys
  /** The certificate authority; without a private half before the first build. */
  readonly authority: SshKey
  /** How often a secret was replaced, by `OVERLAY/VARIABLE`. */
  readonly generations: Readonly<Record<string, number>>
  /** A UUID, the same for all nodes of a cluster. */
  readonly clusterId: string
  /** Seconds since 1970. */
  readonly builtAt: number
  /** The packages on the card; undefined: the first boot downloads them. */
  readonly bundle?: Bundle
  /** piimg's own version. */
  readonly version: string
}

/** A node's values with everything that is derived from them. */
export interface Prepared {
  readonly values: Values
  readonly data: Data
  /** The part of `data` that only this node can know: its keys and certificates. */
  readonly trust: Trust
  readonly problems: readonly Problem[]
}

/** Computes every value of a node: defaults, and what overlays add to lists. */
export function prepareNode(input: PlanInput): Prepared {
  const known = withDefaults(input.given, input.facts, input.loginKeys, input.cluster)
  const given = withSecrets(input, known)
  const { values, data, problems } = withAppends(input, given)
  const trust = trustOf(certifiedOf(data), input.authority, input.clusterId)
  const node = { values, facts: input.facts, role: input.role }
  return {
    values,
    data: Object.assign(data, trust),
    trust,
    problems: [...problems, ...checkValues(node), ...checkOnBase(node)],
  }
}

function certifiedOf(data: Data): Certified {
  const aliases = data['aliases'] as readonly string[]
  return {
    hostname: dataText(data, 'hostname'),
    fqdn: dataText(data, 'fqdn'),
    aliases,
    ip: dataText(data, 'ip'),
  }
}

/** Every value by name, except trust. */
export function dataOf(input: PlanInput, values: Values): ReturnType<typeof templateData> {
  return templateData(values, input)
}

/** The paths of the base image, `boot/…` and `root/…`, that planning this node reads; `*` matches any name. */
export function wantedPaths({ overlays, facts }: PlanInput, { data }: Prepared): readonly string[] {
  const own = overlays.flatMap((overlay) => [
    ...readBy(overlay, facts)
      .sometimes.filter((item) => holds(item.when, data))
      .map((item) =>
        item.kind === 'copy' ? render(item.from, data) : `${item.partition}${renderPath(item.path, data)}`,
      ),
    ...overlay.requirements
      .filter((requirement) => requirement.path !== undefined && holds(requirement.when, data))
      .map(({ path }) => (path === undefined ? '' : render(path, data))),
  ])
  return allPaths(overlays, facts, own)
}

const allPaths = memo((overlays: readonly Overlay[], facts: Facts, own: readonly string[]) => {
  const always = overlays.flatMap((overlay) => readBy(overlay, facts).always)
  return [...new Set([...always, ...own])].sort()
})

/** The statements of an overlay that read the base image, and the paths that are the same for all its nodes. */
const readBy = memo((overlay: Overlay, facts: Facts) => {
  const readers = itemsOn(overlay, facts).filter(({ kind }) =>
    ['copy', 'edit', 'move', 'removal'].includes(kind),
  )
  const isFixed = ({ kind, when, path }: OverlayItem) =>
    kind !== 'copy' && !when.flat().some(dependsOnNode) && !isTemplate(path.text)
  return {
    always: readers.filter(isFixed).map(({ partition, path }) => `${partition}${path.text}`),
    sometimes: readers.filter((item) => !isFixed(item)),
  }
})

function withAppends(
  input: PlanInput,
  values: Values,
): { values: Values; data: ReturnType<typeof dataOf>; problems: Problem[] } {
  const problems: Problem[] = []
  const result = new Map(values)
  const data = dataOf(input, result)
  for (const append of input.overlays.flatMap((overlay) => overlay.appends)) {
    const type = input.variables.get(append.variable)?.type
    const text = type !== undefined && holds(append.when, data) ? render(append.value, data).trim() : ''
    if (type === undefined || text === '') continue
    const refused = refusedBy(append, type, text)
    if (refused !== undefined) {
      problems.push(refused)
      continue
    }
    const before = result.get(append.variable)
    const list = Array.isArray(before?.value) ? (before.value as readonly string[]) : []
    const words = text.split(variableTypes[type].list === 'lines' ? '\n' : /\s+/)
    const origin = before?.origin ?? append.origin
    const asked = new Map(before?.asked ?? list.map((item) => [item, [origin]]))
    for (const word of words) asked.set(word, [...(asked.get(word) ?? []), append.origin])
    const all = [...list, ...words]
    const value = type === 'packages' ? [...new Set(all)].sort() : all
    result.set(append.variable, { value, by: before?.by ?? 'derived', origin, asked })
    setList(data, result, append.variable, input)
  }
  return { values: result, data, problems }
}

/** What an overlay adds to a list must be of the list's type, too. */
const refusedBy = memo((append: Append, type: VariableType, text: string): Problem | undefined => {
  const value = variableTypes[type].parse(text)
  return isRefusal(value)
    ? error(changeable(append.origin) ?? append.origin, value.what, value.hint)
    : undefined
})
