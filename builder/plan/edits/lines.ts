import { areSame } from '../../model/memo.js'

/** The lines of a text file, without the end of the last one. */
export function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

export function textOf(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

/** A text with other lines; where no line changes, the text as it is. */
export function withLines(text: string, change: (lines: readonly string[]) => readonly string[]): string {
  const lines = linesOf(text)
  const after = change(lines)
  return areSame(lines, after) ? text : textOf(after)
}
