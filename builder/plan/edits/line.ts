import { linesOf, textOf } from './lines.js'

/** Adds one line to a file, such as a locale in /etc/locale.gen, or uncomments it. */
export function line(text: string, { line: wanted }: { readonly line: string }): string {
  const lines = linesOf(text)
  if (wanted === '' || lines.some((candidate) => candidate.trim() === wanted)) return text
  const commented = lines.findIndex((candidate) => candidate.replace(/^\s*#\s*/, '').trim() === wanted)
  if (commented === -1) return textOf([...lines, wanted])
  return textOf(lines.with(commented, wanted))
}
