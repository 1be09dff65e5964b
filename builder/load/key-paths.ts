import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Place } from '../model/place.js'
import { type Origin, type Problem, error } from '../model/problem.js'
import { foreignKey } from '../model/ssh/foreign-key.js'

/**
 * The text of `authorized_keys` with every path replaced by what is in that file. A path is relative to the file that
 * names it, on the command line to the current folder.
 */
export function expandKeyPaths(
  text: string,
  origin: Origin,
  place: Place,
): { text: string; problems: Problem[] } {
  // Its lines are no paths.
  if (foreignKey(text) !== undefined) return { text, problems: [] }
  const problems: Problem[] = []
  const folder = resolve(place.folder, origin.line === undefined ? '.' : dirname(origin.file))
  const contentOf = (path: string) => readText(resolve(folder, path.replace(/^~(?=\/)/, place.home)))
  const lines = text.split('\n').flatMap((line) => {
    const word = line.trim()
    if (word === '') return []
    const paths = contentOf(word) === undefined && !isKey(word) ? word.split(/[\s,]+/) : [word]
    return paths.map((path) => {
      const content = contentOf(path)
      if (content === undefined && isKey(path)) return path
      const foreign = content === undefined ? undefined : foreignKey(content, path)
      if (content === undefined)
        problems.push(error(origin, `no file ${path}`, 'a public key, or the path of a .pub'))
      if (foreign !== undefined) problems.push(error(origin, `${path} is ${foreign.what}`, foreign.hint))
      return content?.replace(/^\uFEFF/, '').trim() ?? ''
    })
  })
  return { text: lines.join('\n'), problems }
}

/** The text of a file; undefined if there is none. */
function readText(path: string): string | undefined {
  try {
    return statSync(path).isFile() ? readFileSync(path, 'utf8') : undefined
  } catch {
    return undefined
  }
}

/** Whether a text is meant as a key: it has a key type, in front or after options. */
function isKey(text: string): boolean {
  return text.startsWith('#') || /(^|[\s,])(ssh-|ecdsa-|sk-)/.test(text)
}
