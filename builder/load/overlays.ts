import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Append, EditItem, Overlay, OverlayItem, PartitionName, Requirement } from '../model/overlay.js'
import type { Origin, Problem } from '../model/problem.js'
import type { Variable } from '../model/variable.js'
import { parseConditions } from './conditions.js'
import { type IniSection, parseIni } from './ini.js'
import { type FileSettings, readTrees } from './overlay-tree.js'
import { readSection, type SectionReader } from './sections.js'
import { isRefusal, variableTypes } from '../model/types/variable-types.js'

interface Reading {
  readonly folder: string
  readonly problems: Problem[]
  summary: string
  readonly variables: Variable[]
  readonly items: OverlayItem[]
  readonly appends: Append[]
  readonly requirements: Requirement[]
  readonly allowed: string[]
  readonly settings: Map<string, FileSettings & { readonly origin: Origin }>
}

/** One overlay from its folder. The problems are complete even where the overlay is not. */
export function loadOverlay(name: string, folder: string): { overlay: Overlay; problems: Problem[] } {
  const file = join(folder, 'overlay.ini')
  const { sections, problems } = parseIni(readFileSync(file, 'utf8'), file)
  const reading: Reading = {
    folder,
    problems,
    summary: '',
    variables: [],
    items: [],
    appends: [],
    requirements: [],
    allowed: [],
    settings: new Map(),
  }
  for (const section of sections) readOverlaySection(reading, section, file)
  const files = addTrees(reading)
  const { summary, variables, items, appends, requirements, allowed } = reading
  return {
    overlay: {
      name,
      folder,
      summary,
      variables,
      items: [...files, ...items],
      appends,
      requirements,
      allowed,
    },
    problems,
  }
}

const readers: Readonly<Record<string, (reading: Reading, rest: string, section: SectionReader) => void>> = {
  overlay: (reading, _, section) => {
    reading.summary = section.required('summary').text
  },
  variable: readVariable,
  file: (reading, rest, section) => {
    if (rest.startsWith('boot/') && (section.text('mode') ?? section.text('owner')) !== undefined) {
      const [what, hint] = ['FAT holds no modes and owners', 'take mode and owner away']
      reading.problems.push({ severity: 'error', where: section.origin, what, hint })
    }
    const settings = {
      ...ownership(section, 0o644),
      ...commonOf(reading, section),
      replaces: flag(section, 'replaces'),
    }
    reading.settings.set(rest, { ...settings, origin: section.origin })
  },
  directory: (reading, rest, section) => {
    reading.items.push({
      kind: 'directory',
      ...placeOf(reading, rest, section),
      ...ownership(section, 0o755),
    })
  },
  link: (reading, rest, section) => {
    const place = placeOf(reading, rest, section)
    reading.items.push({
      kind: 'link',
      ...place,
      target: section.required('target'),
      replaces: flag(section, 'replaces'),
    })
  },
  remove: (reading, rest, section) => {
    reading.items.push({ kind: 'removal', ...placeOf(reading, rest, section) })
  },
  move: (reading, rest, section) => {
    reading.items.push({ kind: 'move', ...placeOf(reading, rest, section), to: section.required('to') })
  },
  copy: (reading, rest, section) => {
    const place = placeOf(reading, rest, section)
    reading.items.push({
      kind: 'copy',
      ...place,
      ...ownership(section, 0o644),
      from: section.required('from'),
    })
  },
  edit: readEdit,
  append: (reading, _, section) => {
    const variable = section.required('variable').text
    reading.appends.push({
      variable,
      value: section.required('value'),
      ...commonOf(reading, section),
      origin: section.origin,
    })
  },
  conffile: (reading, rest, section) => {
    section.required('reason')
    reading.allowed.push(rest.replace(/^root/, ''))
  },
  packages: (reading, _, section) => {
    const value = section.required('names')
    reading.appends.push({
      variable: 'packages',
      value,
      ...commonOf(reading, section),
      origin: section.origin,
    })
  },
  require: (reading, _, section) => {
    readRequirement(reading, section, 'error')
  },
  warn: (reading, _, section) => {
    readRequirement(reading, section, 'warning')
  },
}

function readOverlaySection(reading: Reading, section: IniSection, file: string): void {
  const [, kind = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(section.name) ?? []
  const reader = Object.hasOwn(readers, kind) ? readers[kind] : undefined
  const values = readSection(section, file, reading.problems)
  if (reader === undefined || (rest === '') !== (kind === 'overlay')) {
    const hint = `sections are [overlay], [variable NAME], [file root/…], [copy root/…], [directory root/…], [link root/…], [remove root/…], [move root/…], [edit NAME], [append NAME], [packages NAME], [conffile root/…], [require NAME], [warn NAME]`
    const what = `no section [${section.name}]`
    reading.problems.push({ severity: 'error', where: values.origin, what, hint })
    return
  }
  reader(reading, rest, values)
  values.finish()
}

function readVariable(reading: Reading, name: string, section: SectionReader): void {
  const types = Object.keys(variableTypes) as (keyof typeof variableTypes)[]
  const standard = section.text('default')
  if (!/^[a-z][a-z0-9_]*$/.test(name)) {
    const what = `"${name}" is not a name for a variable`
    reading.problems.push({
      severity: 'error',
      where: section.origin,
      what,
      hint: 'lower-case letters, digits and _',
    })
  }
  section.required('type')
  const type = section.word('type', types) ?? 'text'
  const refusal = standard === undefined ? undefined : variableTypes[type].parse(standard.text)
  if (standard !== undefined && refusal !== undefined && isRefusal(refusal)) {
    reading.problems.push({ severity: 'error', where: standard.origin, ...refusal })
  }
  reading.variables.push({
    name,
    type,
    summary: section.required('summary').text,
    ...(standard === undefined ? {} : { default: standard.text }),
    origin: section.origin,
  })
}

function readEdit(reading: Reading, _: string, section: SectionReader): void {
  const place = placeOf(reading, section.required('path').text, section)
  const edit = section.required('edit').text
  const creates = flag(section, 'create')
  const { mode, owner } = ownership(section, 0o644)
  const parameters = Object.fromEntries(
    section.rest().map(([key, value]) => [key, withTemplate(reading, key, value)]),
  )
  const item: EditItem = { kind: 'edit', ...place, edit, parameters }
  reading.items.push(creates ? { ...item, create: { mode, owner } } : item)
}

/** A parameter `template` names a file beside overlay.ini, whose text it stands for. */
function withTemplate(reading: Reading, key: string, value: { text: string; origin: Origin }) {
  if (key !== 'template') return value
  const file = join(reading.folder, value.text)
  try {
    if (!/^[\w-]+\.hbs$/.test(value.text)) throw new Error('not a template beside overlay.ini')
    return { text: readFileSync(file, 'utf8'), origin: { file } }
  } catch (error) {
    const what = `no template "${value.text}": ${(error as Error).message}`
    reading.problems.push({
      severity: 'error',
      where: value.origin,
      what,
      hint: 'a file NAME.hbs in this folder',
    })
    return { text: '', origin: value.origin }
  }
}

function readRequirement(reading: Reading, section: SectionReader, severity: 'error' | 'warning'): void {
  const path = section.text('path')
  const hint = section.text('hint')
  reading.requirements.push({
    severity,
    ...commonOf(reading, section),
    ...(path === undefined ? {} : { path }),
    what: section.required('what'),
    ...(hint === undefined ? {} : { hint }),
    origin: section.origin,
  })
}

function placeOf(reading: Reading, text: string, section: SectionReader) {
  const [, partition, path] = /^(boot|root)(\/.+)$/.exec(text) ?? []
  if (path === undefined) {
    const what = `"${text}" is not a path in the image`
    reading.problems.push({
      severity: 'error',
      where: section.origin,
      what,
      hint: 'it begins with boot/ or root/',
    })
  }
  return {
    partition: (partition ?? 'root') as PartitionName,
    path: { text: path ?? '/', origin: section.origin },
    ...commonOf(reading, section),
    origin: section.origin,
  }
}

function commonOf(reading: Reading, section: SectionReader) {
  return { when: parseConditions(section.text('when'), reading.problems) }
}

function ownership(section: SectionReader, mode: number) {
  return { mode: section.mode('mode', mode), owner: section.owner('owner') }
}

function flag(section: SectionReader, key: string): boolean {
  return section.word(key, ['yes', 'no']) === 'yes'
}

/** Puts what [file …] sections say onto the files of the trees; a section without a file is a problem. */
function addTrees(reading: Reading): OverlayItem[] {
  const used = new Set<string>()
  const items = readTrees(reading.folder, reading.problems).map((file) => {
    const name = `${file.partition}${file.path.text}`
    const settings = reading.settings.get(name)
    used.add(name)
    const { mode, owner, replaces, when } = settings ?? {
      mode: 0o644,
      owner: 'root',
      replaces: false,
      when: [],
    }
    return { ...file, mode, owner, replaces, when: [...file.when, ...when] }
  })
  for (const [name, { origin }] of reading.settings) {
    if (used.has(name)) continue
    const hint = 'the name of a file of the trees, without .hbs and without @FACT'
    reading.problems.push({ severity: 'error', where: origin, what: `no file ${name} in this overlay`, hint })
  }
  return items
}
