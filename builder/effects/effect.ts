import type { Problem } from '../model/problem.js'
import type { FinishedNode } from './finished-node.js'

/**
 * What is against one promise of a card on the finished node, as the program that decides it would read the files:
 * each names that program's order of precedence and where it is documented. Pure.
 */
export type Effect = (node: FinishedNode) => readonly Problem[]
