import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { wholeOf } from '../../builder/model/content.js'
import { allEntries } from '../../builder/plan/plan-record.js'
import { type Entry, isSecret, type Plan } from '../../builder/model/plan.js'
import { planRecordPath } from '../../builder/model/plan-record.js'
import type { Problem } from '../../builder/model/problem.js'
import { problemText } from '../support/problem-text.js'

const root = join(import.meta.dirname, '../..')

/**
 * The golden files of a plan: `plan.txt`, and every file as it would be written. A static file of an overlay
 * is not among them: `plan.txt` names it, if the plan has its very bytes.
 */
export function goldenFiles(plan: Plan, problems: readonly Problem[]): Map<string, Buffer> {
  const entries = allEntries(plan)
  const contents = entries.flatMap((entry) =>
    entry.kind === 'file' && staticFileOf(entry) === undefined
      ? [[goldenName(`${entry.partition}${entry.path}`), contentOf(entry, entries)] as const]
      : [],
  )
  const text = [...entries.map(entryLine), ...problemText(problems.map(withShortPlace))].join('\n')
  return new Map([['plan.txt', Buffer.from(`${text}\n`)], ...contents])
}

type FileEntry = Extract<Entry, { kind: 'file' }>

function contentOf(entry: FileEntry, entries: readonly Entry[]): Buffer {
  return entry.path === planRecordPath ? shortRecord(wholeOf(entry.content), entries) : wholeOf(entry.content)
}

/** `plan.json` without its entries, if they are exactly those of `plan.txt` with the sizes and hashes of the files. */
function shortRecord(content: Buffer, entries: readonly Entry[]): Buffer {
  const record = JSON.parse(content.toString()) as object
  const others = entries.filter(({ path }) => path !== planRecordPath)
  const whole = jsonText({ ...record, entries: others.map(recordOf) })
  return content.equals(whole) ? jsonText({ ...record, entries: 'see plan.txt' }) : content
}

function jsonText(value: object): Buffer {
  return Buffer.from(`${JSON.stringify(value, undefined, 1)}\n`)
}

function recordOf(entry: Entry): object {
  const { partition, path, kind } = entry
  const place = { partition, path, kind }
  const origins = originsOf(entry)
  if (entry.kind === 'symlink') return { ...place, target: entry.target, origins }
  if (entry.kind === 'move') return { ...place, to: entry.to, origins }
  if (entry.kind === 'removal') return { ...place, origins }
  const owned = { ...place, mode: modeOf(entry), ...entry.owner }
  if (entry.kind === 'directory') return { ...owned, origins }
  const sha256 = isSecret(entry)
    ? undefined
    : createHash('sha256').update(wholeOf(entry.content)).digest('hex')
  return { ...owned, size: wholeOf(entry.content).length, sha256, origins }
}

function originsOf({ origins }: Entry): string[] {
  return origins.map(({ file, inOverlay }) => inOverlay ?? file)
}

function modeOf(entry: Entry): string | undefined {
  return 'mode' in entry ? entry.mode.toString(8).padStart(4, '0') : undefined
}

/** The file of `overlays/` that an entry is a copy of, byte for byte. */
function staticFileOf(entry: FileEntry): string | undefined {
  const [origin = '', ...others] = originsOf(entry)
  const name = `overlays/${origin}`
  const path = join(root, name)
  if (others.length > 0 || !existsSync(path) || !statSync(path).isFile()) return undefined
  return readFileSync(path).equals(wholeOf(entry.content)) ? name : undefined
}

function entryLine(entry: Entry): string {
  const owner = 'owner' in entry ? `${entry.owner.uid}:${entry.owner.gid}` : ''
  const columns = [(modeOf(entry) ?? '').padEnd(4), owner.padEnd(9), `${entry.partition}${entry.path}`]
  return [...columns, kindText(entry)].join(' ').trimStart()
}

function kindText(entry: Entry): string {
  const origins = `(${originsOf(entry).join(', ')})`
  switch (entry.kind) {
    case 'directory':
      return `directory ${origins}`
    case 'symlink':
      return `link to ${entry.target} ${origins}`
    case 'removal':
      return `removed ${origins}`
    case 'move':
      return `renamed to ${entry.to} ${origins}`
    case 'file': {
      const copied = staticFileOf(entry)
      const content = copied === undefined ? `file ${origins}` : `= ${copied}`
      return isSecret(entry) ? `secret ${content}` : content
    }
  }
}

/** Windows allows no colon in a file name. */
function goldenName(path: string): string {
  return path.replaceAll('%', '%25').replaceAll(':', '%3A')
}

function withShortPlace(problem: Problem): Problem {
  return { ...problem, where: { file: problem.where.file.replace(/^.*\/overlays\//, '') } }
}
