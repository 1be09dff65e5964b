import { spawnSync } from 'node:child_process'
import { accessSync, chmodSync, chownSync, constants, mkdirSync, mkdtempSync } from 'node:fs'
import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll } from 'vitest'
import { placeEntries } from '../../builder/engines/placement.js'
import { wholeOf } from '../../builder/model/content.js'
import type { Step } from '../../builder/model/step.js'
import { file } from '../../scripts/practice/entries.js'
import { mergeEntries, type PracticeEntry, type Release } from '../../scripts/practice/tree.js'
import { resolveValues } from '../../builder/load/values.js'
import { holds } from '../../builder/plan/conditions.js'
import { dataOf, prepareNode } from '../../builder/plan/prepare.js'
import { render } from '../../builder/plan/template.js'
import { placeOf } from './place.js'
import { nodeInput, planOf } from './node.js'
import { practiceBase, stockText, treeOf } from './practice-base.js'
import { problemText } from './problem-text.js'

const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`
const environment = { ...process.env, LC_ALL: 'C.UTF-8', PATH: path }

/** Whether this computer lacks one of the programs; says which, and where each comes from. */
export function isMissing(programs: Readonly<Record<string, string>>): boolean {
  const missing = Object.entries(programs).filter(([name]) => !isInstalled(name))
  for (const [name, origin] of missing) skipped(`there is no ${name}: apt-get install ${origin}`)
  return missing.length > 0
}

/** Whether namespaces of mounts, networks and processes cannot be made here: only root may. */
export function hasNoNamespaces(): boolean {
  if (spawnSync('unshare', ['--mount', '--net', '--pid', '--fork', 'true']).status === 0) return false
  skipped('unshare makes no namespaces here: root may, with CAP_SYS_ADMIN')
  return true
}

/** Whether this process cannot give files to root and look at them as root does. */
export function isOrdinary(why: string): boolean {
  const ordinary = process.getuid?.() !== 0
  if (ordinary) skipped(`only root can do this here: ${why}`)
  return ordinary
}

export function skipped(reason: string): void {
  console.warn(`skipped: ${reason}`)
}

function isInstalled(name: string): boolean {
  return path.split(':').some((folder) => {
    try {
      accessSync(join('/', folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

export interface Answer {
  /** The exit code; undefined where a signal or the time-out ended it. */
  readonly status: number | undefined
  readonly output: string
  readonly errors: string
}

/** Runs a program to its end. */
export function ask(
  command: readonly [string, ...string[]],
  options: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Answer {
  const { input = '', env } = options
  const [program, ...words] = command
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    encoding: 'utf8',
    input,
    env: { ...environment, ...env },
    timeout: 600_000,
    killSignal: 'SIGKILL',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (error !== undefined) throw error
  return { status: status ?? undefined, output: stdout, errors: stderr }
}

/** A folder for all tests of one file. */
export function sharedFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'piimg-real-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface Card {
  readonly release: Release
  readonly set?: Readonly<Record<string, string>>
  /** Added to the base image, or put in the place of what it has. */
  readonly extra?: readonly PracticeEntry[]
  readonly profile?: string
  /** Values of the cluster's other nodes. */
  readonly others?: readonly Readonly<Record<string, string>>[]
}

/** Account files without a user 1000, for a card that makes its own. */
export function withoutUser(release: Release): PracticeEntry[] {
  return ['passwd', 'shadow', 'group', 'gshadow', 'subuid', 'subgid'].map((name) => {
    const text = stockText(release, `root/etc/${name}`) ?? ''
    const secret = name.includes('shadow') ? { mode: 0o640, gid: 42 } : {}
    return file(`/etc/${name}`, text.replace(/^pi:.*\n/gm, '').replace(/:pi$/gm, ':'), secret)
  })
}

const made = new Map<string, ReadonlyMap<string, PracticeEntry>>()

/** What the root partition of a finished card holds: the base image with every step of the plan done. */
export function finalRoot(card: Card): Map<string, PracticeEntry> {
  if (card.extra !== undefined) return makeRoot(card)
  const key = JSON.stringify(card)
  const known = made.get(key) ?? makeRoot(card)
  made.set(key, known)
  return new Map(known)
}

function makeRoot({ release, extra = [], ...node }: Card): Map<string, PracticeEntry> {
  const base = practiceBase(release, extra)
  const { plan, problems } = planOf({ base, ...node })
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new Error(problemText(errors).join('\n'))
  const entries = new Map(mergeEntries(treeOf(release).root, extra).map((entry) => [entry.path, entry]))
  for (const step of placeEntries(base.root, plan.root, release)) takeStep(entries, step)
  return entries
}

/** The text of a file, whose path must be its real one. */
export function textIn(root: ReadonlyMap<string, PracticeEntry>, path: string): string {
  const entry = root.get(path)
  if (entry?.kind !== 'file') throw new Error(`there is no file ${path}`)
  return Buffer.from(entry.content ?? '').toString('latin1')
}

/** A Wi-Fi file, or why there is none. */
export type WifiFile = { readonly text: string } | { readonly refused: readonly string[] }

/**
 * What writes the release's Wi-Fi file for a name and a password as they are typed. Far faster than a whole plan, of
 * which it takes the same steps for one file.
 */
export function wifiWriter(release: Release, path: string): (ssid: string, psk: string) => WifiFile {
  const { input } = nodeInput({ base: practiceBase(release), set: { wifi_country: 'GB' } })
  const { values } = prepareNode(input)
  const items = input.overlays.filter(({ name }) => name === 'wifi').flatMap((overlay) => overlay.items)
  const found = items.find((item) => {
    return (
      item.kind === 'file' &&
      item.path.text === path &&
      holds(
        item.when.map((all) => all.filter(({ name }) => name !== 'wifi_ssid')),
        dataOf(input, values),
      )
    )
  })
  if (found?.kind !== 'file' || Buffer.isBuffer(found.content)) throw new Error(`no template of ${path}`)
  const { content } = found
  return (ssid, psk) => {
    const given = Object.entries({ wifi_ssid: ssid, wifi_psk: psk }).map(([name, text]) => {
      return { name, text, origin: { file: 'command line' } }
    })
    const own = resolveValues(input.variables, [], given, placeOf())
    if (own.problems.length > 0) return { refused: own.problems.map(({ what }) => what) }
    return { text: render(content, dataOf(input, new Map([...values, ...own.values]))) }
  }
}

const printableAscii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))

/** Names and passwords that a reader could take for something else. */
export const nastyWifi: readonly (readonly [ssid: string, psk: string])[] = [
  ...printableAscii.map((c) => [c, c.repeat(8)] as const),
  ...printableAscii.map((c) => [`a${c}b`, `${c}secret${c}`] as const),
  ...printableAscii.map((c) => [c.repeat(32), `a${c}${c}aaaaaa`] as const),
  ['123', '12345678'],
  ['1;2;3;', '1;2;3;4;5;'],
  ['72;105;', '72;105;32;'],
  ['  both  ', '  both  '],
  ['"quoted"', '"quoted"'],
  ["'quoted'", "'quoted'"],
  ['P"text"', 'P"text\\n"'],
  ['5061', '5061737370687261'],
  ['[wifi]', '[wifi]psk='],
  ['ssid=x # y', 'psk=x # y ; z'],
  ['\\s\\n\\t\\\\', '\\s\\n\\t\\\\'],
  ['ends in \\', 'ends in \\'],
  ['"#', 'aaaa"a#a"b'],
  ['#"', '"" # aaaa"'],
  ['{{user}}', '{{{user}}}'],
  ['%h $HOME `id` $(id)', '%h $HOME `id` $(id)'],
  ['Žižkov', 'aaaaaaaa'],
  ['カフェ 無線', 'aaaaaaaa'],
  ['🏴‍☠️🥧', 'aaaaaaaa'],
  ['\u00a0\u3000', 'aaaaaaaa'],
  ['\ufeffbom', 'aaaaaaaa'],
  ['hex', '0123456789abcdefABCDEF0123456789abcdefABCDEF01234567890123456789'],
  ['longest', '~'.repeat(63)],
  ['letters', 'hěslo-s-háčky'],
  ['bytes', 'é'.repeat(31)],
  ['open', ''],
]

const textOf = (unit: fc.Arbitrary<string> | 'grapheme' | 'grapheme-ascii' | 'binary', lengths: object) =>
  fc.string({ unit, ...lengths })
const special = fc.constantFrom(
  ' ',
  '\\',
  '"',
  "'",
  '#',
  ';',
  '=',
  '[',
  ']',
  '0',
  '9',
  's',
  'n',
  '$',
  '%',
  '{',
  '}',
)

/** Names that are mostly right. */
export const anySsid = fc.oneof(
  { weight: 3, arbitrary: textOf('grapheme-ascii', { minLength: 1, maxLength: 32 }) },
  { weight: 3, arbitrary: textOf(special, { minLength: 1, maxLength: 32 }) },
  { weight: 2, arbitrary: textOf('grapheme', { minLength: 1, maxLength: 8 }) },
  { weight: 1, arbitrary: textOf('binary', { minLength: 1, maxLength: 34 }) },
)

/** Passwords that are mostly right. */
export const anyPsk = fc.oneof(
  { weight: 4, arbitrary: textOf('grapheme-ascii', { minLength: 8, maxLength: 63 }) },
  { weight: 4, arbitrary: textOf(special, { minLength: 8, maxLength: 63 }) },
  {
    weight: 1,
    arbitrary: textOf(fc.constantFrom(...'0123456789abcdefABCDEF'.split('')), {
      minLength: 63,
      maxLength: 65,
    }),
  },
  { weight: 1, arbitrary: textOf('grapheme', { minLength: 0, maxLength: 70 }) },
)

function takeStep(entries: Map<string, PracticeEntry>, step: Step): void {
  const { path } = step
  const root = { uid: 0, gid: 0 }
  switch (step.do) {
    case 'rename':
      for (const [name, entry] of [...entries]) {
        if (name !== path && !name.startsWith(`${path}/`)) continue
        entries.delete(name)
        entries.set(step.to + name.slice(path.length), { ...entry, path: step.to + name.slice(path.length) })
      }
      break
    case 'unlink':
    case 'rmdir':
      entries.delete(path)
      break
    case 'mkdir':
    case 'own':
      entries.set(path, { path, kind: 'directory', mode: step.mode, ...step.owner })
      break
    case 'write':
      entries.set(path, {
        path,
        kind: 'file',
        mode: step.mode,
        ...step.owner,
        content: wholeOf(step.content),
      })
      break
    case 'symlink':
      entries.set(path, { path, kind: 'symlink', mode: 0o777, ...root, target: step.target })
  }
}

/** Writes all below these folders, with modes, and with owners where this process may. */
export function writeTree(
  folder: string,
  root: ReadonlyMap<string, PracticeEntry>,
  below: readonly string[],
): void {
  const wanted = [...root.values()].filter(({ path }) =>
    below.some((top) => path === top || path.startsWith(`${top}/`)),
  )
  for (const entry of wanted.sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const path = join(folder, entry.path)
    mkdirSync(entry.kind === 'directory' ? path : dirname(path), { recursive: true })
    if (entry.kind === 'symlink') symlinkSync(entry.target ?? '', path)
    if (entry.kind === 'file') writeFileSync(path, entry.content ?? '')
    if (entry.kind === 'symlink') continue
    if (process.getuid?.() === 0) chownSync(path, entry.uid, entry.gid)
    chmodSync(path, entry.mode)
  }
}
