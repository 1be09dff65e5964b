import { type Origin, type Problem, error } from '../model/problem.js'
import type { IniSection, IniValue } from './ini.js'
import { placeIn } from './package-root.js'

/** A section of an INI file, read key by key; keys that are left at `finish` are reported. */
export interface SectionReader {
  readonly origin: Origin
  text(key: string): { readonly text: string; readonly origin: Origin } | undefined
  /** Like `text`; a missing key is a problem. */
  required(key: string): { readonly text: string; readonly origin: Origin }
  word<T extends string>(key: string, words: readonly T[]): T | undefined
  mode(key: string, standard: number): number
  owner(key: string): string
  /** Reports the keys that were not read. */
  finish(): void
  /** Every key that was not read yet. */
  rest(): [key: string, value: { readonly text: string; readonly origin: Origin }][]
}

export function readSection(section: IniSection, file: string, problems: Problem[]): SectionReader {
  const asked = new Set<string>()
  const at = (key: string, value: IniValue | undefined): Origin =>
    placeIn(file, { line: value?.line ?? section.line, key: `[${section.name}] ${key}` })
  const complain = (where: Origin, what: string, hint: string): void => {
    problems.push(error(where, what, hint))
  }
  const text: SectionReader['text'] = (key) => {
    asked.add(key)
    const value = section.values.get(key)
    return value === undefined ? undefined : { text: value.text, origin: at(key, value) }
  }
  const left = () => [...section.values].filter(([key]) => !asked.has(key))
  return {
    origin: placeIn(file, { line: section.line, key: `[${section.name}]` }),
    text,
    required(key) {
      const found = text(key)
      if (found === undefined) complain(at(key, undefined), `${key} is missing`, `write ${key} = …`)
      return found ?? { text: '', origin: at(key, undefined) }
    },
    word(key, words) {
      const found = text(key)
      const word = words.find((candidate) => candidate === found?.text)
      if (found !== undefined && word === undefined) {
        complain(found.origin, `"${found.text}" is not allowed here`, `one of ${words.join(', ')}`)
      }
      return word
    },
    mode(key, standard) {
      const found = text(key)
      if (found === undefined) return standard
      if (/^0?[0-7]{3,4}$/.test(found.text)) return Number.parseInt(found.text, 8)
      complain(found.origin, `"${found.text}" is not a mode`, 'three or four octal digits, such as 0600')
      return standard
    },
    owner(key) {
      const found = text(key)
      if (found === undefined) return 'root'
      if (/^(root|user|\d{1,9}:\d{1,9})$/.test(found.text)) return found.text
      complain(found.origin, `"${found.text}" is not an owner`, 'root, user, or UID:GID in numbers')
      return 'root'
    },
    finish() {
      for (const [key, value] of left())
        complain(at(key, value), `no key "${key}" here`, `known are ${[...asked].join(', ')}`)
    },
    rest() {
      return left().map(([key, value]) => {
        asked.add(key)
        return [key, { text: value.text, origin: at(key, value) }]
      })
    },
  }
}
