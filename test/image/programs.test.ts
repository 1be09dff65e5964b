import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { wholeOf } from '../../builder/model/content.js'
import { allEntries } from '../../builder/plan/plan-record.js'
import { cases } from '../golden/cases.js'
import { planOf } from '../support/node.js'
import { practiceBase, releases } from '../support/practice-base.js'
import { ask, isMissing, sharedFolder } from '../support/real-programs.js'

const project = join(import.meta.dirname, '../..')
const rendered = sharedFolder()

/** The interpreter that the first line of a text names; undefined if it names none. */
function interpreterOf(text: string): string | undefined {
  const [, path = '', argument = ''] = /^#! ?(\S+)(?: (\S+))?/.exec(text) ?? []
  const name = basename(path) === 'env' ? argument : basename(path)
  return name === '' ? undefined : name
}

/** All files of the project, as paths from here, without what is built, installed or wrong on purpose. */
function projectFiles(folder = project): string[] {
  const others = ['node_modules', 'dist', '.git', 'coverage', join('test', 'golden'), join('test', 'invalid')]
  const skipped = others.map((name) => join(project, name))
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (skipped.includes(path)) return []
    return entry.isDirectory() ? projectFiles(path) : entry.isFile() ? [path] : []
  })
}

/** Programs that a template makes, each different text once, written to files. */
function renderedPrograms(): string[] {
  const texts = new Map<string, string>()
  for (const release of releases) {
    for (const { extra, ...node } of Object.values(cases)) {
      const { plan } = planOf({ base: practiceBase(release, extra?.(release) ?? []), ...node })
      for (const entry of allEntries(plan)) {
        if (entry.kind !== 'file' || !entry.origins.some(({ file }) => file.endsWith('.hbs'))) continue
        const text = wholeOf(entry.content).toString()
        if (text.startsWith('#!')) texts.set(text, entry.path)
      }
    }
  }
  return [...texts].map(([text, path], index) => {
    const file = join(rendered, String(index), path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    return file
  })
}

const files = [...projectFiles().filter((path) => !path.endsWith('.hbs')), ...renderedPrograms()]
const programs = (...interpreters: string[]) =>
  files.filter((path) =>
    interpreters.includes(interpreterOf(readFileSync(path, 'latin1').slice(0, 200)) ?? ''),
  )
const shell = programs('sh', 'bash', 'dash')
const python = programs('python3', 'python')

/** Each path with its name for people. */
const named = (paths: readonly string[]) =>
  paths.map((path) => [relative(path.startsWith(rendered) ? rendered : project, path), path] as const)

describe('every program with a first line', () => {
  it('is found in overlays, scripts and rendered templates', () => {
    const names = shell.map((path) => basename(path))
    expect(names).toEqual(
      expect.arrayContaining(['first-boot', 'cluster-status', 'mpiexec', 'test', 'run', 'lab.sh']),
    )
    expect(python.map((path) => basename(path))).toEqual(expect.arrayContaining(['ask-arp', 'ask-dhcp']))
  })

  it('is of a language that is checked here', () => {
    const known = new Set(['sh', 'bash', 'dash', 'python3', 'node', undefined])
    const others = files.filter(
      (path) => !known.has(interpreterOf(readFileSync(path, 'latin1').slice(0, 200))),
    )
    expect(others).toEqual([])
  })

  it('is POSIX shell on a node, as /bin/sh is dash there', () => {
    const onNodes = shell.filter(
      (path) => path.startsWith(join(project, 'overlays')) || path.startsWith(rendered),
    )
    expect(onNodes.filter((path) => !readFileSync(path, 'utf8').startsWith('#!/bin/sh\n'))).toEqual([])
  })
})

describe.skipIf(isMissing({ shellcheck: 'shellcheck' }))('shellcheck', () => {
  const check = (path: string) =>
    ask(['shellcheck', '--external-sources', '--check-sourced', '--format=gcc', path])

  it.each(named(shell))('finds nothing in %s', (_, path) => {
    expect(check(path).output).toBe('')
  })

  it('finds a mistake, and one in a file that is sourced', () => {
    const [main, part] = [join(rendered, 'main'), join(rendered, 'part')]
    writeFileSync(main, '#!/bin/sh\n# shellcheck source=SCRIPTDIR/part\n. ./part\nlist=$(ls)\nrm $list\n')
    writeFileSync(part, 'rm -rf "$unset/"\nif [[ 1 = 1 ]]; then echo; fi\n')
    const { output, status } = check(main)
    expect(status).toBe(1)
    expect(output).toMatch(/main:5:\d+: .*SC2086/)
    expect(output).toMatch(/part:2:\d+: .*SC3010/)
  })
})

describe.skipIf(isMissing({ pyflakes3: 'pyflakes3', python3: 'python3-minimal' }))('pyflakes', () => {
  it.each(named([...python, ...files.filter((path) => path.endsWith('.py'))]))(
    'finds nothing in %s',
    (_, path) => {
      expect(ask(['pyflakes3', path])).toMatchObject({ status: 0, output: '', errors: '' })
    },
  )

  // Buster has Python 3.7.
  const parse = 'import ast, sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 7))'
  it.each(named(python))('Python 3.7 parses %s', (_, path) => {
    expect(ask(['python3', '-c', parse, path])).toMatchObject({ status: 0, errors: '' })
  })

  it('finds a mistake', () => {
    const [wrong, newer] = [join(rendered, 'wrong.py'), join(rendered, 'newer.py')]
    writeFileSync(wrong, 'import os\nprint(nothing)\n')
    writeFileSync(newer, 'if (n := 1):\n    print(n)\n')
    expect(ask(['pyflakes3', wrong]).output).toMatch(/'os' imported but unused\n.*undefined name 'nothing'/)
    expect(ask(['python3', '-c', parse, newer]).status).toBe(1)
  })
})
