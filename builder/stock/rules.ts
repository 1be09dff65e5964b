import type { FileKind } from '../model/file-tree.js'

/** A file of a base image that is compared with the stock image. */
export interface StockFile {
  readonly kind: FileKind
  /** Of a link. */
  readonly target?: string
  /** Of a regular file; every byte as one character (latin1). */
  readonly text: string
  /** The text of another file of the root; undefined where there is none. */
  readonly textOf: (path: string) => string | undefined
}

/** Whether a file is as the stock image has it. */
export type Rule = (file: StockFile) => boolean

/**
 * The files of a stock image that no package has, or that were changed after the packages were installed, by `boot/…` and
 * `root/…`; `*` matches any characters in a name.
 */
export interface StockList {
  /** Every image has these. */
  readonly always: Readonly<Record<string, Rule>>
  /** Some have these, or those of some dates. */
  readonly sometimes: Readonly<Record<string, Rule>>
}

type Pattern = string | RegExp

/** A file whose lines without comments are `must`, each of them, and any of `may`. Blanks count as one. */
export function lines(must: readonly Pattern[], may: readonly Pattern[] = []): Rule {
  return ({ kind, text }) => kind === 'file' && fits(significant(text), must, may)
}

/** The same for config.txt: a line of a part for some boards is written `[pi4] arm_boost=1`. */
export function configLines(must: readonly Pattern[], may: readonly Pattern[] = []): Rule {
  return ({ text }) => {
    let part = ''
    const found = significant(text).flatMap((line) => {
      const filter = /^\[(.*)\]$/.exec(line)?.[1]
      if (filter === undefined) return [`${part}${line}`]
      part = filter === 'all' ? '' : `[${filter}] `
      return []
    })
    return fits(found, must, may)
  }
}

/** A file of one line, whose words are `must`, each of them, and any of `may`. */
export function words(must: readonly Pattern[], may: readonly Pattern[] = []): Rule {
  return ({ text }) => {
    const [line = '', ...further] = significant(text)
    return further.length === 0 && fits(line.split(' '), must, may)
  }
}

/** A link to one of these. */
export function link(...targets: readonly Pattern[]): Rule {
  return ({ target }) => target !== undefined && targets.some((each) => matches(each, target))
}

/** Lines that are changed in the copy: as they were, and as they are. */
type Changes = readonly (readonly [shipped: string, now: string])[]

/** A copy of another file of the root, perhaps with these changes. */
export function copyOf(path: string, changes: Changes = []): Rule {
  return ({ kind, text, textOf }) =>
    kind === 'file' && [text, restored(text, changes)].includes(textOf(path) ?? '')
}

export function anyOf(...rules: readonly Rule[]): Rule {
  return (file) => rules.some((rule) => rule(file))
}

function restored(text: string, changes: Changes): string {
  const shipped = new Map(changes.map(([before, now]) => [now, before]))
  return text
    .split('\n')
    .map((line) => shipped.get(line) ?? line)
    .join('\n')
}

function significant(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .filter((line) => line !== '' && !line.startsWith('#'))
}

function fits(found: readonly string[], must: readonly Pattern[], may: readonly Pattern[]): boolean {
  const known = [...must, ...may]
  return (
    must.every((pattern) => found.some((text) => matches(pattern, text))) &&
    found.every((text) => known.some((pattern) => matches(pattern, text)))
  )
}

function matches(pattern: Pattern, text: string): boolean {
  return typeof pattern === 'string' ? pattern === text : pattern.test(text)
}
