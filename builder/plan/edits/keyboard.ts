import { assign } from './assign.js'
import { unset } from './unset.js'

export interface KeyboardParameters {
  /** One layout of XKB, or several with commas between; empty: the file's own. */
  readonly layout: string
  /** One for each layout. */
  readonly variant: string
}

/**
 * keyboard(5): without KMAP, which would count before the layouts. With several layouts, keys have to switch between them: Alt and Shift, unless the file names
 * others.
 */
export function keyboard(text: string, { layout, variant }: KeyboardParameters): string {
  const [, written = ''] = /^\s*XKBOPTIONS="?([^"\n]*)/m.exec(text) ?? []
  const options = written.split(',').filter((option) => option !== '')
  const needsKeys = layout.includes(',') && !options.some((option) => option.startsWith('grp:'))
  const set = [
    ...(layout === '' ? [] : [`XKBLAYOUT="${layout}"`]),
    `XKBVARIANT="${variant}"`,
    ...(needsKeys ? [`XKBOPTIONS="${['grp:alt_shift_toggle', ...options].join(',')}"`] : []),
  ]
  return assign(unset(text, { keys: 'KMAP' }), { set: set.join('\n') })
}
