// Lists the places whose words CONTRIBUTING.md refuses: npm run words -- FOLDER…
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { textsOf } from './texts.js'

/** A phrase of the word list, and what to write instead. */
export interface Word {
  readonly phrase: string
  readonly pattern: RegExp
  readonly instead: string
}

export interface Hit {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly phrase: string
  readonly instead: string
}

/** Follow from other texts, hold those of other programs, or plant words of the list to test this file. */
const skipped = [
  'node_modules',
  'dist',
  'coverage',
  '.git',
  '.piimg',
  'out',
  'test/words.test.ts',
  'package-lock.json',
]

/** The rows of the word list of CONTRIBUTING.md: phrases in backticks, and what to write instead. */
export function readWordList(contributing: string): Word[] {
  return contributing.split('\n').flatMap((row) => {
    const [, phrases = '', instead = ''] = /^\| (`.*`) +\| (.*?) +\|$/.exec(row) ?? []
    return [...phrases.matchAll(/`([^`]+)`/g)].map(([, phrase = '']) => ({
      phrase,
      // A phrase may be broken over two lines of a text, or of a comment.
      pattern: new RegExp(
        `(?<![\\w-])${phrase.replaceAll(' ', '\\s+(?:(?:\\*|#|//)\\s+)?')}(?![\\w-])`,
        'gi',
      ),
      instead,
    }))
  })
}

/** The places of a file that hold a word of the list, in the file's order. */
export function hitsOf(file: string, content: string, words: readonly Word[]): Hit[] {
  const hits = textsOf(file, content).flatMap(({ text, line }) =>
    words.flatMap(({ phrase, pattern, instead }) =>
      [...text.matchAll(pattern)].map(({ index }) => ({
        file,
        line: line + text.slice(0, index).split('\n').length - 1,
        phrase,
        instead,
      })),
    ),
  )
  return hits.sort((a, b) => a.line - b.line)
}

/** The files of a folder, or the file itself, by paths from the root of the project. Links are not followed. */
export function filesOf(root: string, path: string): string[] {
  if (skipped.includes(path) || skipped.includes(path.split('/').at(-1) ?? '')) return []
  const stat = lstatSync(join(root, path))
  if (stat.isFile()) return [path]
  if (!stat.isDirectory()) return []
  return readdirSync(join(root, path))
    .sort()
    .flatMap((name) => filesOf(root, path === '' ? name : `${path}/${name}`))
}

/** What a folder's files hold of the list. The list itself is no hit. */
export function hitsBelow(root: string, path: string, ends: readonly string[] = ['']): Hit[] {
  const words = readWordList(readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8'))
  return filesOf(root, path)
    .filter((file) => ends.some((end) => file.endsWith(end)))
    .flatMap((file) => hitsOf(file, readFileSync(join(root, file), 'utf8'), words))
}

const asked = process.argv[1]?.endsWith('words.js') === true ? process.argv.slice(2) : []
for (const path of asked.filter((each) => existsSync(each))) {
  const hits = hitsBelow('.', path)
  for (const { file, line, phrase, instead } of hits) console.log(`${file}:${line}: "${phrase}": ${instead}`)
  console.log(`${path}: ${hits.length}`)
}
