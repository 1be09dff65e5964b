import type { FileFact } from '../model/facts.js'
import type { EditItem, Overlay } from '../model/overlay.js'
import { complain, type DraftState, ownership, put } from './draft-state.js'
import type { Draft } from './drafts.js'
import { fileDraft, originIn, placeOf } from './shared-drafts.js'
import { edits } from './edits/registry.js'
import { hasStar, matches } from './matches.js'
import { memo } from '../model/memo.js'
import { isReadable, secretsOf, uses } from './secret-places.js'
import { render } from './template.js'

/** Edits the draft of an earlier overlay, or else the file of the base image. */
export function applyEdit(state: DraftState, overlay: Overlay, item: EditItem, path: string): void {
  editFiles(state, overlay, item, path)
  const secrets = secretsOf(overlay)
  if (secrets.length === 0) return
  const draft = state.drafts.get(`${item.partition}${path}`)
  const isSecret = Object.values(item.parameters).some(({ text }) => uses(text, secrets))
  if (!isSecret || draft?.kind !== 'file' || !isReadable(draft.mode)) return
  const what = `others can read the secret in ${item.partition}${path}`
  complain(state, `${item.partition}${path}`, [item.origin], {
    what,
    hint: 'write it into a file of its own',
  })
}

function editFiles(state: DraftState, overlay: Overlay, item: EditItem, path: string): void {
  const { partition, origin } = item
  const drafted = state.drafts.get(`${partition}${path}`)
  // A file name can look like a pattern.
  if (drafted !== undefined && !hasStar(path)) {
    editDraft(state, overlay, item, drafted)
    return
  }
  const found = matches(state.files, partition, path)
  for (const each of found) editBase(state, overlay, item, each)
  if (found.length > 0 || item.create === undefined) return
  const content = edited(state, item, nothing)
  if (content.length === 0) return
  const place = placeOf(item, overlay, path)
  put(state, fileDraft(item, place, ownership(state, item.create), content), origin)
}

function editDraft(state: DraftState, overlay: Overlay, item: EditItem, before: Draft): void {
  const key = `${before.partition}${before.path}`
  if (before.kind !== 'file') {
    const what = `${key} is a ${before.kind}, not a text that can be edited`
    complain(state, key, [item.origin, ...before.origins], { what, hint: 'edit a file' })
    return
  }
  const content = edited(state, item, before.content)
  if (!content.equals(before.content)) state.drafts.set(key, changedDraft(before, overlay, item, content))
}

const changedDraft = memo(
  (before: Draft & { kind: 'file' }, overlay: Overlay, { origin }: EditItem, content: Buffer): Draft => {
    const origins = [...before.origins, originIn(origin, overlay)]
    return { ...before, overlay: overlay.name, origins, content }
  },
)

function editBase(state: DraftState, overlay: Overlay, item: EditItem, path: string): void {
  const { partition, origin } = item
  const fact = state.files.get(`${partition}${path}`)
  if (fact?.content === undefined) {
    // `*` matches the files of a folder; other entries are ignored.
    if (hasStar(item.path.text)) return
    const what = `${partition}${path} is a ${fact?.kind ?? 'gap'} in the base image, not a text that can be edited`
    complain(state, `${partition}${path}`, [origin], { what, hint: 'use the stock image' })
    return
  }
  const atRealPath = state.drafts.get(`${partition}${fact.realPath}`)
  if (atRealPath !== undefined) editDraft(state, overlay, item, atRealPath)
  else editFact(state, overlay, item, fact)
}

function editFact(state: DraftState, overlay: Overlay, item: EditItem, fact: FileFact): void {
  const { realPath: path, content: before = nothing } = fact
  const content = edited(state, item, before)
  if (content.equals(before) && state.keepUnchanged !== true) return
  const place = placeOf(item, overlay, path)
  state.drafts.set(`${item.partition}${path}`, fileDraft(item, place, ownershipOf(fact), content))
}

const ownershipOf = memo(({ mode, uid, gid }: FileFact) => ({ mode, owner: { uid, gid } }))

const nothing = Buffer.alloc(0)

const editsOf = memo((before: Buffer) =>
  memo((item: EditItem, texts: readonly string[]) => apply(item, before, texts)),
)

function edited({ data }: DraftState, item: EditItem, before: Buffer): Buffer {
  const texts = Object.values(item.parameters).map((text) => render(text, data))
  return editsOf(before)(item, texts)
}

/** Texts of the base image can have any encoding: latin1 keeps every byte unchanged. */
function apply({ edit, parameters }: EditItem, before: Buffer, texts: readonly string[]): Buffer {
  const given = Object.keys(parameters).map((name, index) => {
    return [name, Buffer.from(texts[index] ?? '').toString('latin1')] as const
  })
  const text = edits[edit]?.apply(before.toString('latin1'), Object.fromEntries(given))
  return text === undefined ? before : Buffer.from(text, 'latin1')
}
