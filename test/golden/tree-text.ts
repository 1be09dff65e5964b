import { allEntries, entryRecord } from '../../builder/plan/plan-record.js'
import type { Entry, Plan } from '../../builder/model/plan.js'
import type { Problem } from '../../builder/model/problem.js'
import { problemText } from '../support/problem-text.js'

/** The golden files of a plan: `plan.txt`, and every file as it would be written. */
export function goldenFiles(plan: Plan, problems: readonly Problem[]): Map<string, Buffer> {
  const entries = allEntries(plan)
  const contents = entries.flatMap((entry) =>
    entry.kind === 'file' ? [[goldenName(`${entry.partition}${entry.path}`), entry.content] as const] : [],
  )
  const text = [...entries.map(entryLine), ...problemText(problems.map(withShortPlace))].join('\n')
  return new Map([['plan.txt', Buffer.from(`${text}\n`)], ...contents])
}

/** Windows allows no colon in a file name. */
function goldenName(path: string): string {
  return path.replaceAll('%', '%25').replaceAll(':', '%3A')
}

function entryLine(entry: Entry): string {
  const { mode, uid, gid, target, to, origins } = entryRecord(entry)
  const owner = uid === undefined ? '' : `${uid}:${gid ?? ''}`
  const what = {
    file: 'file',
    directory: 'directory',
    symlink: `link to ${target ?? ''}`,
    removal: 'removed',
    move: `renamed to ${to ?? ''}`,
  }[entry.kind]
  const columns = [(mode ?? '').padEnd(4), owner.padEnd(9), `${entry.partition}${entry.path}`, what]
  return [...columns, `(${origins.join(', ')})`].join(' ').trimStart()
}

function withShortPlace(problem: Problem): Problem {
  return { ...problem, where: { file: problem.where.file.replace(/^.*\/overlays\//, '') } }
}
