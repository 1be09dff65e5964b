import { createRequire } from 'node:module'
import type Handlebars from 'handlebars'
import type { TemplateText } from '../model/overlay.js'
import type { PlainValue } from '../model/value.js'
import { areSame } from '../model/memo.js'
import { once } from './once.js'
import { precompiled } from './precompiled.js'
import * as quote from './quote.js'

/** Every name that a template can use; the value is empty if nothing was given. */
export type Data = Readonly<Record<string, PlainValue | readonly NodeRecord[]>>

/** The fields of a node that a template can print. */
export const nodeFields = ['hostname', 'fqdn', 'aliases', 'role', 'ip', 'mac', 'reserved'] as const

export type NodeRecord = Readonly<Record<(typeof nodeFields)[number], string>>

/** The first argument of a helper: a list, or one text. */
interface Helper {
  readonly takes: 'list' | 'text'
  readonly summary: string
  readonly call: (...values: never[]) => unknown
}

/** The functions that a template may call. */
export const helpers: ReadonlyMap<string, Helper> = new Map<string, Helper>([
  ['keyfile', { takes: 'text', summary: 'quotes for a keyfile of NetworkManager', call: quote.keyfile }],
  [
    'keyfile_ssid',
    {
      takes: 'text',
      summary: 'the same for the name of a Wi-Fi, which may be any bytes',
      call: quote.keyfileSsid,
    },
  ],
  ['shell', { takes: 'text', summary: 'one word for a shell', call: quote.shell }],
  ['systemd', { takes: 'text', summary: 'a value of a unit, with % escaped', call: quote.systemd }],
  [
    'systemd_exec',
    { takes: 'text', summary: 'one word of a command line in a unit', call: quote.systemdExec },
  ],
  ['sshd', { takes: 'text', summary: 'one word of sshd_config', call: quote.sshd }],
  [
    'wpa_passphrase',
    { takes: 'text', summary: 'a password for wpa_supplicant.conf', call: quote.wpaPassphrase },
  ],
  ['wpa_ssid', { takes: 'text', summary: 'a name of a Wi-Fi for wpa_supplicant.conf', call: quote.wpaSsid }],
  [
    'eq',
    {
      takes: 'text',
      summary: 'whether two values are the same, for `#if`',
      call: (a: PlainValue, b: PlainValue) => a === b,
    },
  ],
  [
    'lines',
    { takes: 'list', summary: 'a list, one item a line', call: (list: readonly string[]) => list.join('\n') },
  ],
  [
    'join',
    {
      takes: 'list',
      summary: 'a list with a separator, such as `{{join dns " "}}`',
      call: (list: readonly string[], separator: string) => list.join(separator),
    },
  ],
])

export const blocks: ReadonlySet<string> = new Set(['if', 'unless', 'each'])

/** The value of a name that is a text. */
export function dataText(data: Data, name: string): string {
  const value = data[name]
  return typeof value === 'string' ? value : ''
}

/** Whether a text has anything to be replaced. */
export function isTemplate(text: string): boolean {
  return text.includes('{{')
}

/** The syntax tree of a template. @throws {Error} of Handlebars, with the line and its grammar's names in the message */
export function parseTemplate(text: string): hbs.AST.Program {
  const known = precompiled.get(text)
  return known === undefined ? compiler().parse(text) : (JSON.parse(known.program) as hbs.AST.Program)
}

/** strict does not cover #if, #each and helpers; checkTemplate does. */
export const templateOptions = { noEscape: true, strict: true } as const

/** Renders what is compiled. */
const engine = withHelpers(createRequire(import.meta.url)('handlebars/runtime') as typeof Handlebars)
/** With parser and compiler: piimg's own templates need neither, and loading both takes a tenth of a plan of one node. */
const compiler = once(() => withHelpers(createRequire(import.meta.url)('handlebars') as typeof Handlebars))

function withHelpers<Engine extends typeof Handlebars>(made: Engine): Engine {
  for (const name of Object.keys(made.helpers)) if (!blocks.has(name)) made.unregisterHelper(name)
  for (const [name, { call }] of helpers) {
    // Handlebars passes its own options to every helper as the last argument.
    made.registerHelper(name, (...values: unknown[]) => call(...(values.slice(0, -1) as never[])))
  }
  return made
}

/** A template with its names and its last result, which is the same for most nodes of a cluster. */
interface Compiled {
  readonly run: Handlebars.TemplateDelegate
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
    ? { run: compiler().compile(text, templateOptions), names: namesIn(text) }
    : { run: engine.template(known.specification), names: known.names }
}

/** Every name in a template, those of helpers among them. */
export function namesIn(text: string): string[] {
  const names: string[] = []
  const visitor = new (compiler().Visitor)()
  visitor.PathExpression = ({ parts }) => {
    names.push(...parts)
  }
  visitor.accept(parseTemplate(text))
  return [...new Set(names)]
}

/** A path with every variable replaced. A variable can be a path, so slashes may be doubled. */
export function renderPath(template: TemplateText, data: Data): string {
  return isTemplate(template.text) ? render(template, data).replace(/\/{2,}/g, '/') : template.text
}
