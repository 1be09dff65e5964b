import { linesOf, textOf } from './lines.js'

/**
 * `KEY=value` lines of a file such as /etc/default/keyboard. `set` holds one a line, quoted as the file wants it; each
 * takes the place of the last line that sets its key, else of a commented one, else goes to the end.
 */
export function assign(text: string, { set }: { readonly set: string }): string {
  const lines = linesOf(text)
  for (const assignment of linesOf(set).filter((line) => line.trim() !== '')) {
    const key = assignment.split('=', 1)[0] ?? assignment
    const isSet = (line: string) => line.trimStart().startsWith(`${key}=`)
    const isCommented = (line: string) => line.replace(/^\s*#\s*/, '').startsWith(`${key}=`)
    const place = lines.findLastIndex(isSet)
    const at = place === -1 ? lines.findLastIndex(isCommented) : place
    if (at === -1) lines.push(assignment)
    else lines[at] = assignment
  }
  return textOf(lines)
}
