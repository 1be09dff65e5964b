import { dirname } from 'node:path/posix'
import type { BaseFiles, Facts } from '../model/facts.js'
import type { Overlay, OverlayItem, TemplateText } from '../model/overlay.js'
import { holds, itemsOn } from './conditions.js'
import { applyEdit } from './draft-edit.js'
import { complain, type Drafting, type DraftState, ownership, put } from './draft-state.js'
import { type Draft, Drafts } from './drafts.js'
import { hasStar, matches } from './matches.js'
import { memo } from '../model/memo.js'
import { applyOverlay } from './overlay-drafts.js'
import { pathProblem } from './paths.js'
import { fileDraft, folderDraft, linkDraft, placeOf } from './shared-drafts.js'
import { isTemplate, render, renderPath } from './template.js'

/** Applies the overlays in order. */
export function draftFiles(drafting: Drafting): DraftState {
  const state: DraftState = { ...drafting, drafts: new Drafts(), problems: [] }
  for (const overlay of drafting.overlays) {
    const items = itemsFor(overlay, drafting.facts, drafting.files)
    applyOverlay(state, overlay, items, (item) => {
      if (holds(item.when, state.data)) applyItem(state, overlay, item)
    })
  }
  checkFolders(state)
  return state
}

/** Only the contents that result from masked values. Their problems are already reported for the real values. */
export function draftContents(drafting: Omit<Drafting, 'keepUnchanged'>): Drafts {
  const state: DraftState = { ...drafting, keepUnchanged: true, drafts: new Drafts(), problems: [] }
  for (const overlay of drafting.overlays) {
    applyOverlay(state, overlay, filesOn(overlay, drafting.facts), (item) => {
      if (holds(item.when, state.data)) applyItem(state, overlay, item)
    })
  }
  return state.drafts
}

/** The statements that make contents. */
const filesOn = memo((overlay: Overlay, facts: Facts): readonly OverlayItem[] =>
  itemsOn(overlay, facts).filter(({ kind }) => ['file', 'copy', 'edit'].includes(kind)),
)

function applyItem(state: DraftState, overlay: Overlay, item: OverlayItem): void {
  const { origin } = item
  const path = renderPath(item.path, state.data)
  if (!isPath(state, item, path)) return
  const place = placeOf(item, overlay, path)
  switch (item.kind) {
    case 'file': {
      const { content } = item
      const bytes = Buffer.isBuffer(content) ? content : bytesOf(content, render(content, state.data))
      put(state, fileDraft(item, place, ownership(state, item), bytes), origin, item.replaces)
      break
    }
    case 'copy': {
      const content = state.files.get(render(item.from, state.data))?.content
      if (content !== undefined) put(state, fileDraft(item, place, ownership(state, item), content), origin)
      break
    }
    case 'directory':
      put(state, folderDraft(item, place, ownership(state, item)), origin)
      break
    case 'link':
      put(state, linkDraft(item, place, render(item.target, state.data)), origin, item.replaces)
      break
    case 'removal':
      applyRemoval(state, overlay, item, path)
      break
    case 'move':
      applyMove(state, overlay, item, path)
      break
    case 'edit':
      applyEdit(state, overlay, item, path)
  }
}

const bytesOf = memo((_: TemplateText, text: string) => Buffer.from(text))

function applyMove(
  state: DraftState,
  overlay: Overlay,
  item: OverlayItem & { kind: 'move' },
  path: string,
): void {
  const { partition, origin } = item
  const to = renderPath(item.to, state.data)
  if (matches(state.files, partition, path).length === 0 || !isPath(state, item, to)) return
  if (dirname(to) !== dirname(path)) {
    const [what, hint] = [`${path} cannot be moved to ${to}`, 'a move gives a new name in the same folder']
    complain(state, `${partition}${path}`, [origin], { what, hint })
    return
  }
  put(state, { ...placeOf(item, overlay, path), kind: 'move', to }, origin)
}

/** Most removals name what few base images have. */
const itemsFor = memo((overlay: Overlay, facts: Facts, files: BaseFiles): readonly OverlayItem[] => {
  const isAbsent = ({ partition, path: { text } }: OverlayItem) =>
    !isTemplate(text) && files.has(`${partition}${text}`) && files.get(`${partition}${text}`) === undefined
  return itemsOn(overlay, facts).filter((item) => item.kind !== 'removal' || !isAbsent(item))
})

/** A pattern, or a line, names files of the base image: not those that another overlay writes. */
function applyRemoval(
  state: DraftState,
  overlay: Overlay,
  item: OverlayItem & { kind: 'removal' },
  path: string,
): void {
  const { partition, origin, line } = item
  for (const each of matches(state.files, partition, path)) {
    const text = line === undefined ? undefined : state.files.get(`${partition}${each}`)?.content
    if (line !== undefined && (text === undefined || !line.test(text.toString('latin1')))) continue
    const place = afterMoves(state, partition, each)
    const before = state.drafts.get(`${partition}${place}`)
    const isChosen = line !== undefined || hasStar(path)
    if (isChosen && before !== undefined && before.overlay !== overlay.name) continue
    put(state, { ...placeOf(item, overlay, place), kind: 'removal' }, origin)
  }
}

/** Where a file of the base image is after the moves. */
function afterMoves({ drafts }: DraftState, partition: string, path: string): string {
  const move = drafts.moves().find((each) => each.partition === partition && path.startsWith(`${each.path}/`))
  return move === undefined ? path : move.to + path.slice(move.path.length)
}

const problemOf = memo(({ partition }: OverlayItem, path: string, bootMount: string) =>
  pathProblem(partition, path, bootMount),
)

function isPath(state: DraftState, item: OverlayItem, path: string): boolean {
  const { partition, origin } = item
  const wrong = problemOf(item, path, state.facts.bootMount)
  if (wrong !== undefined) {
    const [what, hint] = [`${partition}${path} ${wrong}`, 'change the path in the overlay']
    complain(state, `${partition}${path}`, [origin], { what, hint })
  }
  return wrong === undefined
}

/** A file or a link cannot be the parent folder of another path. */
function checkFolders(state: DraftState): void {
  const known = new Map<string, Draft[]>()
  for (const key of state.drafts.keys()) {
    const draft = state.drafts.get(key)
    if (draft === undefined || draft.kind === 'removal') continue
    for (const above of noFolders(state, dirname(key), known)) {
      const what = `${key} is in ${above.partition}${above.path}, which overlay ${above.overlay} makes a ${above.kind}`
      complain(state, key, [...draft.origins, ...above.origins], { what, hint: 'change one of the paths' })
    }
  }
}

/** What is drafted for a folder and those above it, and is none. */
function noFolders(state: DraftState, folder: string, known: Map<string, Draft[]>): Draft[] {
  if (folder === '.') return []
  const before = known.get(folder)
  if (before !== undefined) return before
  const own = state.drafts.get(folder)
  const above = noFolders(state, dirname(folder), known)
  const isFolder = own === undefined || own.kind === 'directory' || own.kind === 'removal'
  const found = isFolder ? above : [own, ...above]
  known.set(folder, found)
  return found
}
