import { memo } from '../model/memo.js'
import type { Overlay, OverlayItem } from '../model/overlay.js'
import type { Origin } from '../model/problem.js'
import type { Draft, Ownership, Place } from './drafts.js'

/** The origin of an entry, relative to the overlays folder. */
export const originIn = memo((origin: Origin, { name, folder }: Overlay): Origin => {
  const { file, key } = origin
  const inside = `${name}${file.startsWith(folder) ? file.slice(folder.length) : `/${file}`}`.replaceAll(
    '\\',
    '/',
  )
  return { ...origin, inOverlay: key === undefined ? inside : `${inside} ${key}` }
})

export const placeOf = memo((item: OverlayItem, overlay: Overlay, path: string): Place => {
  const { partition, origin } = item
  return { partition, path, overlay: overlay.name, origins: [originIn(origin, overlay)] }
})

/** The same for all nodes for which an overlay writes the same, as are the other drafts here. */
export const fileDraft = memo((_: OverlayItem, place: Place, owned: Ownership, content: Buffer): Draft => {
  return { ...place, kind: 'file', ...owned, content }
})

export const folderDraft = memo((_: OverlayItem, place: Place, owned: Ownership): Draft => {
  return { ...place, kind: 'directory', ...owned }
})

export const linkDraft = memo((_: OverlayItem, place: Place, target: string): Draft => {
  return { ...place, kind: 'symlink', target }
})
