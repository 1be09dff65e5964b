import { areSame } from '../model/memo.js'
import type { NodeRecord } from '../model/node-record.js'
import type { TemplateText } from '../model/overlay.js'
import type { PlainValue } from '../model/value.js'
import { compiler, engine, type Rendering, templateOptions } from './handlebars.js'
import { namesIn, parseForRendering } from './parse-template.js'
import { precompiled } from './precompiled.js'

/** Every name that a template can use; the value is empty if nothing was given. */
export type Data = Readonly<Record<string, PlainValue | readonly NodeRecord[]>>

/** The value of a name that is a text. */
export function dataText(data: Data, name: string): string {
  const value = data[name]
  return typeof value === 'string' ? value : ''
}

/** Whether a text has anything to be replaced. */
export function isTemplate(text: string): boolean {
  return text.includes('{{')
}

/** A template with its names and its last result, which is the same for most nodes of a cluster. */
interface Compiled {
  readonly run: Rendering
  readonly names: readonly string[]
  last?: { readonly values: readonly unknown[]; readonly text: string }
}

const compiled = new Map<string, Compiled>()

/** The text with every variable replaced. Only for texts without problems of `checkTemplate`. */
export function render(template: TemplateText, data: Data): string {
  if (!isTemplate(template.text)) return template.text
  const known = compiledOf(template.text)
  const values = known.names.map((name) => data[name])
  if (known.last !== undefined && areSame(known.last.values, values)) return known.last.text
  const text = known.run(data)
  known.last = { values, text }
  return text
}

/** The names of data that a text uses. */
export function namesOf(text: string): readonly string[] {
  return isTemplate(text) ? compiledOf(text).names : []
}

function compiledOf(text: string): Compiled {
  const known = compiled.get(text) ?? compile(text)
  compiled.set(text, known)
  return known
}

function compile(text: string): Compiled {
  const known = precompiled.get(text)
  return known === undefined
    ? { run: compiler().compile(parseForRendering(text), templateOptions), names: namesIn(text) }
    : { run: engine.template(known.specification), names: known.names }
}

/** A path with every variable replaced. A variable can be a path, so slashes may be doubled. */
export function renderPath(template: TemplateText, data: Data): string {
  return isTemplate(template.text) ? render(template, data).replace(/\/{2,}/g, '/') : template.text
}
