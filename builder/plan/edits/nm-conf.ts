import { matchInDeviceList } from '../../model/device-list.js'
import { isOff, keyfileValue, keyfileValues, sectionIn } from '../../model/keyfile.js'
import { withLines } from './lines.js'

/**
 * A file of NetworkManager's configuration that leaves no card of `cards` unmanaged: they become exceptions of
 * `unmanaged-devices` and of the sections `[device…]` with `managed=0`. NetworkManager.conf(5).
 */
export function nmManage(text: string, { cards }: { readonly cards: string }): string {
  const names = [...new Set(cards.split(/\s+/).filter((name) => name !== ''))]
  return withLines(text, (lines) => sectionsOf(lines).flatMap((section) => manage(section, names)))
}

/** The lines before the first section, and those of each section with its first line. */
function sectionsOf(lines: readonly string[]): string[][] {
  const sections: string[][] = [[]]
  for (const line of lines) {
    if (sectionIn(line) === undefined) sections.at(-1)?.push(line)
    else sections.push([line])
  }
  return sections
}

function manage(lines: readonly string[], names: readonly string[]): readonly string[] {
  const section = sectionIn(lines[0] ?? '') ?? ''
  if (section === 'keyfile') {
    return lines.map((line) =>
      /^\s*unmanaged-devices\s*\+?=/.test(line) ? withExceptions(line, names) : line,
    )
  }
  const values = keyfileValues(lines.join('\n'))
  if (!section.startsWith('device') || !isOff(keyfileValue(values, section, 'managed'))) return lines
  const isList = (line: string) => /^\s*match-device\s*=/.test(line)
  if (lines.some(isList)) return lines.map((line) => (isList(line) ? withExceptions(line, names) : line))
  return lines.flatMap((line, index) => (index === 0 ? [line, `match-device=${exceptions(names)}`] : [line]))
}

function withExceptions(line: string, names: readonly string[]): string {
  const list = line.slice(line.indexOf('=') + 1).trim()
  const named = names.filter((name) => matchInDeviceList(list, name) !== 'no')
  return named.length === 0 ? line : `${line.trimEnd().replace(/[,;]+$/, '')};${exceptions(named)}`
}

function exceptions(names: readonly string[]): string {
  return names.map((name) => `except:interface-name:${name}`).join(';')
}
