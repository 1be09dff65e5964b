import { linesOf, textOf } from './lines.js'

export interface BlockParameters {
  /** Distinguishes the blocks of one file. */
  readonly name: string
  /** The lines of the block; an empty text removes the block. */
  readonly text: string
  /** Where a new block goes; default: `bottom`. */
  readonly position?: string
  /** A new block goes before the first line that begins with this word, in any case; without such a line, nowhere. */
  readonly before?: string
}

/** Lines between two comments that name piimg. An existing block is replaced in its place, a new one is added. */
export function block(text: string, { name, text: body, position, before }: BlockParameters): string {
  const begin = `# begin piimg ${name}`
  const end = `# end piimg ${name}`
  const lines = linesOf(text)
  const to = lines.indexOf(end)
  const from = lines.lastIndexOf(begin, to)
  const block = body.trim() === '' ? [] : [begin, ...linesOf(body), end]
  if (to !== -1 && from !== -1) return textOf([...lines.slice(0, from), ...block, ...lines.slice(to + 1)])
  if (block.length === 0) return text
  if (before !== undefined) {
    const word = before.toLowerCase()
    const at = lines.findIndex((line) => line.trim().toLowerCase().split(/\s/, 1)[0] === word)
    const isInBlock = lines[at - 1]?.startsWith('# begin piimg ') === true
    return at === -1 ? text : textOf(lines.toSpliced(isInBlock ? at - 1 : at, 0, ...block))
  }
  return textOf(position === 'top' ? [...block, ...lines] : [...lines, ...block])
}
