import type { Facts } from '../model/facts.js'
import type { FileTree } from '../model/file-tree.js'
import type { Plan } from '../model/plan.js'
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

/** What a finished node keeps of its plan. */
export type Planned = Pick<Plan, 'hostname' | 'values' | 'boot' | 'root'>

/** The two partitions of a base image. */
export interface BaseTrees {
  readonly boot: FileTree
  readonly root: FileTree
}

export function finishedNode(base: BaseTrees, facts: Facts, plan: Planned): FinishedNode {
  const treeOf = (partition: 'boot' | 'root') =>
    new FinishedTree(base[partition], plan[partition], { partition, file: facts.file })
  return { boot: treeOf('boot'), root: treeOf('root'), base: base.root, facts, plan }
}
