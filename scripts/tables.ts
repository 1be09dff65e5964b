import { coreVariables } from '../builder/load/core-variables.js'
import { type OverlaySection, overlaySections, sectionTitle } from '../builder/load/overlay-sections.js'
import { factNames } from '../builder/model/facts.js'
import { optionOf, type SettingName, settingOf, settings } from '../builder/model/settings.js'
import { typeSummaries } from '../builder/model/types/summaries.js'
import { edits } from '../builder/plan/edits/registry.js'
import { derivedNames } from '../builder/plan/names.js'
import { helpers } from '../builder/plan/helpers.js'

/** Variables that README shows; `piimg list variables` shows all. */
const common = [
  ...['network', 'address', 'gateway', 'dns', 'user', 'authorized_keys', 'password_hash'],
  ...[
    'wifi_ssid',
    'wifi_psk',
    'wifi_hidden',
    'wifi_country',
    'timezone',
    'locale',
    'keyboard',
    'keyboard_variant',
  ],
  ...['packages', 'apt_mirror', 'apt_proxy', 'boot_config', 'kernel_args'],
]

const code = (text: string): string => `\`${text}\``

/** The part of a summary after `; default: ` is a column of its own. */
function meaningAndDefault(summary: string, standard: string | undefined): [string, string] {
  const [meaning = '', otherwise] = summary.split(/; default: /)
  return [meaning, standard === undefined ? (otherwise ?? 'none') : code(standard)]
}

function variables(): string[][] {
  const rows = common.map((name) => {
    const variable = coreVariables.find((each) => each.name === name)
    if (variable === undefined) throw new Error(`no variable ${name}`)
    return [code(name), ...meaningAndDefault(variable.summary, variable.default)]
  })
  return [['variable', 'meaning', 'default'], ...rows]
}

const sectionsOf = { cluster: '`[cluster]`', nodes: 'of nodes', all: 'all' } as const

function settingRows(): string[][] {
  const rows = (Object.keys(settings) as SettingName[]).map((name) => {
    const { short, words, summary, default: standard, sections } = settingOf(name)
    const option = [short, optionOf(name)]
      .flatMap((each) => each ?? [])
      .map(code)
      .join(', ')
    const [meaning, otherwise] = meaningAndDefault(summary, standard)
    const value = words === undefined ? '' : words.map(code).join(', ')
    return [option, code(name), sectionsOf[sections], value, meaning, otherwise]
  })
  return [['option', 'key of cluster.ini', 'sections', 'values', 'meaning', 'default'], ...rows]
}

/** The contents between `<!-- table NAME -->` and `<!-- end -->` in README.md and overlays/README.md. */
const tables: Readonly<Record<string, () => string[][] | string>> = {
  variables,
  settings: settingRows,
  sections: () => [
    ['section', 'keys', 'meaning'],
    ...(Object.keys(overlaySections) as OverlaySection[]).map((kind) => {
      const { keys, summary } = overlaySections[kind]
      return [code(sectionTitle(kind)), keys.split(' ').map(keyText).join(', '), summary]
    }),
  ],
  types: () => [
    ['type', 'value'],
    ...Object.entries(typeSummaries).map(([name, summary]) => [code(name), summary]),
  ],
  facts: () => wrapped(`${factNames.map(code).join(', ')}.`),
  edits: () => [
    ['edit', 'parameters', 'meaning'],
    ...Object.entries(edits).map(([name, { parameters, optional, summary }]) => {
      const all = [...parameters.map(code), ...optional.map((each) => `[${code(each)}]`)]
      return [code(name), all.join(', '), summary]
    }),
  ],
  helpers: () => [['helper', 'meaning'], ...[...helpers].map(([name, { summary }]) => [code(name), summary])],
  names: () => [
    ['name', 'kind', 'meaning'],
    ...Object.entries(derivedNames).map(([name, [kind, summary]]) => [code(name), kind, summary]),
  ],
}

/** `[mode]` may be left out. */
function keyText(key: string): string {
  return key.startsWith('[') ? `[${code(key.slice(1, -1))}]` : code(key)
}

/** Lines of at most 120 characters. */
function wrapped(text: string): string {
  return text.replace(/(.{1,120})(?: |$)/g, '$1\n').trim()
}

function markdown(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...body].map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n')
}

/** A document with its tables as the code has them. @throws for a table that there is not */
export function withTables(text: string): string {
  return text.replace(
    /(<!-- table (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, start: string, name: string, end: string) => {
      const rows = tables[name]
      if (rows === undefined) throw new Error(`no table ${name}`)
      const made = rows()
      return `${start}\n${typeof made === 'string' ? made : markdown(made)}\n\n${end}`
    },
  )
}

/** The names of the tables in a document. */
export function tablesIn(text: string): string[] {
  return [...text.matchAll(/<!-- table (\w+) -->/g)].map(([, name = '']) => name)
}

export const documents = ['README.md', 'overlays/README.md'] as const
export const tableNames = Object.keys(tables)
