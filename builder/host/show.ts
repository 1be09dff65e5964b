import { report, style } from './report.js'
import type { EntryRecord } from '../model/plan-record.js'
import type { Origin, Problem } from '../model/problem.js'
import { plain, type Value } from '../model/value.js'

/** Where a problem is, in one line: `profiles/worker.ini:3 [variables] locale`. */
export function placeName({ file, line, key }: Origin): string {
  const place = line === undefined ? file : `${file}:${line}`
  return key === undefined ? place : `${place} ${key}`
}

/** All problems as text: place, problem, hint; in the order in which they were found. */
export function problemLines(problems: readonly Problem[]): string[] {
  return problems.flatMap(({ severity, where, what, hint }) => {
    const word = severity === 'error' ? style('31', 'error:') : style('33', 'warning:')
    const lines = [`${word} ${placeName(where)}: ${what}`]
    return hint === undefined ? lines : [...lines, `  hint: ${hint}`]
  })
}

export function reportWarnings(warnings: readonly Problem[]): void {
  for (const line of problemLines(warnings)) report.error(line)
}

export function valueText(value: Value): string {
  const text = plain(value)
  return typeof text === 'object' ? text.join(' ') : text === true ? 'yes' : text === false ? 'no' : text
}

/** One line of a plan. */
export function entryLine({
  partition,
  path,
  kind,
  mode,
  uid,
  gid,
  size,
  target,
  to,
  origins,
}: EntryRecord): string {
  const owner = uid === undefined ? '' : `${uid}:${gid ?? ''}`
  const what = {
    file: `${size ?? 0} bytes`,
    directory: 'folder',
    symlink: `-> ${target ?? ''}`,
    removal: 'removed',
    move: `renamed to ${to ?? ''}`,
  }[kind]
  return `  ${(mode ?? '').padEnd(4)} ${owner.padEnd(9)} ${partition}${path}  ${what}  (${origins.join(', ')})`
}

/** Rows as columns of equal width; the last column is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
