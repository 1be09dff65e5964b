import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Overlay, OverlayItem, When } from '../model/overlay.js'
import { type Problem, error } from '../model/problem.js'
import { type IniSection, parseIni } from './ini.js'
import { both } from './conditions.js'
import { declarationReaders } from './overlay-declarations.js'
import { itemReaders } from './overlay-items.js'
import type { Reading, ReadSection } from './overlay-reading.js'
import { overlaySections, type OverlaySection, sectionTitle } from './overlay-sections.js'
import { readTrees } from './overlay-tree.js'
import { readSection } from './sections.js'

const readers: Readonly<Record<OverlaySection, ReadSection>> = { ...declarationReaders, ...itemReaders }

/** The problems are complete, even if the overlay is not. */
export interface LoadedOverlay {
  readonly overlay: Overlay
  readonly problems: readonly Problem[]
}

/** One overlay from its folder. */
export function loadOverlay(name: string, folder: string): LoadedOverlay {
  const file = join(folder, 'overlay.ini')
  const { sections, problems } = parseIni(readFileSync(file, 'utf8'), file)
  const reading: Reading = {
    folder,
    problems,
    summary: '',
    needs: [],
    provides: [],
    when: [],
    variables: [],
    lists: [],
    items: [],
    appends: [],
    requirements: [],
    allowed: [],
    settings: new Map(),
  }
  for (const section of sections) readOverlaySection(reading, section, file)
  const files = addTrees(reading)
  const { summary, needs, provides, variables, lists, allowed } = reading
  const withWhen = <T extends { readonly when: When }>(statements: readonly T[]): readonly T[] =>
    reading.when.length === 0
      ? statements
      : statements.map((each) => ({ ...each, when: both(reading.when, each.when) }))
  const items = withWhen([...files, ...reading.items])
  const [appends, requirements] = [withWhen(reading.appends), withWhen(reading.requirements)]
  return {
    overlay: {
      ...{ name, folder, summary, needs, provides, variables, lists, allowed, opened: [], closed: new Map() },
      ...{ items, appends, requirements },
    },
    problems,
  }
}

function readOverlaySection(reading: Reading, section: IniSection, file: string): void {
  const [, kind = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(section.name) ?? []
  const reader = isKind(kind) ? readers[kind] : undefined
  const values = readSection(section, file, reading.problems)
  if (reader === undefined || (rest === '') !== (kind === 'overlay')) {
    const kinds = Object.keys(overlaySections) as OverlaySection[]
    const hint = `sections are ${kinds.map(sectionTitle).join(', ')}`
    const what = `no section [${section.name}]`
    reading.problems.push(error(values.origin, what, hint))
    return
  }
  reader(reading, rest, values)
  values.finish()
}

function isKind(text: string): text is OverlaySection {
  return Object.hasOwn(overlaySections, text)
}

const plainFile = { mode: 0o644, owner: 'root', replaces: false, when: [] }

/** Applies [file …] sections to the files of the trees; a section without a file is a problem. */
function addTrees(reading: Reading): OverlayItem[] {
  const used = new Set<string>()
  const items = readTrees(reading.folder, reading.problems).map((file) => {
    const name = `${file.partition}${file.path.text}`
    used.add(name)
    const { mode, owner, replaces, when } = reading.settings.get(name) ?? plainFile
    return { ...file, mode, owner, replaces, when: both(file.when, when) }
  })
  for (const [name, { origin }] of reading.settings) {
    if (used.has(name)) continue
    const hint = 'the name of a file of the trees, without .hbs and without @FACT'
    reading.problems.push(error(origin, `no file ${name} in this overlay`, hint))
  }
  return items
}
