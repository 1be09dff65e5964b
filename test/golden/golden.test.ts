import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { describe, expect, it } from 'vitest'
import { placeEntries } from '../../builder/engines/placement.js'
import { findLibrary } from '../../builder/load/library.js'
import { placeholderState } from '../../builder/resolve/new-state.js'
import type { Release } from '../../scripts/practice/tree.js'
import { planOf } from '../support/node.js'
import { practiceBase, releases } from '../support/practice-base.js'
import { cases, type GoldenCase } from './cases.js'
import { inLayers, type Stored, storedPath, unneededFiles } from './layers.js'
import { goldenFiles } from './tree-text.js'

/** As in a plan before the first build: no private key belongs into a repository. */
const { authority } = placeholderState(0)
const folder = import.meta.dirname
const library = findLibrary('/nowhere')
  .everyOverlay()
  .map(({ overlay }) => overlay)
const all = releases.flatMap((release) =>
  Object.entries(cases).map(([name, golden]) => planned(release, name, golden)),
)

function planned(release: Release, name: string, { extra, extraBoot, ...node }: GoldenCase) {
  const base = practiceBase(release, extra?.(release) ?? [], extraBoot?.(release) ?? [])
  const { plan, problems } = planOf({ base, ...node, authority })
  return {
    path: `${release}/${name}`,
    release,
    name,
    base,
    plan,
    problems,
    files: goldenFiles(plan, problems),
  }
}

/** Every stored file by its path, with slashes on every computer. */
function readStored(): Stored {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !(entry.parentPath === folder && entry.name.endsWith('.ts')))
    .map((entry) => join(entry.parentPath, entry.name))
  return new Map(paths.map((path) => [relative(folder, path).replaceAll(sep, '/'), readFileSync(path)]))
}

/** Whether `npm run golden` rewrites the files. The developer then reads the difference. */
function isUpdate(): boolean {
  return expect.getState().snapshotState.snapshotUpdateState === 'all'
}

function writeStored(files: Stored): void {
  for (const name of readdirSync(folder).filter((each) => !each.endsWith('.ts'))) {
    rmSync(join(folder, name), { recursive: true })
  }
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

let known: Stored | undefined

function storedFiles(): Stored {
  if (known === undefined && isUpdate()) writeStored(inLayers(all))
  return (known ??= readStored())
}

it.each(all.map((golden) => [golden.path, golden] as const))('the plan of %s', (path, golden) => {
  const { base, plan, problems, files } = golden
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  expect(() => placeEntries(base.root, plan.root, path)).not.toThrow()

  const stored = storedFiles()
  const storedOf = (file: string) => storedPath(stored, golden, file) ?? `${path}/${file} (missing)`
  const differs = (file: string) =>
    stored.get(storedOf(file))?.equals(files.get(file) ?? Buffer.of()) !== true
  const different = [...files.keys()].filter(differs)
  for (const [file, bytes] of files) {
    const where = `${path}, ${different.length} of ${files.size} files differ; the first is golden/${storedOf(file)}`
    expect(bytes.toString(), where).toBe(stored.get(storedOf(file))?.toString() ?? 'nothing')
  }
  expect(different).toEqual([])
})

describe('the golden files', () => {
  it('are all needed: some case uses each, and no wider layer has the same bytes', () => {
    expect(unneededFiles(storedFiles(), all)).toEqual([])
  })

  it('have names that every system can hold', () => {
    expect([...storedFiles().keys()].filter((name) => /[:*?"<>|\\{}]|[. ](\/|$)/.test(name))).toEqual([])
  })

  it('use every section and every file of every overlay', () => {
    const used = new Set(
      all.flatMap(({ plan }) => [...plan.boot, ...plan.root]).flatMap(({ origins }) => origins.map(nameOf)),
    )
    const items = library.flatMap((overlay) => overlay.items).map(({ origin }) => nameOf(origin))
    expect(items.filter((item) => !used.has(item))).toEqual([])
  })

  it('use every addition to a list, and meet every warning', () => {
    const warnings = all.flatMap(({ problems }) => problems).map(({ what }) => what)
    const warn = library
      .flatMap(({ requirements }) => requirements)
      .filter(({ severity }) => severity === 'warning')
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
