import type { Content } from '../model/content.js'
import { memo } from '../model/memo.js'
import type { FinishedTree } from './finished-tree.js'
import { textOf } from './text.js'

/** A line of a unit or of one of its drop-ins. */
export interface UnitLine {
  readonly key: string
  readonly value: string
  readonly path: string
  readonly line: number
}

/** The strongest first (systemd.unit(5), "UNIT FILE LOAD PATH"). Those of /run are empty on a card. */
const folders = [
  '/etc/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
]

/**
 * The lines of a unit, in the order in which systemd reads them: the file, of which the strongest folder's counts, or that
 * of its template; then the drop-ins in the order of their names, of which a stronger folder's hides one of the same name.
 * @param names of the unit, with its aliases: each may have drop-ins
 */
export function unitLines(root: FinishedTree, ...names: readonly [string, ...string[]]): UnitLine[] {
  const all = names.flatMap((name) => [name, ...templateOf(name)])
  const file = fileOf(root, all)
  return [...(file === undefined ? [] : [file]), ...dropIns(root, all)].flatMap((path) => {
    const content = root.content(path)
    return content === undefined ? [] : linesOf(content).map((each) => ({ ...each, path }))
  })
}

/** The values that a setting has in the end: an empty value removes those before. */
export function valuesOf(lines: readonly UnitLine[], key: string): UnitLine[] {
  const own = lines.filter((each) => each.key === key)
  return own.slice(own.findLastIndex(({ value }) => value === '') + 1)
}

const targets = ['multi-user', 'network-online', 'network', 'sysinit', 'basic'] as const

/**
 * The link by which a unit is enabled; undefined where it is not, or is masked as well. systemd.unit(5), "[Install] section
 * options" and "Unit file load path".
 */
export function enabledBy(root: FinishedTree, unit: string): string | undefined {
  if (maskOf(root, unit) !== undefined) return undefined
  const links = targets.map((target) => `/etc/systemd/system/${target}.target.wants/${unit}`)
  return links.find((link) => root.findLink(link) !== undefined)
}

/** The link by which a unit is masked. */
export function maskOf(root: FinishedTree, unit: string): string | undefined {
  const path = folders.map((folder) => `${folder}/${unit}`).find((each) => root.findLink(each) !== undefined)
  return path !== undefined && root.findLink(path)?.target === '/dev/null' ? path : undefined
}

/** The links by which other units start one: `.wants` and `.requires` of /etc, which `systemctl enable` makes. */
export function startersOf(root: FinishedTree, unit: string): string[] {
  const [folder = ''] = folders
  return root
    .names(folder)
    .filter((name) => /\.(wants|requires)$/.test(name) && root.names(`${folder}/${name}`).includes(unit))
    .map((name) => `${folder}/${name}/${unit}`)
}

/** The names of units that have a file or drop-ins in a folder where a person can put them. */
export function ownUnits(root: FinishedTree): string[] {
  const names = folders.slice(0, 2).flatMap((folder) => root.names(folder))
  return [...new Set(names.map((name) => name.replace(/\.d$/, '')))]
}

function templateOf(name: string): string[] {
  const [, prefix, kind] = /^([^@]+@)[^.]+(\.\w+)$/.exec(name) ?? []
  return prefix === undefined ? [] : [`${prefix}${kind ?? ''}`]
}

function fileOf(root: FinishedTree, names: readonly string[]): string | undefined {
  const paths = names.flatMap((name) => folders.map((folder) => `${folder}/${name}`))
  return paths.find((path) => root.findLink(path) !== undefined)
}

function dropIns(root: FinishedTree, names: readonly string[]): string[] {
  const found = new Map<string, string>()
  for (const folder of folders)
    for (const name of names)
      for (const file of root.names(`${folder}/${name}.d`))
        if (file.endsWith('.conf') && !found.has(file)) found.set(file, `${folder}/${name}.d/${file}`)
  return [...found].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, path]) => path)
}

const linesOf = memo((content: Content): readonly Omit<UnitLine, 'path'>[] =>
  textOf(content)
    .split('\n')
    .flatMap((text, index) => {
      const [, key, value = ''] = /^\s*([A-Za-z]\w*)\s*=\s*(.*?)\s*$/.exec(text) ?? []
      return key === undefined ? [] : [{ key, value, line: index + 1 }]
    }),
)
