import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { describe, expect, it } from 'vitest'
import { placeEntries } from '../../builder/engines/placement.js'
import { findLibrary } from '../../builder/load/library.js'
import { loadOverlay } from '../../builder/load/overlays.js'
import { placeholderState } from '../../builder/load/state.js'
import type { Release } from '../../scripts/practice/tree.js'
import { planOf } from '../support/node.js'
import { practiceBase, releases } from '../support/practice-base.js'
import { cases, type GoldenCase } from './cases.js'
import { goldenFiles } from './tree-text.js'

/** As in a plan before the first build: no private key belongs into a repository. */
const { authority } = placeholderState(0)
const folder = import.meta.dirname
const all = releases.flatMap((release) => Object.entries(cases).map(([name, golden]) => planned(release, name, golden)))

function planned(release: Release, name: string, { extra, ...node }: GoldenCase) {
  const base = practiceBase(release, extra?.(release) ?? [])
  return { path: `${release}/${name}`, base, ...planOf({ base, ...node, authority }) }
}

/** Every file below a folder of this one, sorted, with slashes on every computer. */
function filesBelow(path: string): string[] {
  return readdirSync(join(folder, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .sort()
}

/** `npm run golden` writes the trees anew; a look at the difference is then the test. */
function isUpdate(): boolean {
  return expect.getState().snapshotState.snapshotUpdateState === 'all'
}

function writeTree(path: string, files: ReadonlyMap<string, Buffer>): void {
  rmSync(join(folder, path), { recursive: true, force: true })
  for (const [name, content] of files) {
    mkdirSync(dirname(join(folder, path, name)), { recursive: true })
    writeFileSync(join(folder, path, name), content)
  }
}

describe.each(all)('the plan of $path', ({ path, base, plan, problems }) => {
  const files = goldenFiles(plan, problems)
  const names = [...files.keys()]

  it('has no errors', () => {
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  })

  it('finds a place for every file in the base image', () => {
    expect(() => placeEntries(base.root, plan.root, path)).not.toThrow()
  })

  it('writes the golden files and no others', () => {
    if (isUpdate()) writeTree(path, files)
    expect(names.map((name) => `${path}/${name}`).sort()).toEqual(filesBelow(path))
  })

  it.each(names)('%s', (name) => {
    expect(files.get(name)?.toString()).toBe(readFileSync(join(folder, path, name), 'utf8'))
  })
})

describe('the golden trees', () => {
  it('are those of the cases, and no others', () => {
    const found = releases.flatMap((release) =>
      readdirSync(join(folder, release)).map((name) => `${release}/${name}`),
    )
    expect(found.sort()).toEqual(all.map(({ path }) => path).sort())
    expect(readdirSync(folder).filter((name) => !name.endsWith('.ts')).sort()).toEqual([...releases].sort())
  })

  it('have names that every system can hold', () => {
    expect(filesBelow('.').filter((name) => /[:*?"<>|\\{}]|[. ](\/|$)/.test(name))).toEqual([])
  })

  it('use every section and every file of every overlay', () => {
    const used = new Set(all.flatMap(({ plan }) => [...plan.boot, ...plan.root]).flatMap(({ origins }) => origins.map(nameOf)))
    const items = [...findLibrary('/nowhere').overlays].flatMap(([name, path]) => {
      const { overlay } = loadOverlay(name, path)
      return overlay.items.map(({ origin }) => nameOf(origin))
    })
    expect(items.filter((item) => !used.has(item))).toEqual([])
  })

  it('use every addition to a list, and meet every warning', () => {
    const library = [...findLibrary('/nowhere').overlays].map(([name, path]) => loadOverlay(name, path).overlay)
    const warnings = all.flatMap(({ problems }) => problems).map(({ what }) => what)
    const warn = library.flatMap(({ requirements }) => requirements).filter(({ severity }) => severity === 'warning')
    expect(warn.filter(({ what }) => !warnings.some((text) => isOf(what.text, text)))).toEqual([])
    const texts = all.map(({ plan }) => String(plan.values.get('kernel_args')?.value))
    expect(texts.some((text) => text.includes('net.ifnames=0'))).toBe(true)
    expect(texts.some((text) => text.includes('cfg80211.ieee80211_regdom=CZ'))).toBe(true)
  })
})

/** Whether a text came out of a template. */
function isOf(template: string, text: string): boolean {
  const parts = template.split(/\{\{.*?\}\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(text)
}

function nameOf({ file, key }: { readonly file: string; readonly key?: string }): string {
  return key === undefined ? file : `${file} ${key}`
}
