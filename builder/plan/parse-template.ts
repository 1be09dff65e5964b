import { compiler } from './handlebars.js'
import { precompiled } from './precompiled.js'

/** The syntax tree of a template. @throws {Error} of Handlebars, with the line and its grammar's names in the message */
export function parseTemplate(text: string): hbs.AST.Program {
  const known = precompiled.get(text)
  return known === undefined ? compiler().parse(text) : (JSON.parse(known.program) as hbs.AST.Program)
}

/**
 * The syntax tree that is compiled. In a list of nodes, `self` becomes a comparison with the node's own hostname: a
 * field would make a list of its own for each node.
 */
export function parseForRendering(text: string): hbs.AST.Program {
  const visitor = new (compiler().Visitor)() as unknown as Replacing
  visitor.mutating = true
  visitor.PathExpression = (path) => (path.original === 'self' ? comparison(path) : undefined)
  const program = compiler().parse(text)
  visitor.accept(program)
  return program
}

/** Handlebars' types have no visitor that replaces what it visits. */
interface Replacing {
  mutating: boolean
  accept(node: hbs.AST.Node): void
  PathExpression(path: hbs.AST.PathExpression): hbs.AST.Node | undefined
}

function comparison(path: hbs.AST.PathExpression): hbs.AST.SubExpression {
  const [block] = compiler().parse('{{#if (eq hostname @root.hostname)}}{{/if}}').body
  const [expression] = (block as hbs.AST.BlockStatement).params
  return { ...(expression as hbs.AST.SubExpression), loc: path.loc }
}

/** The names of data that a template's text follows from: not the fields of the items of a list. */
export function namesIn(text: string): string[] {
  const names: string[] = []
  let isInEach = false
  const visitor = new (compiler().Visitor)()
  const visitBlock = visitor.BlockStatement.bind(visitor)
  visitor.BlockStatement = (block) => {
    for (const value of block.params) visitor.accept(value)
    const before = isInEach
    isInEach ||= block.path.original === 'each'
    visitBlock({ ...block, params: [] })
    isInEach = before
  }
  visitor.PathExpression = ({ parts, depth, data }) => {
    if (data || depth > 0 || !isInEach) names.push(...parts)
  }
  visitor.accept(parseForRendering(text))
  return [...new Set(names)]
}
