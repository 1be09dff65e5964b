import ts from 'typescript'

/** A piece of a file that a person reads. */
interface Text {
  readonly text: string
  /** Where it begins, from 1. */
  readonly line: number
}

/**
 * What a person reads of a file: strings, templates and comments of TypeScript; of Markdown all but the word list; of
 * any other text file everything.
 */
export function textsOf(file: string, content: string): Text[] {
  if (content.includes('\0')) return []
  if (/\.[cm]?[jt]s$/.test(file)) return textsOfTypeScript(file, content)
  // A row of the word list keeps its place, so that the lines count on.
  const text = file.endsWith('CONTRIBUTING.md') ? content.replace(/^\| `.*$/gm, '') : content
  return [{ text, line: 1 }]
}

function textsOfTypeScript(file: string, content: string): Text[] {
  const source = ts.createSourceFile(file, content, ts.ScriptTarget.Latest, true)
  const texts = new Map<number, Text>()
  const add = (start: number, end: number) => {
    const { line } = source.getLineAndCharacterOfPosition(start)
    texts.set(start, { text: content.slice(start, end), line: line + 1 })
  }
  const visit = (node: ts.Node): void => {
    const comments = [
      ...(ts.getLeadingCommentRanges(content, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(content, node.getEnd()) ?? []),
    ]
    for (const { pos, end } of comments) add(pos, end)
    if (isText(node)) add(node.getStart(source), node.getEnd())
    node.getChildren(source).forEach(visit)
  }
  visit(source)
  return [...texts.values()]
}

function isText(node: ts.Node): boolean {
  if (ts.isStringLiteral(node)) return !ts.isImportDeclaration(node.parent)
  return (
    ts.isNoSubstitutionTemplateLiteral(node) ||
    ts.isTemplateHead(node) ||
    ts.isTemplateMiddle(node) ||
    ts.isTemplateTail(node)
  )
}
