import type { TemplateText } from '../model/overlay.js'
import { type Problem, error } from '../model/problem.js'
import type { NameKind } from './names.js'
import { blocks, helpers } from './helpers.js'
import { parseTemplate } from './parse-template.js'
import { nodeFields } from '../model/node-record.js'
import { isTemplate } from './template.js'

/** The names that a template may use, and the fields of the nodes in its lists. */
export interface KnownNames {
  readonly names: ReadonlyMap<string, NameKind>
  /** Those of every list, and by the name of a list its own. */
  readonly fields: ReadonlyMap<string, readonly string[]>
  /** `open NAME` and `publish NAME`, for names that other overlays do not let it read, with what would have to be written. */
  readonly closed: ReadonlyMap<string, string>
}

interface Checking extends KnownNames {
  readonly used: Set<string>
  /** The names of an item, inside #each. */
  readonly item?: readonly string[]
  complain(what: string, line: number, hint: string): void
}

/**
 * The variables that a template names, and everything that would make it fail or print a wrong text. Handlebars' own
 * strict mode finds only some of these problems, and only while it renders.
 */
export function checkTemplate(
  template: TemplateText,
  known: KnownNames,
): { used: Set<string>; problems: Problem[] } {
  const problems: Problem[] = []
  const { origin } = template
  const complain: Checking['complain'] = (what, line, hint) => {
    // A text of overlay.ini is one line, whose number is known.
    problems.push(error(origin.line === undefined ? { ...origin, line } : origin, what, hint))
  }
  const checking: Checking = { ...known, used: new Set(), complain }
  const program = isTemplate(template.text) ? parsed(template.text, complain) : undefined
  if (program !== undefined) checkProgram(checking, program)
  return { used: checking.used, problems }
}

function parsed(text: string, complain: Checking['complain']): hbs.AST.Program | undefined {
  try {
    return parseTemplate(text)
  } catch (error) {
    const { message } = error as Error
    const line = Number(/ line (\d+)| - (\d+):\d+$/.exec(message)?.slice(1).join('') ?? 1)
    complain(`not a template: ${wanted(message)}`, line, 'a .hbs file cannot contain a literal {{')
    return undefined
  }
}

/** What Handlebars expected; its message uses the names of its grammar. */
function wanted(message: string): string {
  const [, opened, closed] = /^(\S+) doesn't match (\S+)/.exec(message) ?? []
  if (opened !== undefined) return `expected {{/${opened}}}, not {{/${closed ?? ''}}}`
  if (/OPEN_ENDBLOCK'.* got 'EOF'/.test(message))
    return 'expected {{/if}}, {{/unless}} or {{/each}} before the end of the file'
  if (/got '(OPEN_ENDBLOCK|INVERSE)'/.test(message))
    return 'expected {{#if}}, {{#unless}} or {{#each}} before {{else}} and {{/…}}'
  return 'expected {{name}} or {{helper name}}'
}

function checkProgram(checking: Checking, program: hbs.AST.Program): void {
  for (const statement of program.body) {
    const line = statement.loc.start.line
    if (statement.type === 'MustacheStatement')
      checkWritten(checking, statement as hbs.AST.MustacheStatement, line)
    else if (statement.type === 'BlockStatement')
      checkBlock(checking, statement as hbs.AST.BlockStatement, line)
    else if (statement.type !== 'ContentStatement' && statement.type !== 'CommentStatement') {
      forbid(checking, statement.type, line)
    }
  }
}

function checkWritten(checking: Checking, call: hbs.AST.MustacheStatement, line: number): void {
  if (call.params.length > 0 || (call.hash as hbs.AST.Hash | undefined) !== undefined) {
    checkCall(checking, call, line)
    return
  }
  const name = (call.path as hbs.AST.PathExpression).original
  const kind = kindOf(checking, call.path, line)
  if (kind === 'nodes')
    checking.complain(`"${name}" is a list`, line, `write {{#each ${name}}}{{hostname}}{{/each}}`)
  if (kind === 'list')
    checking.complain(`"${name}" is a list`, line, `write {{join ${name} " "}} or {{#each ${name}}}`)
  if (kind === 'switch') checking.complain(`"${name}" is not a text`, line, `write {{#if ${name}}}`)
}

function checkBlock(checking: Checking, block: hbs.AST.BlockStatement, line: number): void {
  const { path, params, program } = block
  const inverse = block.inverse as hbs.AST.Program | undefined
  if (!blocks.has(path.original)) forbid(checking, `#${path.original}`, line)
  let { item } = checking
  for (const value of params) {
    const kind = kindOf(checking, value, line)
    if (path.original !== 'each') continue
    // Handlebars counts `../` wrongly where both items are the same object.
    if (item !== undefined) checking.complain('#each inside #each', line, 'write one list at a time')
    item = kind === 'nodes' ? [...fieldsOf(checking, value), 'self'] : ['this']
    if (kind !== 'list' && kind !== 'nodes' && kind !== undefined) {
      const lists = [...checking.names].filter(([, kind]) => ['list', 'nodes'].includes(kind))
      checking.complain(`#each takes a list`, line, `lists are ${lists.map(([name]) => name).join(', ')}`)
    }
  }
  checkProgram(item === undefined ? checking : { ...checking, item }, program)
  if (inverse !== undefined) checkProgram(checking, inverse)
}

function checkCall(
  checking: Checking,
  call: hbs.AST.MustacheStatement | hbs.AST.SubExpression,
  line: number,
): void {
  const name = (call.path as hbs.AST.PathExpression).original
  const helper = helpers.get(name)
  if (helper === undefined) {
    checking.complain(`no helper "${name}"`, line, `helpers are ${[...helpers.keys()].join(', ')}`)
  }
  const kinds = call.params.map((value) => kindOf(checking, value, line))
  const [first] = kinds
  const given = first === 'list' || first === 'nodes' ? first : 'text'
  if (helper !== undefined && first !== undefined && given !== helper.takes) {
    const hint = helper.takes === 'text' ? 'use join for a list' : 'write the name itself'
    checking.complain(`${name} takes a ${takenBy[helper.takes]}`, line, hint)
  }
  if (helper?.takes === 'nodes' && first === 'nodes') checkField(checking, call.params, line)
  if ((call.hash as hbs.AST.Hash | undefined) !== undefined) forbid(checking, 'name=value', line)
}

const takenBy = { list: 'list', nodes: 'list of nodes', text: 'text' } as const

/** The second parameter names a field of the list that is the first. */
function checkField(checking: Checking, params: readonly hbs.AST.Expression[], line: number): void {
  const [list, field] = params
  const known = list === undefined ? [] : fieldsOf(checking, list)
  const name = field?.type === 'StringLiteral' ? (field as hbs.AST.StringLiteral).value : ''
  if (!known.includes(name)) checking.complain(`no field "${name}"`, line, `fields are ${known.join(', ')}`)
}

function fieldsOf({ fields }: Checking, list: hbs.AST.Expression): readonly string[] {
  const [name = ''] = list.type === 'PathExpression' ? (list as hbs.AST.PathExpression).parts : []
  return [...nodeFields, ...(fields.get(name) ?? [])]
}

/** The kind of an expression; undefined if it has a problem. */
function kindOf(checking: Checking, expression: hbs.AST.Expression, line: number): NameKind | undefined {
  if (expression.type === 'SubExpression') {
    checkCall(checking, expression as hbs.AST.SubExpression, line)
    return 'text'
  }
  if (expression.type !== 'PathExpression') return 'text'
  return kindOfPath(checking, expression as hbs.AST.PathExpression, line)
}

function kindOfPath(checking: Checking, path: hbs.AST.PathExpression, line: number): NameKind | undefined {
  const { original, depth, parts } = path
  const { item } = checking
  if (item !== undefined && [...item, '@index', '@first', '@last'].includes(original))
    return original === 'self' ? 'switch' : 'text'
  const [name, ...rest] = parts
  if (name === undefined || rest.length > 0 || path.data || original.startsWith('this')) {
    forbid(checking, original, line)
    return undefined
  }
  const wanted = item === undefined ? 0 : 1
  const kind = checking.names.get(name)
  if (depth !== wanted) {
    const ways = [
      kind === undefined
        ? checking.closed.get(`publish ${name}`)
        : `write ${wanted === 1 ? '../' : ''}${name}`,
      ...(kind === undefined && item !== undefined ? [`fields are ${item.join(', ')}`] : []),
    ]
    checking.complain(`"${original}" is not defined here`, line, ways.filter(Boolean).join('; '))
    return undefined
  }
  if (kind === undefined) {
    const hint = checking.closed.get(`open ${name}`) ?? declareIt
    checking.complain(`undeclared variable "${name}"`, line, hint)
  } else checking.used.add(name)
  return kind
}

const declareIt = 'declare it in overlay.ini: [variable NAME]'

function forbid(checking: Checking, name: string, line: number): void {
  checking.complain(
    `"${name}" is not allowed in templates`,
    line,
    'use variables, helpers, #if, #unless and #each',
  )
}
