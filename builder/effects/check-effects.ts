import type { Facts } from '../model/facts.js'
import type { FileTree } from '../model/file-tree.js'
import { changedContents } from '../model/entry-changes.js'
import { areSame, memo } from '../model/memo.js'
import type { BootEntry, RootEntry } from '../model/plan.js'
import type { Origin, Problem } from '../model/problem.js'
import { plain, type Sourced, type Value } from '../model/value.js'
import type { Effect } from './effect.js'
import { type BaseTrees, finishedNode, type NodeFiles } from './finished-node.js'
import { promises } from './registry.js'

/** A check of a node, and all of the node's plan that it read besides which files there are. */
interface Checked {
  readonly effect: Effect
  readonly found: readonly Problem[]
  readonly contents: ReadonlySet<BootEntry | RootEntry>
  /** What else it read, by name. */
  readonly values: ReadonlyMap<string, (plan: NodeFiles) => unknown>
}

interface CheckedNode {
  readonly plan: NodeFiles
  readonly checks: readonly Checked[]
}

/** Kinds of nodes of one base image that are remembered. */
const mostKinds = 16

interface Earlier {
  count: number
  readonly nodes: CheckedNode[]
}

const effects = Object.values(promises).flat()

const earlierNodes = memo<Facts, [FileTree], Earlier>(() => ({ count: 0, nodes: [] }))

/**
 * Everything on the finished node that is against a promise of the card. The nodes of a base image differ in few files: a
 * check that reads nothing in which this node differs from an earlier one finds the same, and is not repeated.
 */
export function checkEffects(base: BaseTrees, facts: Facts, plan: NodeFiles): Problem[] {
  const earlier = earlierNodes(facts, base.root)
  // Watching costs as much again, and many a base image has one node.
  if (earlier.count++ === 0) {
    const node = finishedNode(base, facts, plan)
    return effects.flatMap((effect) => effect(node))
  }
  for (const { plan: before, checks } of earlier.nodes) {
    const [boot, root] = [changedContents(before.boot, plan.boot), changedContents(before.root, plan.root)]
    if (boot === undefined || root === undefined) continue
    const changed = [...boot, ...root]
    const node = finishedNode(base, facts, plan)
    const isSame = ({ contents, values }: Checked) =>
      changed.every((entry) => !contents.has(entry)) &&
      [...values.values()].every((read) => isSameValue(read(before), read(plan)))
    return checks.flatMap((each) => (isSame(each) ? each.found : each.effect(node)))
  }
  const checks = effects.map((effect) => watched(effect, base, facts, plan))
  earlier.nodes.unshift({ plan, checks })
  earlier.nodes.splice(mostKinds)
  return checks.flatMap(({ found }) => found)
}

/** A check on a node of its own, as checks have a memory: each must be seen to read all that it depends on. */
function watched(effect: Effect, base: BaseTrees, facts: Facts, plan: NodeFiles): Checked {
  const contents = new Set<BootEntry | RootEntry>()
  const values = new Map<string, (plan: NodeFiles) => unknown>()
  const { hostname, root } = plan
  const node = finishedNode(base, { ...facts }, plan, (entry) => contents.add(entry))
  const found = effect({
    ...node,
    plan: {
      root,
      get hostname() {
        values.set('its hostname', (each) => each.hostname)
        return hostname
      },
      values: {
        get(name) {
          values.set(name, (each) => each.values.get(name))
          return plan.values.get(name)
        },
      },
    },
  })
  return { effect, found, contents, values }
}

function isSameValue(one: unknown, other: unknown): boolean {
  if (one === other || typeof one !== 'object' || typeof other !== 'object') return one === other
  return areSame(partsOf(one as Sourced<Value>), partsOf(other as Sourced<Value>))
}

function partsOf({ value, origin, asked = new Map<string, readonly Origin[]>() }: Sourced<Value>): unknown[] {
  const wordsOf = ({ file, line, key }: Origin) => [file, line, key]
  const places = [...asked].flatMap(([item, origins]) => [item, ...origins.flatMap(wordsOf)])
  return [plain(value), ...wordsOf(origin), ...places]
}
