import Handlebars from 'handlebars'
import type { TemplateText } from '../model/overlay.js'
import type { Problem } from '../model/problem.js'
import type { Value } from '../model/variable.js'
import * as quote from './quote.js'

/** Everything that a template may name; every name is there, with an empty value where nothing was given. */
export type Data = Readonly<Record<string, Value>>

const helpers: Readonly<Record<string, (...values: never[]) => unknown>> = {
  keyfile: quote.keyfile,
  keyfile_ssid: quote.keyfileSsid,
  shell: quote.shell,
  systemd: quote.systemd,
  sshd: quote.sshd,
  wpa_passphrase: quote.wpaPassphrase,
  wpa_ssid: quote.wpaSsid,
  eq: (a: Value, b: Value) => a === b,
  lines: (list: readonly string[]) => list.join('\n'),
  join: (list: readonly string[], separator: string) => list.join(separator),
}
const blocks = new Set(['if', 'unless', 'each'])

const engine = Handlebars.create()
for (const name of Object.keys(engine.helpers)) if (!blocks.has(name)) engine.unregisterHelper(name)
for (const [name, helper] of Object.entries(helpers)) {
  // Handlebars hands every helper its own options as a last argument.
  engine.registerHelper(name, (...values: unknown[]) => helper(...(values.slice(0, -1) as never[])))
}

const compiled = new Map<string, Handlebars.TemplateDelegate>()

/** The text with every variable put in. Only for texts that `templateProblems` found nothing in. */
export function render(template: TemplateText, data: Data): string {
  if (!template.text.includes('{{')) return template.text
  const known = compiled.get(template.text)
  // strict does not reach into #if, #each and helpers: templateProblems does.
  const run = known ?? engine.compile(template.text, { noEscape: true, strict: true })
  if (known === undefined) compiled.set(template.text, run)
  return run(data)
}

/** A path with every variable put in; a variable may hold a path itself, so slashes can meet. */
export function renderPath(template: TemplateText, data: Data): string {
  return render(template, data).replace(/\/{2,}/g, '/')
}

/** The variables that a template names, and what is wrong with it; `names` are those it may name. */
export function templateProblems(
  template: TemplateText,
  names: ReadonlySet<string>,
): { used: Set<string>; problems: Problem[] } {
  const used = new Set<string>()
  const problems: Problem[] = []
  const complain = (what: string, line: number | undefined, hint: string): void => {
    const where = line === undefined || template.origin.line !== undefined ? template.origin : { ...template.origin, line } // prettier-ignore
    problems.push({ severity: 'error', where, what, hint })
  }
  let program: hbs.AST.Program
  try {
    program = Handlebars.parse(template.text)
  } catch (error) {
    const lines = (error as Error).message.split('\n')
    complain(`not a template: ${lines.at(-1) ?? ''}`, Number(/line (\d+)/.exec(lines[0] ?? '')?.[1] ?? 1), 'literal {{ has no place in a .hbs file') // prettier-ignore
    return { used, problems }
  }
  for (const { name, line, kind } of namesIn(program)) {
    if (kind === 'forbidden')
      complain(`"${name}" is not for templates here`, line, 'use variables, helpers, #if, #unless and #each') // prettier-ignore
    else if (kind === 'helper' && !(name in helpers))
      complain(`no helper "${name}"`, line, `there are ${Object.keys(helpers).join(', ')}`) // prettier-ignore
    else if (kind === 'variable' && !names.has(name))
      complain(`undeclared variable "${name}"`, line, 'declare it in overlay.ini: [variable NAME]') // prettier-ignore
    else if (kind === 'variable') used.add(name)
  }
  return { used, problems }
}

interface Named {
  readonly name: string
  readonly line: number
  readonly kind: 'variable' | 'helper' | 'forbidden'
}

function namesIn(program: hbs.AST.Program): Named[] {
  return program.body.flatMap((statement) => namesInStatement(statement))
}

function namesInStatement(statement: hbs.AST.Statement): Named[] {
  const line = statement.loc.start.line
  switch (statement.type) {
    case 'ContentStatement':
    case 'CommentStatement':
      return []
    case 'MustacheStatement':
      return namesInCall(statement as hbs.AST.MustacheStatement, line)
    case 'BlockStatement': {
      const { path, params, program, inverse } = statement as hbs.AST.BlockStatement
      const block = blocks.has(path.original)
        ? []
        : [{ name: `#${path.original}`, line, kind: 'forbidden' as const }]
      const inside = [program, inverse as hbs.AST.Program | undefined].filter((part) => part !== undefined)
      return [
        ...block,
        ...params.flatMap((value) => namesInExpression(value, line)),
        ...inside.flatMap(namesIn),
      ]
    }
    default:
      return [{ name: statement.type, line, kind: 'forbidden' }]
  }
}

function namesInCall(call: hbs.AST.MustacheStatement | hbs.AST.SubExpression, line: number): Named[] {
  const values = [...call.params, ...(call.hash as hbs.AST.Hash | undefined ?? { pairs: [] }).pairs.map(({ value }) => value)] // prettier-ignore
  if (values.length === 0 && call.type === 'MustacheStatement') return namesInExpression(call.path, line)
  const helper = (call.path as hbs.AST.PathExpression).original
  return [
    { name: helper, line, kind: 'helper' },
    ...values.flatMap((value) => namesInExpression(value, line)),
  ]
}

function namesInExpression(expression: hbs.AST.Expression, line: number): Named[] {
  if (expression.type === 'SubExpression') return namesInCall(expression as hbs.AST.SubExpression, line)
  if (expression.type !== 'PathExpression') return []
  const path = expression as hbs.AST.PathExpression
  if (path.data || path.original === 'this') return []
  const name = path.parts.join('.')
  return [{ name, line, kind: path.parts.length === 1 ? 'variable' : 'forbidden' }]
}
