/** What parts of config.txt leave for the lines that follow. */
export interface Scopes {
  /** The filters, such as [pi4], under which a dtoverlay is not closed; an empty list: for all boards. */
  readonly open: readonly (readonly string[])[]
  /** Whether all boards read a dtoverlay or dtparam here. */
  readonly isAll: boolean
  /** Whether a dtparam comes before the first dtoverlay. */
  readonly beginsWithParameter: boolean
}

const directive = /^\s*(?:(?:dt|device_tree_)(overlay|param)=\s*(\S*)|include\s+(\S+)|(\[[^\]]+\]))/

/** A file that is included can have a dtoverlay. */
export function scopesOf(text: string): Scopes {
  const open = new Map<string, readonly string[]>()
  let filters: readonly string[] = []
  let isAll = false
  let first: string | undefined
  for (const line of text.split('\n')) {
    const [, kind, value, included, filter] = directive.exec(line) ?? []
    if (filter !== undefined) filters = filter.toLowerCase() === '[all]' ? [] : [...filters, filter]
    if (kind !== undefined && filters.length === 0) isAll = true
    first ??= kind
    if (kind === 'overlay' && value === '') {
      if (filters.length === 0) open.clear()
      else open.delete(filters.join(''))
    } else if (kind === 'overlay' || included !== undefined) open.set(filters.join(''), filters)
  }
  return { open: [...open.values()], isAll, beginsWithParameter: first === 'param' }
}

/**
 * The lines that close all of them, to be read by all boards. An empty `dtoverlay=` before any other dtoverlay and
 * dtparam would switch off the overlay of a HAT: a board that has read none of them must not read it.
 */
export function closing({ open, isAll }: Pick<Scopes, 'open' | 'isAll'>): string[] {
  if (open.length === 0) return []
  return isAll ? ['dtoverlay='] : open.flatMap((filters) => ['[all]', ...filters, 'dtoverlay='])
}
