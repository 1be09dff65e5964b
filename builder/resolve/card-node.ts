import { dirname, join } from 'node:path/posix'
import type { BaseTrees, NodeFiles } from '../effects/finished-node.js'
import { readFacts } from '../image/facts.js'
import type { OpenImage } from '../image/open-image.js'
import { coreVariables } from '../load/core-variables.js'
import type { Facts } from '../model/facts.js'
import type { FileTree } from '../model/file-tree.js'
import type { PartitionName } from '../model/overlay.js'
import type { BootEntry, RootEntry } from '../model/plan.js'
import type { EntryRecord, PlanRecord } from '../model/plan-record.js'
import { isRefusal } from '../model/types/refusal.js'
import { variableTypes } from '../model/types/variable-types.js'
import type { PlainValue, Sourced, Value } from '../model/value.js'

/** A card that piimg built, as the node that it makes. */
export interface CardNode {
  /** What is on it, without the files of its plan. */
  readonly base: BaseTrees
  readonly facts: Facts
  readonly plan: NodeFiles
}

export function nodeOfCard(image: OpenImage, { hostname, values, entries }: PlanRecord): CardNode {
  const typed = Object.entries(values).map(([name, value]) => [name, sourced(name, value)] as const)
  const of = (partition: PartitionName) => entries.filter((entry) => entry.partition === partition)
  const base = { boot: without(image.boot, of('boot')), root: without(image.root, of('root')) }
  const plan = {
    hostname,
    values: new Map(typed),
    boot: of('boot').flatMap((entry) => written(image.boot, entry)) as BootEntry[],
    root: of('root').flatMap((entry) => written(image.root, entry)),
  }
  return { base, facts: readFacts(image), plan }
}

const typeOf = new Map(coreVariables.map(({ name, type }) => [name, type]))

/** The record has values as they are shown; a masked secret stays a text. */
function sourced(name: string, value: PlainValue): Sourced<Value> {
  const type = typeOf.get(name)
  const parsed =
    typeof value === 'string' && value !== '' && type !== undefined ? variableTypes[type].parse(value) : value
  return {
    value: isRefusal(parsed) ? value : parsed,
    by: 'given',
    origin: { file: 'plan of the card', key: name },
  }
}

const origins = [{ file: 'piimg', isShipped: true }]

/** An entry of the plan, with what the card has there; nothing of what the plan removed or gave another name. */
function written(tree: FileTree, { kind, path, target = '' }: EntryRecord): RootEntry[] {
  const stat = tree.stat(path)
  if (stat === undefined || kind === 'removal' || kind === 'move') return []
  if (kind === 'symlink') return [{ kind, path, origins, target }]
  const { mode, uid, gid } = stat
  const place = { path, origins, mode, owner: { uid, gid } }
  if (kind === 'directory') return [{ kind, ...place }]
  const content = tree.readFile(path) ?? Buffer.alloc(0)
  return [{ kind, ...place, content, shown: content }]
}

/** A partition without the files that a plan wrote. */
function without(tree: FileTree, entries: readonly EntryRecord[]): FileTree {
  const files = entries.filter(({ kind }) => kind === 'file' || kind === 'symlink')
  const real = ({ path }: EntryRecord) =>
    join(tree.realPath(dirname(path)) ?? dirname(path), path.slice(dirname(path).length))
  const hidden = new Set(files.map(real))
  return {
    node: (path) => (hidden.has(path) ? undefined : tree.node(path)),
    stat: (path) => (hidden.has(path) ? undefined : tree.stat(path)),
    realPath: (path) => tree.realPath(path),
    names: (folder) => tree.names(folder).filter((name) => !hidden.has(join(folder, name))),
    readFile: (path) => (hidden.has(path) ? undefined : tree.readFile(path)),
    walk: () => tree.walk(),
    freeBytes: tree.freeBytes,
  }
}
