import { isOff, keyfileValue, keyfileValues, sectionIn } from '../../model/keyfile.js'
import { linesOf, textOf } from './lines.js'

/** The highest priority of a profile (nm-settings-keyfile(5)), which the node's own has. */
const highest = 999

/**
 * A profile of NetworkManager that does not come before the node's own: one of the same card no longer connects by
 * itself, and one of any card has a lower priority. Profiles with a UUID of `own` are not changed.
 */
export function nmYield(
  text: string,
  { card, own }: { readonly card: string; readonly own: string },
): string {
  const values = keyfileValues(text)
  const valueOf = (key: string) => keyfileValue(values, 'connection', key)
  const isOwn = own.split(/\s+/).includes(valueOf('uuid') ?? '')
  if (isOwn || valueOf('type') === undefined || isOff(valueOf('autoconnect'))) return text
  if (valueOf('interface-name') === card) return withValue(text, 'autoconnect', 'false')
  const isBefore = Number(valueOf('autoconnect-priority') ?? 0) >= highest
  const isOfAny = valueOf('interface-name') === undefined
  return isOfAny && isBefore ? withValue(text, 'autoconnect-priority', String(highest - 1)) : text
}

function withValue(text: string, key: string, value: string): string {
  const isKey = (line: string) => line.split('=', 1)[0]?.trim() === key
  const lines = linesOf(text)
  const from = lines.findIndex((line) => sectionIn(line) === 'connection')
  const next = lines.findIndex((line, index) => index > from && sectionIn(line) !== undefined)
  const own = lines.slice(from + 1, next === -1 ? undefined : next)
  const after = next === -1 ? [] : lines.slice(next)
  const others = own.filter((line) => !isKey(line))
  return textOf([...lines.slice(0, from + 1), `${key}=${value}`, ...others, ...after])
}
