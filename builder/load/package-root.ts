import { existsSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import type { Origin } from '../model/problem.js'

/** The folder that holds piimg's own overlays, whether the program runs from its sources or compiled. */
export function packageRoot(): string {
  return (root ??= findRoot())
}

let root: string | undefined

function findRoot(): string {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder))
      throw new Error('the installation of piimg is incomplete: its package.json is missing')
    folder = dirname(folder)
  }
  return folder
}

/** A place in a file of an overlay or a profile, marked where it is one of piimg's own. */
export function placeIn(file: string, place: Pick<Origin, 'line' | 'key'> = {}): Origin {
  shipped ??= ['overlays', 'profiles'].map((name) => join(packageRoot(), name) + sep)
  return { file, ...place, ...(shipped.some((folder) => file.startsWith(folder)) ? { isShipped: true } : {}) }
}

let shipped: readonly string[] | undefined
