import { report } from '../host/report.js'
import { coreVariables } from '../load/core-variables.js'
import { findLibrary, loadProfile } from '../load/library.js'
import { rangesOf } from '../load/hostnames.js'
import type { Place } from '../model/place.js'
import { type SettingName, settingOf, settings } from '../model/settings.js'
import { groupsOf } from '../resolve/groups.js'
import { table } from '../host/show.js'

export const listings = ['profiles', 'overlays', 'variables', 'groups'] as const

/**
 * `piimg list profiles|overlays|variables|groups`.
 * @throws {UserError} for groups, where the cluster file is wrong
 */
export function list(
  place: Place,
  what: (typeof listings)[number],
  { json }: { readonly json?: boolean },
): number {
  const { folder } = place
  const rows = {
    profiles: () => profileRows(folder),
    overlays: () => overlayRows(folder),
    variables: () => variableRows(folder),
    groups: () => groupsOf(place),
  }[what]()
  report.result(
    json === true ? JSON.stringify(rows, undefined, 1) : table(rows.map((row) => cells({ ...row }))),
  )
  return 0
}

/** A default goes behind the summary, for people. */
function cells({
  default: standard,
  ...rest
}: Readonly<Record<string, string | readonly string[]>>): string[] {
  const texts = Object.values(rest).map((cell) => (typeof cell === 'string' ? cell : rangesOf(cell)))
  return standard === undefined
    ? texts
    : [...texts.slice(0, -1), `${texts.at(-1) ?? ''} (default: ${String(standard)})`]
}

function profileRows(folder: string) {
  const library = findLibrary(folder)
  return [...library.profiles].map(([name, file]) => {
    const profile = loadProfile(library, name, { file }).chain.at(-1)
    return { name, summary: profile?.summary ?? '' }
  })
}

function overlayRows(folder: string) {
  return loadAll(folder).map(({ name, summary }) => ({ name, summary }))
}

function variableRows(folder: string) {
  const own = loadAll(folder).flatMap((overlay) =>
    overlay.variables.map((variable) => ({ ...variable, overlay: overlay.name })),
  )
  const core = coreVariables.map((variable) => ({ ...variable, overlay: 'every' }))
  const ofBuild = (Object.keys(settings) as SettingName[]).map((name) => {
    const { value, words, ...rest } = settingOf(name)
    return { ...rest, name, type: words?.join('|') ?? value, overlay: 'none: the build' }
  })
  const general = [...core, ...ofBuild].sort((a, b) => (a.name < b.name ? -1 : 1))
  return [...general, ...own].map(({ name, type, overlay, summary, default: standard }) => {
    return { name, type, overlay, summary, ...(standard === undefined ? {} : { default: standard }) }
  })
}

function loadAll(folder: string) {
  return findLibrary(folder)
    .everyOverlay()
    .map(({ overlay }) => overlay)
}
