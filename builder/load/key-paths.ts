import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Place } from '../model/place.js'
import { type Origin, type Problem, error } from '../model/problem.js'

/**
 * The text of `authorized_keys` with every path replaced by what is in that file. A path is relative to the file that
 * names it, on the command line to the current folder.
 */
export function expandKeyPaths(
  text: string,
  origin: Origin,
  place: Place,
): { text: string; problems: Problem[] } {
  const problems: Problem[] = []
  const folder = resolve(place.folder, origin.line === undefined ? '.' : dirname(origin.file))
  const lines = text.split('\n').map((line) => {
    const word = line.trim()
    if (word === '' || isKey(word)) return word
    const path = resolve(folder, word.replace(/^~(?=\/)/, place.home))
    if (existsSync(path) && statSync(path).isFile()) return readFileSync(path, 'utf8').trim()
    const hint = 'a public key, or the path of a .pub'
    problems.push(error(origin, `no file ${word}`, hint))
    return ''
  })
  return { text: lines.join('\n'), problems }
}

/** Whether a text is meant as a key: it starts with a key type, or is a private key. */
function isKey(text: string): boolean {
  return /^(ssh-|ecdsa-|sk-|#)/.test(text) || text.includes('PRIVATE KEY')
}
