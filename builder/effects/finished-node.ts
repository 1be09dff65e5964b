import type { Facts } from '../model/facts.js'
import type { FileTree } from '../model/file-tree.js'
import type { Plan, RootEntry } from '../model/plan.js'
import type { TreePlace } from './finished-file.js'
import { FinishedTree } from './finished-tree.js'

/** A node on its base image, before anything is written: what its programs will read. */
export interface FinishedNode {
  readonly boot: FinishedTree
  readonly root: FinishedTree
  /** The base image's own root partition, the same for all its nodes. */
  readonly base: FileTree
  readonly facts: Facts
  readonly plan: Planned
}

/** What a check sees of the plan itself: the contents of its files are in the trees. */
export interface Planned extends Pick<Plan, 'hostname'> {
  readonly values: Pick<Plan['values'], 'get'>
  readonly root: readonly Named<RootEntry>[]
}

type Named<Entry> = Entry extends unknown ? Omit<Entry, 'content' | 'shown'> : never

/** The two partitions of a base image. */
export interface BaseTrees {
  readonly boot: FileTree
  readonly root: FileTree
}

/** A plan, as far as a node follows from it. */
export type NodeFiles = Pick<Plan, 'hostname' | 'values' | 'boot' | 'root'>

export function finishedNode(
  base: BaseTrees,
  facts: Facts,
  plan: NodeFiles,
  onRead?: TreePlace['onRead'],
): FinishedNode {
  const treeOf = (partition: 'boot' | 'root') => {
    const place = { partition, file: facts.file, ...(onRead === undefined ? {} : { onRead }) }
    return new FinishedTree(base[partition], plan[partition], place)
  }
  return { boot: treeOf('boot'), root: treeOf('root'), base: base.root, facts, plan }
}
