import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { coreVariables } from '../builder/load/core-variables.js'
import { loadOverlay } from '../builder/load/overlays.js'
import { packageRoot } from '../builder/load/package-root.js'
import { derivedNames } from '../builder/plan/names.js'
import { documents, tableNames, tablesIn, withTables } from '../scripts/tables.js'

const root = packageRoot()
const textOf = (file: string) => readFileSync(join(root, file), 'utf8')
const below = (folder: string, pattern: RegExp) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => pattern.test(name))
    .map((name) => textOf(join(folder, name)))

describe('the tables of the documents', () => {
  it.each(documents)('%s has them as the code has them (npm run tables writes them)', (file) => {
    expect(textOf(file)).toBe(withTables(textOf(file)))
  })

  it('are all there, each once', () => {
    expect(documents.flatMap((file) => tablesIn(textOf(file))).sort()).toEqual([...tableNames].sort())
  })
})

/** Names that the documents offer to overlays of users, and piimg's own overlays do not need. */
const forUsers = ['prefix']
/** Variables that are read by no overlay and no rule: people and `piimg init` read them. */
const forPeople = ['name']

describe('every name', () => {
  const overlays = below('overlays', /overlay\.ini$|\.hbs$/).join('\n')
  const isUsed = (name: string, text: string) => new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(text)

  it('that overlays may use is used by one, or offered to users', () => {
    const unused = Object.keys(derivedNames).filter((name) => !isUsed(name, overlays))
    expect(unused).toEqual(forUsers)
  })

  it('that cluster.ini may give is used, or read by people', () => {
    const code = below('builder', /\.ts$/).filter(
      (text) => !text.includes('const rows: readonly (readonly [name'),
    )
    const unused = coreVariables
      .map(({ name }) => name)
      .filter((name) => !isUsed(name, overlays) && !code.some((text) => text.includes(`'${name}'`)))
    expect(unused).toEqual(forPeople.filter((name) => unused.includes(name)))
  })

  it('of a variable of an overlay is used by it', () => {
    for (const name of readdirSync(join(root, 'overlays'))) {
      if (name.endsWith('.md')) continue
      const { overlay } = loadOverlay(name, join(root, 'overlays', name))
      const own = below(join('overlays', name), /\.ini$|\.hbs$/).join('\n')
      for (const variable of overlay.variables)
        expect(own.replace(`[variable ${variable.name}]`, '')).toMatch(new RegExp(`\\b${variable.name}\\b`))
    }
  })
})
