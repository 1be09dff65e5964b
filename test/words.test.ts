import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../builder/load/package-root.js'
import { hitsBelow, hitsOf, readWordList } from '../scripts/words.js'

/** Where the word list holds: folders, with the endings of the files that count. */
const covered: readonly (readonly [path: string, ends: readonly string[]])[] = [
  ['', ['.md']],
  ['builder', ['']],
  ['findings', ['']],
  ['overlays', ['']],
  ['profiles', ['']],
  ['scripts', ['']],
  ['test', ['']],
]

const words = readWordList(readFileSync(join(packageRoot(), 'CONTRIBUTING.md'), 'utf8'))
const found = (file: string, content: string) =>
  hitsOf(file, content, words).map(({ line, phrase }) => `${line} ${phrase}`)

describe('the word list of CONTRIBUTING.md', () => {
  it.each(covered)('holds in "%s"', (path, ends) => {
    const hits = hitsBelow(packageRoot(), path, ends)
    expect(hits.map(({ file, line, phrase, instead }) => `${file}:${line}: "${phrase}": ${instead}`)).toEqual(
      [],
    )
  })

  it('has phrases, each once, with what to write instead', () => {
    expect(words.length).toBeGreaterThan(40)
    expect(new Set(words.map(({ phrase }) => phrase)).size).toBe(words.length)
    expect(words.filter(({ instead }) => instead.trim() === '')).toEqual([])
  })

  it('finds each of its phrases, in upper and lower case, and broken over two lines', () => {
    for (const { phrase } of words) {
      expect(found('a.md', `\nbefore ${phrase} after`)).toContain(`2 ${phrase}`)
      expect(found('a.md', `${phrase.toUpperCase()}.`)).toContain(`1 ${phrase}`)
      expect(found('a.ts', `/**\n * before ${phrase.replaceAll(' ', '\n * ')} after\n */`)).toContain(
        `2 ${phrase}`,
      )
    }
  })

  it('looks at strings, templates and comments of TypeScript, and at no name', () => {
    const code = [
      "import { tell } from './tell.js'",
      '// is told',
      "const mend = tell('it tells')",
      'const text = `none the less ${told} mends`',
      'mend() // be it',
    ].join('\n')
    expect(found('a.ts', code)).toEqual(['2 told', '3 tells', '4 none the less', '4 mends', '5 be it'])
  })

  it('takes whole words', () => {
    expect(found('a.md', 'recommend, amended, untold, standstill, tell-tale, intelligence')).toEqual([])
  })
})
