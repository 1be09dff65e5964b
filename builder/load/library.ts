import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Overlay, Profile } from '../model/overlay.js'
import { changeable, error, type Origin, type Problem } from '../model/problem.js'
import { parseIni } from './ini.js'
import { linked } from './overlay-links.js'
import { didYouMean } from './nearest.js'
import { type LoadedOverlay, loadOverlay } from './overlays.js'
import { packageRoot, placeIn } from './package-root.js'
import { type Placed, wordsIn } from './cluster-sections.js'
import { readSection } from './sections.js'

/** The overlays and profiles of a folder and of piimg. Each overlay is read once. */
export class Library {
  /** Maps a name to its folder. */
  readonly overlays: ReadonlyMap<string, string>
  /** Maps a name to its file. */
  readonly profiles: ReadonlyMap<string, string>
  readonly #read = new Map<string, LoadedOverlay>()
  readonly #loaded = new Map<string, LoadedOverlay>()
  readonly #chains = new Map<string, readonly string[]>()

  constructor(overlays: ReadonlyMap<string, string>, profiles: ReadonlyMap<string, string>) {
    this.overlays = overlays
    this.profiles = profiles
  }

  overlay(name: string): LoadedOverlay | undefined {
    const known = this.#loaded.get(name)
    const read = known ?? this.#readOverlay(name)
    if (known !== undefined || read === undefined) return known
    const names = () => [...this.overlays.keys()]
    const loaded = linked(read, { names, find: (other) => this.#readOverlay(other) })
    this.#loaded.set(name, loaded)
    return loaded
  }

  #readOverlay(name: string): LoadedOverlay | undefined {
    const known = this.#read.get(name)
    const folder = this.overlays.get(name)
    if (known !== undefined || folder === undefined) return known
    const read = loadOverlay(name, folder)
    this.#read.set(name, read)
    return read
  }

  /** The names of a profile and of all that it extends, the most general one first. */
  chainOf(profile: string): readonly string[] {
    const known = this.#chains.get(profile)
    if (known !== undefined) return known
    const { chain } = loadProfile(this, profile, { file: profile })
    const names = chain.map(({ name }) => name)
    this.#chains.set(profile, names)
    return names
  }

  everyOverlay(): LoadedOverlay[] {
    return [...this.overlays.keys()].flatMap((name) => this.overlay(name) ?? [])
  }
}

/** The user's own folders, next to the cluster file, are searched first. */
export function findLibrary(folder: string): Library {
  const roots = [packageRoot(), folder]
  const overlays = roots
    .flatMap((root) => list(join(root, 'overlays')))
    .filter(({ path }) => isFile(`${path}/overlay.ini`))
    .map(({ name, path }) => [name, path] as const)
  const profiles = roots
    .flatMap((root) => list(join(root, 'profiles')))
    .filter(({ name, path }) => name.endsWith('.ini') && isFile(path))
    .map(({ name, path }) => [name.slice(0, -4), path] as const)
  return new Library(new Map(overlays), new Map(profiles))
}

/** A profile and all that it extends, the most general one first. */
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
      problems.push(error(origin, `no profile "${current}"`, hint))
      break
    }
    if (chain.some((profile) => profile.name === current)) {
      // Of the profiles that lead back to the first, at least one is the reader's.
      const places = [origin, ...chain.map((profile) => extendsOf(profile.file))]
      const hint = 'remove one of the "extends =" lines'
      problems.push(error(changeable(...places) ?? origin, `profile "${current}" extends itself`, hint))
      break
    }
    const profile = readProfile(current, file, problems)
    chain.unshift(profile)
    wanted = profile.extends === undefined ? undefined : { name: profile.extends, origin: extendsOf(file) }
  }
  return { chain, problems }
}

function extendsOf(file: string): Origin {
  return placeIn(file, { key: '[profile] extends' })
}

/**
 * The overlays that `overlays =` lines name, each once, in that order; `~NAME` takes one away that an earlier line names.
 * @returns also the words that took nothing away
 */
export function loadOverlays(
  library: Library,
  words: readonly Placed[],
): { overlays: Overlay[]; idle: Placed[]; problems: Problem[] } {
  const problems: Problem[] = []
  const idle: Placed[] = []
  const overlays = new Map<string, Overlay>()
  for (const word of words) {
    const name = word.text.replace(/^~/, '')
    const loaded = library.overlay(name)
    if (loaded === undefined) {
      const hint = didYouMean(name, [...library.overlays.keys()])
      problems.push(error(word.origin, `no overlay "${name}"`, hint))
    } else if (name !== word.text) {
      if (!overlays.delete(name)) idle.push(word)
    } else if (!overlays.has(name)) {
      overlays.set(name, loaded.overlay)
      problems.push(...loaded.problems)
    }
  }
  return { overlays: [...overlays.values()], idle, problems }
}

/** The problem of `~NAME` where no node has that overlay. */
export function idleRemoval({ text, origin }: Placed): Problem {
  return error(origin, `"${text}" takes nothing away`, 'no earlier line gives these nodes that overlay')
}

function readProfile(name: string, file: string, problems: Problem[]): Profile {
  const ini = parseIni(readFileSync(file, 'utf8'), file)
  problems.push(...ini.problems)
  const sections = new Map(ini.sections.map((section) => [section.name, section]))
  for (const section of ini.sections) {
    if (section.name === 'profile' || section.name === 'variables') continue
    const where = { file, line: section.line, key: `[${section.name}]` }
    problems.push(error(where, 'no such section', 'there are [profile] and [variables]'))
  }
  const head = sections.get('profile')
  if (head === undefined) {
    problems.push(error({ file }, 'no section [profile]', 'it lists the overlays'))
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
    overlays: overlays === undefined ? [] : wordsIn(overlays),
    values: [...(sections.get('variables')?.values ?? [])].map(([key, value]) => ({
      name: key,
      text: value.text,
      origin: placeIn(file, { line: value.line, key: `[variables] ${key}` }),
    })),
  }
  section.finish()
  return profile
}

function list(folder: string): { name: string; path: string }[] {
  const names = existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder).sort() : []
  return names.map((name) => ({ name, path: `${folder}/${name}` }))
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile()
}
