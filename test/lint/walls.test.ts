import { existsSync } from 'node:fs'
import { ESLint } from 'eslint'
import tseslint from 'typescript-eslint'
import { describe, expect, it } from 'vitest'
import { doors, impureModules, mayImport, processModules, pureFolders } from '../../scripts/lint/walls.js'

const root = new URL('../..', import.meta.url).pathname

/** The project's own rules, without those that need types: they are slow, and no wall needs them. */
const eslint = new ESLint({
  cwd: root,
  overrideConfig: [{ files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked }],
})

/** What lint says of a text that is saved as `filePath`, as `RULE: MESSAGE`. */
async function lint(filePath: string, text: string): Promise<string[]> {
  const results = await eslint.lintText(text, { filePath })
  return results
    .flatMap(({ messages }) => messages)
    .map(({ ruleId, message }) => `${ruleId ?? 'error'}: ${message}`)
}

/** The same, without what is wrong only because a planted import is not used. */
async function importing(filePath: string, from: string): Promise<string[]> {
  const found = await lint(
    filePath,
    `import type { Nothing } from '${from}'\nexport const made: Nothing = {}\n`,
  )
  return found.filter((message) => !message.includes('import circle'))
}

/** The folders of builder/, without the files that lie beside them. */
const folders = Object.keys(mayImport).filter(
  (name) => !name.includes('/') && !existsSync(`${root}/builder/${name}.ts`),
)

/** Every pair of folders with a wall between them. */
const walls = folders.flatMap((from) =>
  folders
    .filter((to) => to !== from && !mayImport[from]?.some((name) => name === to || name.startsWith(`${to}/`)))
    .map((to) => [from, to] as const),
)

describe('a wall', () => {
  it('is between each two folders, in at least one direction', () => {
    const both = folders.flatMap((one) =>
      folders.filter((other) => mayImport[one]?.includes(other) && mayImport[other]?.includes(one)),
    )
    expect(both).toEqual([])
    expect(walls.length).toBeGreaterThan(60)
  })

  it.each(walls)('keeps %s from importing %s', async (from, to) => {
    const refused = [expect.stringMatching(/^piimg\/imports: .* may not import /)]
    expect(await importing(`builder/${from}/planted.ts`, `../${to}/planted.js`)).toEqual(refused)
    expect(await importing(`builder/${from}/deep/er/planted.ts`, `../../../${to}/a/b.js`)).toEqual(refused)
  })

  it.each([
    ['a dynamic import', `export const made = await import('../plan/planted.js')`],
    ['an export of what another file has', `export { made } from '../plan/planted.js'\nexport const own = 1`],
    ['a type written as import()', `export type Made = import('../plan/planted.js').Made`],
  ])('sees %s', async (_, text) => {
    const refused = 'piimg/imports: load/planted may not import plan/planted (scripts/lint/walls.js)'
    expect(await lint('builder/load/planted.ts', text)).toContain(refused)
  })

  it('lets through what the table allows, from nested folders too', async () => {
    expect(await importing('builder/plan/desk/planted.ts', '../../model/ssh/planted.js')).toEqual([])
    expect(await importing('builder/apply/planted.ts', '../load/state.js')).toEqual([])
    expect(await importing('builder/boot/kernel.ts', '../host/planted.js')).toEqual([])
  })

  it('is asked for in a new folder', async () => {
    const refused = ['piimg/imports: scripts/lint/walls.js does not say what attic may import']
    expect(await importing('builder/attic/planted.ts', '../model/planted.js')).toEqual(refused)
  })

  it('surrounds builder/', async () => {
    const refused = ['piimg/imports: builder/ imports nothing from outside']
    expect(await importing('builder/commands/planted.ts', '../../test/support/cli.js')).toEqual(refused)
  })
})

describe('an import circle', () => {
  it('of two files is refused, and named', async () => {
    const text = `import type { Command } from './run.js'\nexport type Planted = Command`
    expect(await lint('builder/host/interrupt.ts', text)).toEqual([
      'piimg/imports: import circle: builder/host/interrupt.ts → builder/host/run.ts → builder/host/interrupt.ts',
    ])
  })

  it('by way of further files is refused, outside builder/ too', async () => {
    expect(
      await lint(
        'scripts/practice/unit.ts',
        `import { unitFiles } from './units.js'\nexport const made = unitFiles`,
      ),
    ).toContainEqual(
      expect.stringMatching(
        /import circle: scripts\/practice\/unit.ts → scripts\/practice\/units.ts → .*scripts\/practice\/unit.ts/,
      ),
    )
  })
})

describe('a library', () => {
  it.each(Object.entries(doors))('%s is imported by %s and no other file', async (name, door) => {
    const refused = [`piimg/imports: ${name} is imported by ${door} only`]
    const neighbour = door.replace(/[^/]*$/, 'planted')
    expect(await importing(`builder/${neighbour}.ts`, name)).toEqual(refused)
    expect(await lint(`builder/${neighbour}.ts`, `export const made = await import('${name}')\n`)).toEqual(
      refused,
    )
    expect(await importing(`builder/${door}.ts`, name)).toEqual([])
  })
})

describe('this computer', () => {
  const others = folders.filter((folder) => folder !== 'host')
  it.each(others.flatMap((folder) => processModules.map((name) => [folder, name] as const)))(
    '%s does not start anything by %s',
    async (folder, name) => {
      expect(await importing(`builder/${folder}/planted.ts`, `node:${name}`)).toHaveLength(1)
      expect(await importing(`builder/${folder}/planted.ts`, name)).toHaveLength(1)
    },
  )

  it.each(
    pureFolders.flatMap((folder) => [...impureModules, 'fs/promises'].map((name) => [folder, name] as const)),
  )('%s does not read it by %s', async (folder, name) => {
    expect(await importing(`builder/${folder}/deep/planted.ts`, `node:${name}`)).toContainEqual(
      expect.stringContaining('piimg/imports'),
    )
  })

  it.each(['cwd()', 'env', "env['HOME']", "chdir('/')"])(
    'is asked for process.%s in main.ts only',
    async (what) => {
      const text = `export const here: unknown = process.${what}\n`
      for (const path of ['commands/planted', 'host/planted', 'plan/desk/planted', 'cli'])
        expect(await lint(`builder/${path}.ts`, text), path).toContainEqual(
          expect.stringMatching(/^no-restricted-/),
        )
      expect(await lint('builder/main.ts', text)).toEqual([])
    },
  )

  it.each(
    pureFolders.flatMap((folder) =>
      [
        'export const now = new Date()',
        'export const now = Date.now()',
        'export const now = performance.now()',
        'export const chance = Math.random()',
        "import { randomBytes } from 'node:crypto'\nexport const chance = randomBytes(1)",
        "import * as crypto from 'node:crypto'\nexport const chance = crypto.randomInt(2)",
        'export const here = process.platform',
        "export const page = await fetch('http://localhost')",
        'setTimeout(() => {}, 1)',
      ].map((text) => [folder, text] as const),
    ),
  )('has no part in %s: %s', async (folder, text) => {
    expect(await lint(`builder/${folder}/planted.ts`, text)).toEqual([
      expect.stringMatching(/^no-restricted-(globals|syntax): /),
    ])
  })
})

describe('a file', () => {
  const lines = (count: number, line: string) => `${line}\n`.repeat(count)

  it('has an end', async () => {
    expect(await lint('builder/plan/planted.ts', lines(300, '// long'))).toEqual([
      expect.stringMatching(/^max-lines: /),
    ])
  })

  it('has no endless function', async () => {
    const text = `export function long(): void {\n${lines(90, '  // long')}}\n`
    expect(await lint('builder/plan/planted.ts', text)).toEqual([
      expect.stringMatching(/^max-lines-per-function: /),
    ])
  })

  it.each([
    `export { made } from './other.js'`,
    `export * from './other.js'`,
    `import { made } from './other.js'\nexport { made }`,
    `import type { Made } from './other.js'\nexport type { Made }\nexport * from './third.js'`,
  ])('does more than to export what others have: %s', async (text) => {
    for (const path of ['builder/model/planted.ts', 'scripts/planted.ts', 'test/support/planted.ts'])
      expect(await lint(path, text)).toContainEqual(expect.stringMatching(/^piimg\/re-exports: /))
  })

  it('may re-export beside what it has itself', async () => {
    expect(
      await lint('builder/model/planted.ts', `export { made } from './other.js'\nexport const own = 1`),
    ).toEqual([])
  })

  it.each([
    'prettier-' + 'ignore',
    'eslint-' + 'disable-next-line',
    '@ts-' + 'expect-error',
    '@ts-' + 'ignore',
  ])('has no comment %s', async (words) => {
    const found = await lint('builder/plan/planted.ts', `// ${words}\nexport const made = 1\n`)
    expect(found).toContainEqual(expect.stringMatching(/^no-warning-comments: /))
  })

  it('cannot switch a rule off', async () => {
    const text = `/* eslint-` + `disable */\nexport const now = Date.now()\n`
    expect(await lint('builder/plan/planted.ts', text)).toContainEqual(
      expect.stringMatching(/^no-restricted-syntax: /),
    )
  })
})
