import { parse } from 'ini'
import { error, type Problem } from '../model/problem.js'

export interface IniValue {
  readonly text: string
  readonly line: number
}

export interface IniSection {
  readonly name: string
  readonly line: number
  readonly values: ReadonlyMap<string, IniValue>
}

type OpenSection = IniSection & { readonly values: Map<string, IniValue> }

interface Reading {
  readonly file: string
  readonly problems: Problem[]
  readonly sections: Map<string, OpenSection>
  section: OpenSection | undefined
  key: string | undefined
}

/**
 * Reads an INI file strictly: nothing is truncated, merged or overwritten silently. Sections `[name]`; `key = value`;
 * an indented line continues the value above; comments are lines that start with `#` or `;`. A value with `#`, `;`,
 * `\` or spaces at its ends must be quoted: "with \" escapes" or 'as it is'.
 */
export function parseIni(text: string, file: string): { sections: IniSection[]; problems: Problem[] } {
  const reading: Reading = { file, problems: [], sections: new Map(), section: undefined, key: undefined }
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  lines.forEach((line, index) => {
    readLine(reading, line, index + 1)
  })
  return { sections: [...reading.sections.values()], problems: reading.problems }
}

function readLine(reading: Reading, line: string, number: number): void {
  const trimmed = line.trim()
  if (/[^\P{ASCII}\t\n\x20-\x7e]/u.test(line)) {
    complain(reading, number, 'a control character', 'the file must be plain text')
  } else if (line.includes('\ufffd')) {
    complain(reading, number, 'a character that is not UTF-8', 'save the file as UTF-8 in your editor')
  } else if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith(';')) {
    return
  } else if (/^\s/.test(line) && reading.key !== undefined) {
    continueValue(reading, trimmed, number)
  } else if (trimmed.startsWith('[')) {
    openSection(reading, trimmed, number)
  } else {
    readKey(reading, trimmed, number)
  }
}

function openSection(reading: Reading, line: string, number: number): void {
  const name = /^\[\s*(.+?)\s*\]$/.exec(line)?.[1]
  reading.key = undefined
  if (name === undefined) {
    reading.section = undefined
    complain(reading, number, `"${line}" is not a section`, 'a section is [name], alone on its line')
    // Its keys are read to report their problems, and then dropped.
    const meant = line.replace(/^\[\s*/, '').replace(/\s*\].*$/, '')
    reading.section = { name: meant, line: number, values: new Map() }
    return
  }
  const before = reading.sections.get(name)
  reading.section = before ?? { name, line: number, values: new Map() }
  if (before === undefined) reading.sections.set(name, reading.section)
  else complain(reading, number, `section [${name}] appears twice`, `the first is in line ${before.line}`)
}

function readKey(reading: Reading, line: string, number: number): void {
  const [, key, raw] = /^([^=]*?)\s*=\s*(.*)$/.exec(line) ?? []
  reading.key = undefined
  if (key === undefined || raw === undefined) {
    complain(reading, number, 'a line without "="', 'write key = value')
    return
  }
  const values = reading.section?.values
  if (values === undefined) {
    complain(reading, number, `"${key}" is before the first [section]`)
    return
  }
  if (!/^[a-z][a-z0-9_]*$/.test(key)) {
    complain(reading, number, `"${key}" is not a key`, 'keys are lower-case letters, digits and _')
    return
  }
  reading.key = key
  const before = values.get(key)
  if (before === undefined) values.set(key, { text: decode(reading, raw, number), line: number })
  else complain(reading, number, `"${key}" appears twice`, `the first is in line ${before.line}`)
}

function continueValue(reading: Reading, line: string, number: number): void {
  const values = reading.section?.values
  const before = reading.key === undefined ? undefined : values?.get(reading.key)
  if (reading.key === undefined || before === undefined) return
  const text = decode(reading, line, number)
  values?.set(reading.key, { ...before, text: before.text === '' ? text : `${before.text}\n${text}` })
}

/** Passes only quoted values to npm's ini, and those that it reads without loss; see its README on comments and quotes. */
function decode(reading: Reading, raw: string, line: number): string {
  const single = /^'([^']*)'$/.exec(raw)?.[1]
  const quoted = single === undefined ? raw : JSON.stringify(single)
  if (!quoted.startsWith('"')) {
    if (!/[#;\\]|^'/.test(quoted)) return quoted
    complain(
      reading,
      line,
      "a value with # ; \\ or ' must be quoted",
      `write ${reading.key} = '…' or "…"; a comment needs a line of its own`,
    )
    return ''
  }
  if (!isJsonString(quoted)) {
    complain(
      reading,
      line,
      'a quoted value without a correct end',
      'in "…", write \\" and \\\\; a comment needs a line of its own',
    )
    return ''
  }
  return String(parse(`value = ${quoted}`)['value'])
}

function isJsonString(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'string'
  } catch {
    return false
  }
}

function complain(reading: Reading, line: number, what: string, hint?: string): void {
  const place = [reading.section === undefined ? undefined : `[${reading.section.name}]`, reading.key]
    .filter(Boolean)
    .join(' ')
  reading.problems.push(
    error({ file: reading.file, line, ...(place === '' ? {} : { key: place }) }, what, hint),
  )
}
