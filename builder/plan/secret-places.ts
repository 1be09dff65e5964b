import type { OverlayItem, Overlay, TemplateText } from '../model/overlay.js'
import { type Problem, error } from '../model/problem.js'

/** Whether others than the owner can read a file of this mode. */
export function isReadable(mode: number): boolean {
  return (mode & 0o044) !== 0
}

/** Whether a text has one of these variables in it. */
export function uses(text: string, names: readonly string[]): boolean {
  return names.some((name) => new RegExp(`\\{\\{[^}]*\\b${name}\\b`).test(text))
}

/** The names of an overlay's secrets. */
export function secretsOf({ variables, opened }: Overlay): string[] {
  return [...variables, ...opened].filter(({ type }) => type === 'secret').map(({ name }) => name)
}

/** Where an overlay would show one of its secrets. */
export function secretPlaces(overlay: Overlay): Problem[] {
  const names = secretsOf(overlay)
  if (names.length === 0) return []
  const isIn = (text: TemplateText | undefined) => text !== undefined && uses(text.text, names)
  const shown = [
    ...overlay.appends.map(({ value }) => value),
    ...overlay.requirements.flatMap(({ what, hint, path }) => [what, hint, path]),
    ...overlay.items.flatMap(namedBy),
  ].filter((text) => text !== undefined)
  return [
    ...shown
      .filter(isIn)
      .map(({ origin }) =>
        error(origin, 'a secret where everyone sees it', 'write it into a file with mode = 0600'),
      ),
    ...overlay.items.flatMap((item) => placesIn(item, names)),
  ]
}

/** The texts of an item that are the name of something. */
function namedBy(item: OverlayItem): TemplateText[] {
  switch (item.kind) {
    case 'link':
      return [item.path, item.target]
    case 'copy':
      return [item.path, item.from]
    case 'move':
      return [item.path, item.to]
    default:
      return [item.path]
  }
}

function placesIn(item: OverlayItem, names: readonly string[]): Problem[] {
  const contents = contentsOf(item).filter(({ text }) => uses(text, names))
  const [first] = contents
  if (first === undefined) return []
  const path = `${item.partition}${item.path.text}`
  if (item.partition === 'boot')
    return [error(item.origin, `a secret in ${path}`, 'FAT has no owners: write it to the root partition')]
  const mode = item.kind === 'file' ? item.mode : item.kind === 'edit' ? item.create?.mode : undefined
  return [
    ...(mode !== undefined && isReadable(mode)
      ? [error(item.origin, `others can read the secret in ${path}`, modeHint(item))]
      : []),
    ...contents.filter(({ text }) => isInUnit(path, text, names)).map(({ origin }) => inUnit(origin, path)),
  ]
}

function modeHint({ kind, partition, path }: OverlayItem): string {
  return kind === 'edit' ? 'write mode = 0600' : `write [file ${partition}${path.text}], mode = 0600`
}

function contentsOf(item: OverlayItem): TemplateText[] {
  if (item.kind === 'file') return Buffer.isBuffer(item.content) ? [] : [item.content]
  return item.kind === 'edit' ? Object.values(item.parameters) : []
}

/** systemd.exec(5), "Environment=": every user can read it, as the command lines, with systemctl show. */
function isInUnit(path: string, text: string, names: readonly string[]): boolean {
  if (!/\/systemd\/(system|user)\//.test(path)) return false
  const lines = text.replaceAll(/\\\n/g, ' ').split('\n')
  return lines.some((line) => /^\s*(Environment|Exec\w+|SetCredential)\s*=/.test(line) && uses(line, names))
}

function inUnit(where: TemplateText['origin'], path: string): Problem {
  const hint = 'write it into a file with mode = 0600, and name that by LoadCredential= or EnvironmentFile='
  return error(where, `a secret in a setting of ${path} that every user can read`, hint)
}
