import { createRequire } from 'node:module'
import type Handlebars from 'handlebars'
import { blocks, helpers } from './helpers.js'
import { once } from './once.js'

export type Rendering = Handlebars.TemplateDelegate

/** strict does not cover #if, #each and helpers; checkTemplate does. */
export const templateOptions = { noEscape: true, strict: true } as const

/** Renders what is compiled. */
export const engine = withHelpers(createRequire(import.meta.url)('handlebars/runtime') as typeof Handlebars)

/** With parser and compiler: piimg's own templates need neither, and loading both takes a tenth of a plan of one node. */
export const compiler = once(() =>
  withHelpers(createRequire(import.meta.url)('handlebars') as typeof Handlebars),
)

function withHelpers<Engine extends typeof Handlebars>(made: Engine): Engine {
  for (const name of Object.keys(made.helpers)) if (!blocks.has(name)) made.unregisterHelper(name)
  for (const [name, { call }] of helpers) {
    // Handlebars passes its own options to every helper as the last argument.
    made.registerHelper(name, (...values: unknown[]) => call(...(values.slice(0, -1) as never[])))
  }
  return made
}
