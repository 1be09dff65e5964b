import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findLibrary, loadOverlays, loadProfile } from '../../builder/load/library.js'
import { packageRoot } from '../../builder/load/package-root.js'
import type { Profile } from '../../builder/model/overlay.js'
import { readVersion } from '../../builder/load/version.js'
import { problemText } from '../support/problem-text.js'
import { temporaryFolder } from '../support/temporary.js'

const asked = { file: 'command line' }
const overlay = '[overlay]\nsummary = x\n'
const wordsOf = (chain: readonly Profile[]) => chain.flatMap(({ overlays }) => overlays)
const profile = (body: string) => `[profile]\nsummary = x\n${body}`

describe('the library', () => {
  it("is piimg's own where the user has nothing", () => {
    const library = findLibrary(temporaryFolder())
    expect([...library.profiles.keys()]).toEqual(['master', 'node', 'worker'])
    expect(library.overlays.get('ssh')).toBe(join(packageRoot(), 'overlays/ssh'))
  })

  it("takes the user's own first", () => {
    const folder = temporaryFolder({
      'overlays/ssh/overlay.ini': overlay,
      'overlays/new/overlay.ini': overlay,
      'profiles/worker.ini': profile('overlays = ssh new\n'),
    })
    const library = findLibrary(folder)
    expect(library.overlays.get('ssh')).toBe(join(folder, 'overlays/ssh'))
    expect(library.overlays.get('user')).toBe(join(packageRoot(), 'overlays/user'))
    const { chain } = loadProfile(library, 'worker', asked)
    expect(loadOverlays(library, wordsOf(chain)).overlays.map(({ folder: where }) => where)).toEqual([
      join(folder, 'overlays/ssh'),
      join(folder, 'overlays/new'),
    ])
  })

  it('passes by what is neither', () => {
    const folder = temporaryFolder({
      'overlays/notes.txt': '',
      'overlays/x/readme': '',
      'profiles/a.txt': '',
      'profiles/b.ini/c': '',
    })
    expect(findLibrary(folder)).toEqual(findLibrary(temporaryFolder()))
    expect(findLibrary(temporaryFolder({ overlays: 'a file', profiles: 'a file' }))).toEqual(
      findLibrary('/nowhere'),
    )
  })
})

describe('a profile', () => {
  const library = (files: Readonly<Record<string, string>>) => findLibrary(temporaryFolder(files))

  it('comes with all that it extends, the most general first', () => {
    const files = {
      'profiles/a.ini': profile('overlays = ssh\n'),
      'profiles/b.ini': profile('extends = a\noverlays = user ssh\n'),
      'profiles/c.ini': profile('extends = b\n\n[variables]\ntimezone = UTC\n'),
    }
    const found = library(files)
    const { chain, problems } = loadProfile(found, 'c', asked)
    expect(problems).toEqual([])
    expect(chain.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    expect(chain[2]?.values).toEqual([
      {
        name: 'timezone',
        text: 'UTC',
        origin: { file: found.profiles.get('c'), line: 6, key: '[variables] timezone' },
      },
    ])
    expect(loadOverlays(found, wordsOf(chain)).overlays.map(({ name }) => name)).toEqual(['ssh', 'user'])
  })

  it.each([
    ['none', {}, ['no profile "none"']],
    ['one', { 'profiles/one.ini': profile('extends = one\n') }, ['profile "one" extends itself']],
    ['one', { 'profiles/one.ini': profile('extends = gone\n') }, ['no profile "gone"']],
    ['one', { 'profiles/one.ini': '' }, ['no section [profile]']],
    ['one', { 'profiles/one.ini': profile('\n[more]\n') }, ['no such section']],
    [
      'one',
      { 'profiles/one.ini': '[profile]\noverlay = ssh\n' },
      ['summary is missing', 'no key "overlay" here'],
    ],
  ])('%s of %j is wrong', (name, files, problems) => {
    expect(loadProfile(library(files), name, asked).problems.map(({ what }) => what)).toEqual(problems)
  })

  it('names overlays that are there', () => {
    const found = library({ 'profiles/a.ini': profile('overlays =\n  ssh\n  shh\n') })
    const { overlays, problems } = loadOverlays(found, wordsOf(loadProfile(found, 'a', asked).chain))
    expect(overlays.map(({ name }) => name)).toEqual(['ssh'])
    expect(problemText(problems)[1]).toBe('  hint: did you mean "ssh"?')
  })

  it('passes the problems of its overlays on', () => {
    const found = library({
      'profiles/a.ini': profile('overlays = x\n'),
      'overlays/x/overlay.ini': '[nonsense]\n',
    })
    const { problems } = loadOverlays(found, wordsOf(loadProfile(found, 'a', asked).chain))
    expect(problems.map(({ what }) => what)).toEqual(['no section [nonsense]'])
  })
})

describe('the program', () => {
  it('knows its version', () => {
    expect(readVersion()).toMatch(/^\d+\.\d+\.\d+/)
  })

  it('finds an overlay behind a link', () => {
    const folder = temporaryFolder({ 'real/overlay.ini': overlay, 'overlays/readme': '' })
    symlinkSync(join(folder, 'real'), join(folder, 'overlays/linked'))
    expect(findLibrary(folder).overlays.has('linked')).toBe(true)
  })
})
