import { report } from '../host/report.js'
import { coreVariables } from '../load/core-variables.js'
import { findLibrary, loadProfile } from '../load/library.js'
import { loadOverlay } from '../load/overlays.js'
import { table } from '../host/show.js'

export const listings = ['profiles', 'overlays', 'variables'] as const

/** `piimg list profiles|overlays|variables`. */
export function list(what: (typeof listings)[number], { json }: { readonly json?: boolean }): number {
  const rows = { profiles: profileRows, overlays: overlayRows, variables: variableRows }[what]()
  report.result(json === true ? JSON.stringify(rows, undefined, 1) : table(rows.map(cells)))
  return 0
}

/** A default goes behind the summary, for people. */
function cells({ default: standard, ...rest }: Record<string, string>): string[] {
  const texts = Object.values(rest)
  return standard === undefined
    ? texts
    : [...texts.slice(0, -1), `${texts.at(-1) ?? ''} (default: ${standard})`]
}

function profileRows() {
  const library = findLibrary(process.cwd())
  return [...library.profiles].map(([name, file]) => {
    const profile = loadProfile(library, name, { file }).chain.at(-1)
    return { name, summary: profile?.summary ?? '' }
  })
}

function overlayRows() {
  return loadAll().map(({ name, summary }) => ({ name, summary }))
}

function variableRows() {
  const own = loadAll().flatMap((overlay) =>
    overlay.variables.map((variable) => ({ ...variable, overlay: overlay.name })),
  )
  return [...coreVariables.map((variable) => ({ ...variable, overlay: '' })), ...own].map((variable) => ({
    name: variable.name,
    type: variable.type,
    overlay: variable.overlay === '' ? 'every' : variable.overlay,
    summary: variable.summary,
    ...(variable.default === undefined ? {} : { default: variable.default }),
  }))
}

function loadAll() {
  return [...findLibrary(process.cwd()).overlays].map(([name, folder]) => loadOverlay(name, folder).overlay)
}
