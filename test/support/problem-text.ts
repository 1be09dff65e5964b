import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { problemLines } from '../../builder/host/show.js'
import { packageRoot } from '../../builder/load/package-root.js'
import type { Problem } from '../../builder/model/problem.js'

/** Problems as people read them, without colours, and with `folder` written as a dot. */
export function problemText(problems: readonly Problem[], folder = '/nowhere'): string[] {
  return problemLines(changeableProblems(problems)).map((line) =>
    stripVTControlCharacters(line).replaceAll(`${folder}/`, '').replaceAll(folder, '.'),
  )
}

const own = ['overlays', 'profiles'].map((name) => join(packageRoot(), name, '/'))

/**
 * The same problems. Every test that looks at problems takes them through here.
 * @throws {Error} where one is at piimg itself or at a file that comes with it: its reader cannot change anything there
 */
export function changeableProblems<Found extends Problem>(problems: readonly Found[]): readonly Found[] {
  for (const { where, what } of problems) {
    const isPiimg = ['', 'default', 'overlay', 'piimg'].includes(where.file)
    if (isPiimg || where.isShipped === true || own.some((folder) => where.file.startsWith(folder)))
      throw new Error(`"${what}" is reported at ${where.file}, where nobody can change it`)
  }
  return problems
}

/**
 * What a run of piimg wrote for people, or as JSON.
 * @throws {Error} as `changeableProblems`
 */
export function changeableOutput(output: string): string {
  const places = [...stripVTControlCharacters(output).matchAll(/^(?:error|warning): (.*)$/gm)]
  for (const [line, place = ''] of places) {
    if (/^(piimg|default|overlay)\b|^:/.test(place) || own.some((folder) => place.startsWith(folder)))
      throw new Error(`nobody can change anything there: ${line}`)
  }
  return output
}
