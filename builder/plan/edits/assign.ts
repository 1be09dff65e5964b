import { linesOf, textOf } from './lines.js'

/**
 * `KEY=value` lines of a file such as /etc/default/keyboard. `set` contains one assignment per line, quoted for the
 * file. Each replaces the last line that sets its key, or else a commented one, or else is added at the end.
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
