import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../builder/load/package-root.js'
import { mayImport } from '../scripts/lint/walls.js'
import { filesOf } from '../scripts/words.js'

const root = packageRoot()
const documents = filesOf(root, '').filter((file) => file.endsWith('.md'))
const textOf = (file: string) => readFileSync(join(root, file), 'utf8')

/** The anchors of a document, as GitHub makes them from its headings. */
function anchorsOf(file: string): string[] {
  return [...textOf(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

/** The links of a document to a file or a heading that does not exist. */
function brokenLinks(file: string): string[] {
  return [...textOf(file).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].flatMap(
    ([link, path = '', anchor]) => {
      const target = path === '' ? file : join(dirname(file), path)
      if (!existsSync(join(root, target))) return [link]
      return anchor === undefined || anchorsOf(target).includes(anchor) ? [] : [link]
    },
  )
}

/** Files that a document names in backticks and that do not exist, except placeholders and the files of examples. */
function missingFiles(file: string): string[] {
  const names = [...textOf(file).matchAll(/`([\w./-]+\/[\w.-]*)`/g)].map(([, name = '']) => name)
  const isOfProject = (name: string) =>
    /^(builder|test|scripts|overlays|profiles|examples|docs)\//.test(name) || /\.ts$/.test(name)
  return names
    .filter((name) => isOfProject(name) && !/[A-Z]{2}|\/(fan|web|cool)\b/.test(name))
    .filter((name) => !['', 'builder', dirname(file)].some((folder) => existsSync(join(root, folder, name))))
}

describe.each(documents)('%s', (file) => {
  it('has no broken links', () => {
    expect(brokenLinks(file)).toEqual([])
  })

  it('names files that exist', () => {
    expect(missingFiles(file)).toEqual([])
  })
})

describe('ARCHITECTURE.md', () => {
  it('is one page', () => {
    expect(textOf('ARCHITECTURE.md').split(/\s+/).length).toBeLessThan(1400)
  })

  it('says of every folder of builder/ what lint allows it to import', () => {
    const rows = [...textOf('ARCHITECTURE.md').matchAll(/^\| `(\w+)\/` .*\| (.*?) +\|$/gm)]
    const names = rows.map(([, name = '']) => name)
    const written = rows.map(([, name = '', allowed = ''], index) => [
      name,
      allowed.startsWith('all below')
        ? names.slice(index + 1).sort()
        : [...allowed.matchAll(/`([\w/-]+)`/g)].map(([, each = '']) => each).sort(),
    ])
    const folderOf = (name: string) => name.split('/')[0] ?? ''
    const enforced = Object.keys(mayImport)
      .filter((name) => !name.includes('/') && !existsSync(join(root, 'builder', `${name}.ts`)))
      .map((folder) => {
        const allowed = Object.entries(mayImport).flatMap(([name, all]) =>
          folderOf(name) === folder ? all : [],
        )
        return [folder, [...new Set(allowed)].filter((each) => each !== 'errors' && each !== folder).sort()]
      })
    expect(Object.fromEntries(written)).toEqual(Object.fromEntries(enforced))
  })
})
