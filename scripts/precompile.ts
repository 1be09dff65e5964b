import Handlebars from 'handlebars'
import { findLibrary } from '../builder/load/library.js'
import { packageRoot } from '../builder/load/package-root.js'
import { templatesOf } from '../builder/plan/check-overlay.js'
import { templateOptions } from '../builder/plan/handlebars.js'
import { namesIn, parseForRendering, parseTemplate } from '../builder/plan/parse-template.js'
import { isTemplate } from '../builder/plan/template.js'

/** `builder/plan/precompiled.ts` as JavaScript, with every template of piimg's own overlays. */
export function precompiledModule(): string {
  const overlays = findLibrary(packageRoot())
    .everyOverlay()
    .map(({ overlay }) => overlay)
  const texts = new Set(overlays.flatMap(templatesOf).map(({ text }) => text))
  const rows = [...texts].filter(isTemplate).map((text) => {
    const program = JSON.stringify(JSON.stringify(parseTemplate(text), withoutTexts))
    const specification = Handlebars.precompile(parseForRendering(text), templateOptions) as unknown as string
    return `[${JSON.stringify(text)},{program:${program},names:${JSON.stringify(namesIn(text))},specification:${specification}}]`
  })
  return `export const precompiled = new Map([\n${rows.join(',\n')}\n])\n`
}

/** A replacer for JSON: of a statement's place its line, and no statements that only write text. */
function withoutTexts(key: string, value: unknown): unknown {
  if (key === 'loc') return { start: { line: (value as hbs.AST.SourceLocation).start.line } }
  if (key === 'body') return (value as hbs.AST.Statement[]).filter(({ type }) => type !== 'ContentStatement')
  return key.endsWith('trip') ? undefined : value
}
