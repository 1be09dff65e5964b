import type { BaseFiles, Facts } from '../model/facts.js'
import type { EditItem, FileItem, Overlay, OverlayItem, PartitionName } from '../model/overlay.js'
import type { Owner } from '../model/plan.js'
import type { Origin, Problem } from '../model/problem.js'
import { holds, loginOf } from './context.js'
import { edits } from './edits/registry.js'
import { pathProblem } from './paths.js'
import { type Data, render, renderPath } from './template.js'

/** What the overlays have made of one path so far. */
export type Draft = {
  readonly partition: PartitionName
  readonly path: string
  readonly origins: readonly Origin[]
  /** The overlay that made it, or the last one that changed it. */
  readonly overlay: string
} & (
  | { readonly kind: 'file'; readonly mode: number; readonly owner: Owner; readonly content: Buffer }
  | { readonly kind: 'directory'; readonly mode: number; readonly owner: Owner }
  | { readonly kind: 'symlink'; readonly target: string }
  | { readonly kind: 'removal' }
  | { readonly kind: 'move'; readonly to: string }
) // prettier-ignore

/** Everything that drafting looks at. */
export interface Drafting {
  readonly overlays: readonly Overlay[]
  readonly data: Data
  readonly facts: Facts
  readonly files: BaseFiles
}

interface State extends Drafting {
  readonly drafts: Map<string, Draft>
  readonly problems: Problem[]
}

/** Applies the overlays in order. Keys of the result are `boot/…` and `root/…`. */
export function draftFiles(drafting: Drafting): { drafts: Map<string, Draft>; problems: Problem[] } {
  const state: State = { ...drafting, drafts: new Map(), problems: [] }
  for (const overlay of drafting.overlays) {
    for (const item of overlay.items) if (holds(item.when, state.data)) applyItem(state, overlay.name, item)
  }
  return state
}

function applyItem(state: State, overlay: string, item: OverlayItem): void {
  const path = renderPath(item.path, state.data)
  const wrong = pathProblem(item.partition, path, state.facts.bootMount)
  if (wrong !== undefined) {
    complain(state, item.origin, `${item.partition}${path} ${wrong}`)
    return
  }
  const place = { partition: item.partition, path, overlay, origins: [item.origin] }
  switch (item.kind) {
    case 'file':
      put(state, { ...place, kind: 'file', ...ownership(state, item), content: contentOf(state, item)}, item.replaces) // prettier-ignore
      break
    case 'copy': {
      const content = state.files.get(render(item.from, state.data))?.content
      if (content !== undefined) put(state, { ...place, kind: 'file', ...ownership(state, item), content })
      break
    }
    case 'directory':
      put(state, { ...place, kind: 'directory', ...ownership(state, item) })
      break
    case 'link':
      put(state, { ...place, kind: 'symlink', target: render(item.target, state.data) }, item.replaces)
      break
    case 'removal':
      for (const key of matches(state, item.partition, path))
        put(state, { ...place, path: key, kind: 'removal' })
      break
    case 'move':
      if (matches(state, item.partition, path).length > 0) {
        put(state, { ...place, kind: 'move', to: render(item.to, state.data) })
      }
      break
    case 'edit':
      applyEdit(state, overlay, item, path)
  }
}

/** The paths of the base image that a path names; `*` as its last part stands for every name there. */
function matches(state: State, partition: PartitionName, path: string): string[] {
  const key = `${partition}${path}`
  if (!path.endsWith('/*')) return state.files.get(key) === undefined ? [] : [path]
  return [...state.files]
    .filter(([other, fact]) => fact !== undefined && other.startsWith(key.slice(0, -1)))
    .map(([other]) => other.slice(partition.length))
    .filter((other) => !other.slice(path.length - 1).includes('/'))
}

function put(state: State, draft: Draft, replaces = false): void {
  const key = `${draft.partition}${draft.path}`
  const before = state.drafts.get(key)
  // An overlay may take away what one of its own edits with `*` met.
  const isOwn = before?.overlay === draft.overlay && draft.kind === 'removal'
  if (before !== undefined && !replaces && !isOwn) {
    const what = `overlays ${before.overlay} and ${draft.overlay} both write ${key}`
    complain(state, draft.origins[0], what, 'only one may, unless the later one says replaces = yes')
  }
  state.drafts.set(key, draft)
}

function applyEdit(state: State, overlay: string, item: EditItem, path: string): void {
  const paths = matches(state, item.partition, path)
  const drafted = state.drafts.get(`${item.partition}${path}`)
  if (paths.length > 0 || drafted !== undefined) {
    for (const each of paths.length > 0 ? paths : [path]) editFile(state, overlay, item, each)
  } else if (item.create !== undefined) {
    const draft = { partition: item.partition, path, overlay, origins: [item.origin], kind: 'file' as const }
    const content = Buffer.from(edited(state, item, ''))
    if (content.length > 0) put(state, { ...draft, ...ownership(state, item.create), content })
  }
}

function editFile(state: State, overlay: string, item: EditItem, path: string): void {
  const fact = state.files.get(`${item.partition}${path}`)
  const realPath = fact?.realPath ?? path
  const key = `${item.partition}${realPath}`
  const before = state.drafts.get(key)
  if (before === undefined ? fact?.kind !== 'file' : before.kind !== 'file') {
    complain(
      state,
      item.origin,
      `${item.partition}${path} is a ${before?.kind ?? fact?.kind ?? 'gap'}, and no text to edit`,
    )
    return
  }
  const base = before?.kind === 'file' ? before.content : fact?.content
  const text = (base ?? Buffer.alloc(0)).toString('latin1')
  const result = Buffer.from(edited(state, item, text), 'latin1')
  if (base !== undefined && result.equals(base)) return
  const owned = before?.kind === 'file' ? before : { mode: fact?.mode ?? 0o644, owner: { uid: fact?.uid ?? 0, gid: fact?.gid ?? 0 } } // prettier-ignore
  state.drafts.set(key, {
    kind: 'file',
    partition: item.partition,
    path: realPath,
    overlay,
    origins: [...(before?.origins ?? []), item.origin],
    mode: owned.mode,
    owner: owned.owner,
    content: result,
  })
}

/** Texts of the base image may be in any encoding: latin1 carries every byte through unchanged. */
function edited(state: State, item: EditItem, text: string): string {
  const parameters = Object.fromEntries(
    Object.entries(item.parameters).map(([name, template]) => {
      return [name, Buffer.from(render(template, state.data)).toString('latin1')]
    }),
  )
  return edits[item.edit]?.apply(text, parameters) ?? text
}

function contentOf(state: State, item: FileItem): Buffer {
  return Buffer.isBuffer(item.content) ? item.content : Buffer.from(render(item.content, state.data))
}

function ownership(state: State, item: { mode: number; owner: string }): { mode: number; owner: Owner } {
  const login = loginOf(state.facts, String(state.data['user']))
  if (item.owner === 'user') return { mode: item.mode, owner: { uid: login.uid, gid: login.gid } }
  const [, uid, gid] = /^(\d{1,10}):(\d{1,10})$/.exec(item.owner) ?? []
  return { mode: item.mode, owner: { uid: Number(uid ?? 0), gid: Number(gid ?? 0) } }
}

function complain(state: State, where: Origin | undefined, what: string, hint?: string): void {
  state.problems.push({ severity: 'error', where: where ?? { file: 'overlay' }, what, ...(hint === undefined ? {} : { hint }) }) // prettier-ignore
}
