import { stripVTControlCharacters } from 'node:util'
import { problemLines } from '../../builder/host/show.js'
import type { Problem } from '../../builder/model/problem.js'

/** Problems as people read them, without colours, and with `folder` written as a dot. */
export function problemText(problems: readonly Problem[], folder = '/nowhere'): string[] {
  return problemLines(problems).map((line) =>
    stripVTControlCharacters(line).replaceAll(`${folder}/`, '').replaceAll(folder, '.'),
  )
}
