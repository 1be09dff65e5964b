import type { ListedNode } from '../model/cluster-node.js'
import { memo } from '../model/memo.js'
import type { NodeList, Overlay } from '../model/overlay.js'
import { sha256Of } from '../model/sha256.js'
import { conditionsOf, templatesOf } from './check-overlay.js'
import { listsOf } from './node-lists.js'
import { nodeFields, type NodeRecord } from '../model/node-record.js'

/** By the name of each list that a node has, a hash of all that its overlays take from the list. */
export const listDigests = memo(
  (cluster: readonly ListedNode[], overlays: readonly Overlay[]): Readonly<Record<string, string>> => {
    const lists = listsOf(cluster, overlays)
    const digests = overlays.flatMap((overlay) =>
      overlay.lists.map((list) => {
        const taken = usesOf(overlay, list).map((use) => use(lists[list.name] ?? []))
        return [list.name, sha256Of(Buffer.from(JSON.stringify(taken))).slice(0, 16)] as const
      }),
    )
    return Object.fromEntries(digests)
  },
)

type Use = (nodes: readonly NodeRecord[]) => unknown

/** What templates and conditions take from a list: all its nodes, the first one, or whether a node is in it. */
const usesOf = memo((overlay: Overlay, { name, published }: NodeList): readonly Use[] => {
  const text = templatesOf(overlay)
    .map((template) => template.text)
    .join('\n')
  const fields = [...nodeFields, ...published].filter((field) => new RegExp(`\\b${field}\\b`).test(text))
  const inEach: Use = (nodes) => nodes.map((node) => fields.map((field) => node[field]))
  const firsts = [...text.matchAll(new RegExp(`first (?:\\.\\./)?${name} "(\\w+)"`, 'g'))]
  const conditions = conditionsOf(overlay).filter((condition) => condition.name === name)
  return [
    ...(new RegExp(`#each (?:\\.\\./)?${name}\\b`).test(text) ? [inEach] : []),
    ...firsts.map(
      ([, field = '']): Use =>
        ([first]) =>
          first?.[field],
    ),
    ...conditions.map(({ equals }): Use =>
      equals === undefined
        ? (nodes) => nodes.length > 0
        : (nodes) => nodes.some((node) => node.hostname === equals),
    ),
    // {{#if LIST}}
    ...(new RegExp(`#(if|unless) (?:\\.\\./)?${name}\\b`).test(text)
      ? [(nodes: readonly unknown[]) => nodes.length > 0]
      : []),
  ]
})
