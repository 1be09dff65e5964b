import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Overlay, Profile } from '../model/overlay.js'
import type { Origin, Problem } from '../model/problem.js'
import { parseIni } from './ini.js'
import { didYouMean } from './nearest.js'
import { loadOverlay } from './overlays.js'
import { readSection } from './sections.js'

/** Where overlays and profiles are found: a user's own beside the cluster come before piimg's. */
export interface Library {
  /** Name to folder. */
  readonly overlays: ReadonlyMap<string, string>
  /** Name to file. */
  readonly profiles: ReadonlyMap<string, string>
}

export function findLibrary(folder: string): Library {
  const roots = [packageRoot(), folder]
  const overlays = roots.flatMap((root) =>
    list(join(root, 'overlays'))
      .filter((name) => isFile(join(root, 'overlays', name, 'overlay.ini')))
      .map((name) => [name, join(root, 'overlays', name)] as const),
  )
  const profiles = roots.flatMap((root) =>
    list(join(root, 'profiles'))
      .filter((name) => name.endsWith('.ini') && isFile(join(root, 'profiles', name)))
      .map((name) => [name.slice(0, -4), join(root, 'profiles', name)] as const),
  )
  return { overlays: new Map(overlays), profiles: new Map(profiles) }
}

/** A profile with everything that it extends, the most general one first. */
export function loadProfile(
  library: Library,
  name: string,
  askedBy: Origin,
): { chain: Profile[]; problems: Problem[] } {
  const problems: Problem[] = []
  const chain: Profile[] = []
  let wanted: { name: string; origin: Origin } | undefined = { name, origin: askedBy }
  while (wanted !== undefined) {
    const { name: current, origin } = wanted
    const file = library.profiles.get(current)
    if (file === undefined) {
      const hint = didYouMean(current, [...library.profiles.keys()])
      problems.push({ severity: 'error', where: origin, what: `no profile "${current}"`, hint })
      break
    }
    if (chain.some((profile) => profile.name === current)) {
      const what = `profile "${current}" extends itself`
      problems.push({ severity: 'error', where: origin, what, hint: 'take one extends = away' })
      break
    }
    const profile = readProfile(current, file, problems)
    chain.unshift(profile)
    wanted =
      profile.extends === undefined
        ? undefined
        : { name: profile.extends, origin: { file, key: '[profile] extends' } }
  }
  return { chain, problems }
}

/** The overlays of a profile, each once, in the order in which they are named. */
export function loadOverlays(
  library: Library,
  chain: readonly Profile[],
): { overlays: Overlay[]; problems: Problem[] } {
  const problems: Problem[] = []
  const overlays = new Map<string, Overlay>()
  for (const { name, origin } of chain.flatMap((profile) => profile.overlays)) {
    const folder = library.overlays.get(name)
    if (folder === undefined) {
      const hint = didYouMean(name, [...library.overlays.keys()])
      problems.push({ severity: 'error', where: origin, what: `no overlay "${name}"`, hint })
    } else if (!overlays.has(name)) {
      const loaded = loadOverlay(name, folder)
      overlays.set(name, loaded.overlay)
      problems.push(...loaded.problems)
    }
  }
  return { overlays: [...overlays.values()], problems }
}

function readProfile(name: string, file: string, problems: Problem[]): Profile {
  const ini = parseIni(readFileSync(file, 'utf8'), file)
  problems.push(...ini.problems)
  const sections = new Map(ini.sections.map((section) => [section.name, section]))
  for (const section of ini.sections) {
    if (section.name === 'profile' || section.name === 'variables') continue
    const where = { file, line: section.line, key: `[${section.name}]` }
    problems.push({
      severity: 'error',
      where,
      what: 'no such section',
      hint: 'there are [profile] and [variables]',
    })
  }
  const head = sections.get('profile')
  if (head === undefined) {
    problems.push({
      severity: 'error',
      where: { file },
      what: 'no section [profile]',
      hint: 'it names the overlays',
    })
    return { name, file, summary: '', overlays: [], values: [] }
  }
  const section = readSection(head, file, problems)
  const parent = section.text('extends')?.text
  const overlays = section.text('overlays')
  const profile: Profile = {
    name,
    file,
    summary: section.required('summary').text,
    ...(parent === undefined ? {} : { extends: parent }),
    overlays: (overlays?.text.split(/\s+/) ?? [])
      .filter((word) => word !== '')
      .map((word) => ({ name: word, origin: overlays?.origin ?? section.origin })),
    values: [...(sections.get('variables')?.values ?? [])].map(([key, value]) => ({
      name: key,
      text: value.text,
      origin: { file, line: value.line, key: `[variables] ${key}` },
    })),
  }
  section.finish()
  return profile
}

function list(folder: string): string[] {
  return existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder).sort() : []
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile()
}

/** The folder that holds piimg's own overlays, whether the program runs from its sources or compiled. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder)) throw new Error('piimg is not whole: its package.json is missing')
    folder = dirname(folder)
  }
  return folder
}
