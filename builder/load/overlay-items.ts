import { placeIn } from './package-root.js'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EditItem, TemplateText } from '../model/overlay.js'
import { conditionsOf, flag, itemAt, ownership, type Reading, type ReadSection } from './overlay-reading.js'
import { error } from '../model/problem.js'

/** The sections that say what comes to be in the image. */
export const itemReaders = {
  file: (reading, rest, section) => {
    if (rest.startsWith('boot/') && (section.text('mode') ?? section.text('owner')) !== undefined) {
      const [what, hint] = ['FAT does not store modes and owners', 'remove mode and owner']
      reading.problems.push(error(section.origin, what, hint))
    }
    reading.settings.set(rest, {
      ...ownership(section, 0o644),
      ...conditionsOf(reading, section),
      replaces: flag(section, 'replaces'),
      origin: section.origin,
    })
  },
  directory: (reading, rest, section) => {
    const item = itemAt(reading, rest, section)
    reading.items.push({ kind: 'directory', ...item, ...ownership(section, 0o755) })
  },
  link: (reading, rest, section) => {
    const item = itemAt(reading, rest, section)
    const target = section.required('target')
    reading.items.push({ kind: 'link', ...item, target, replaces: flag(section, 'replaces') })
  },
  remove: (reading, rest, section) => {
    const item = itemAt(reading, rest, section)
    const line = expression(reading, section.text('line'))
    reading.items.push({ kind: 'removal', ...item, ...(line === undefined ? {} : { line }) })
  },
  move: (reading, rest, section) => {
    const item = itemAt(reading, rest, section)
    reading.items.push({ kind: 'move', ...item, to: section.required('to') })
  },
  copy: (reading, rest, section) => {
    const item = itemAt(reading, rest, section)
    reading.items.push({
      kind: 'copy',
      ...item,
      ...ownership(section, 0o644),
      from: section.required('from'),
    })
  },
  edit: (reading, _, section) => {
    const item = itemAt(reading, section.required('path').text, section)
    const edit = section.required('edit').text
    const creates = flag(section, 'create')
    const create = ownership(section, 0o644)
    const parameters = Object.fromEntries(
      section.rest().map(([key, value]) => [key, withTemplate(reading, key, value)]),
    )
    const found: EditItem = { kind: 'edit', ...item, edit, parameters }
    reading.items.push(creates ? { ...found, create } : found)
  },
} as const satisfies Readonly<Record<string, ReadSection>>

function expression(reading: Reading, written: TemplateText | undefined): RegExp | undefined {
  if (written === undefined) return undefined
  try {
    return new RegExp(written.text, 'm')
  } catch (reason) {
    const [what, hint] = [(reason as Error).message, 'a regular expression of JavaScript']
    reading.problems.push(error(written.origin, what, hint))
    return undefined
  }
}

/** A parameter `template` names a file next to overlay.ini and is replaced by its text. */
function withTemplate(reading: Reading, key: string, value: EditItem['parameters'][string]) {
  if (key !== 'template') return value
  const file = join(reading.folder, value.text)
  try {
    if (!/^[\w-]+\.hbs$/.test(value.text)) throw new Error('not a template next to overlay.ini')
    return { text: readFileSync(file, 'utf8'), origin: placeIn(file) }
  } catch (reason) {
    const what = `no template "${value.text}": ${(reason as Error).message}`
    const hint = 'a file NAME.hbs in this folder'
    reading.problems.push(error(value.origin, what, hint))
    return { text: '', origin: value.origin }
  }
}
