import type { NodeList, Overlay } from '../model/overlay.js'
import { type Origin, type Problem, error } from '../model/problem.js'
import { didYouMean } from './nearest.js'
import type { LoadedOverlay } from './overlays.js'

/** The overlays by name, as they are written. */
export interface OtherOverlays {
  readonly names: () => string[]
  readonly find: (name: string) => LoadedOverlay | undefined
}

/**
 * An overlay that knows what others give it: what they publish for its lists of nodes, and the open variables of those
 * that it needs.
 */
export function linked({ overlay, problems }: LoadedOverlay, others: OtherOverlays): LoadedOverlay {
  if (overlay.lists.length === 0 && overlay.needs.length === 0) return { overlay, problems }
  const missing: Problem[] = []
  const find = (name: string, origin: Origin): Overlay[] => {
    const found = others.find(name)
    if (found !== undefined) return [found.overlay]
    missing.push(error(origin, `no overlay "${name}"`, didYouMean(name, others.names())))
    return []
  }
  const closed = new Map<string, string>()
  const publishedBy = ({ name, where, origin }: NodeList): string[] => {
    const wanted = where.flat().filter((condition) => condition.name === 'overlay')
    const at = { ...origin, key: `[nodes ${name}] where` }
    const named = wanted.flatMap(({ equals = '' }) => find(equals, at))
    const variables = [overlay, ...named].flatMap((each) => each.variables)
    for (const each of named) noteClosed(closed, each, 'publish')
    return [...new Set(variables.filter((each) => each.isPublished === true).map((each) => each.name))]
  }
  const lists = overlay.lists.map((list) => ({ ...list, published: publishedBy(list) }))
  const needs = overlay.needs.filter(({ text, origin }) => find(text, origin).length > 0)
  const needed = needs.flatMap(({ text }) => others.find(text)?.overlay ?? [])
  for (const each of needed) noteClosed(closed, each, 'open')
  const opened = needed.flatMap(({ variables }) => variables.filter(({ isOpen }) => isOpen === true))
  return { overlay: { ...overlay, needs, lists, opened, closed }, problems: [...problems, ...missing] }
}

/** Variables of another overlay that this one cannot read. */
function noteClosed(
  closed: Map<string, string>,
  { name: overlay, variables }: Overlay,
  key: 'open' | 'publish',
): void {
  const isClosed = { open: 'isOpen', publish: 'isPublished' } as const
  for (const variable of variables.filter((each) => each[isClosed[key]] !== true))
    closed.set(
      `${key} ${variable.name}`,
      `write ${key} = yes into [variable ${variable.name}] of the overlay ${overlay}`,
    )
}
