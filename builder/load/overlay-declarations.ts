import { wordsIn } from './cluster-sections.js'
import { parseConditions } from './conditions.js'
import { isSetting } from '../model/settings.js'
import { isRefusal } from '../model/types/refusal.js'
import { variableTypes } from '../model/types/variable-types.js'
import { conditionsOf, flag, type Reading, type ReadSection } from './overlay-reading.js'
import { readSecretSource, secretProblems } from './secret-source.js'
import type { SectionReader } from './sections.js'
import { error, type Problem } from '../model/problem.js'

/** The sections that declare variables, add to those of others, or say what must hold. */
export const declarationReaders = {
  overlay: (reading, _, section) => {
    reading.summary = section.required('summary').text
    reading.needs = wordsOf(section, 'needs')
    reading.provides = wordsOf(section, 'provides').map(({ text }) => text)
    const origin = section.text('when')?.origin ?? section.origin
    const { when } = conditionsOf(reading, section)
    reading.when = when.map((all) => all.map((condition) => ({ ...condition, origin })))
  },
  variable: readVariable,
  nodes: readNodeList,
  append: (reading, _, section) => {
    readAppend(reading, section, section.required('variable').text, 'value')
  },
  packages: (reading, _, section) => {
    readAppend(reading, section, 'packages', 'names')
  },
  conffile: (reading, rest, section) => {
    section.required('reason')
    reading.allowed.push(rest.replace(/^root/, ''))
  },
  require: (reading, _, section) => {
    readRequirement(reading, section, 'error')
  },
  warn: (reading, _, section) => {
    readRequirement(reading, section, 'warning')
  },
} as const satisfies Readonly<Record<string, ReadSection>>

function readVariable(reading: Reading, name: string, section: SectionReader): void {
  const types = Object.keys(variableTypes) as (keyof typeof variableTypes)[]
  const standard = section.text('default')
  if (!isName(name)) reading.problems.push(noName(name, section))
  if (isSetting(name)) {
    const [what, hint] = [`"${name}" is a setting of the build`, 'give the variable another name']
    reading.problems.push(error(section.origin, what, hint))
  }
  section.required('type')
  const type = section.word('type', types) ?? 'text'
  const refusal = standard === undefined ? undefined : variableTypes[type].parse(standard.text)
  if (standard !== undefined && refusal !== undefined && isRefusal(refusal)) {
    reading.problems.push({ severity: 'error', where: standard.origin, ...refusal })
  }
  const isPublished = flag(section, 'publish')
  const isOpen = flag(section, 'open')
  const secret = readSecretSource(section, type, reading.problems)
  reading.problems.push(...secretProblems(section, type, isPublished))
  reading.variables.push({
    name,
    type,
    summary: section.required('summary').text,
    ...(standard === undefined ? {} : { default: standard.text }),
    ...(isPublished ? { isPublished } : {}),
    ...(isOpen ? { isOpen } : {}),
    ...(secret === undefined ? {} : { secret }),
    origin: section.origin,
  })
}

function readNodeList(reading: Reading, name: string, section: SectionReader): void {
  if (!isName(name)) reading.problems.push(noName(name, section))
  const count = section.text('count')
  const [, least, range, most] = /^(\d{1,4})(?:(\.\.)(\d{1,4})?)?$/.exec(count?.text ?? '0..') ?? []
  const [from, to] = [Number(least), range === undefined ? Number(least) : Number(most ?? Infinity)]
  const isCount = from <= to
  if (count !== undefined && !isCount) {
    const hint = 'write 1, 1..2 or 1..'
    reading.problems.push(error(count.origin, `"${count.text}" is not a count`, hint))
  }
  reading.lists.push({
    name,
    summary: section.required('summary').text,
    where: parseConditions(section.required('where'), reading.problems),
    least: isCount ? from : 0,
    most: isCount ? to : Infinity,
    published: [],
    origin: section.origin,
  })
}

function wordsOf(section: SectionReader, key: string) {
  const given = section.text(key)
  return given === undefined ? [] : wordsIn(given)
}

function isName(name: string): boolean {
  return /^[a-z][a-z0-9_]*$/.test(name)
}

function noName(name: string, section: SectionReader): Problem {
  return error(section.origin, `"${name}" is not a name`, 'lower-case letters, digits and _')
}

/** @param key of the section, which holds what is added */
function readAppend(reading: Reading, section: SectionReader, variable: string, key: string): void {
  const value = section.required(key)
  const isOptional = flag(section, 'if_there')
  const when = conditionsOf(reading, section)
  reading.appends.push({ variable, value, isOptional, ...when, origin: section.origin })
}

function readRequirement(reading: Reading, section: SectionReader, severity: 'error' | 'warning'): void {
  const path = section.text('path')
  const hint = section.text('hint')
  reading.requirements.push({
    severity,
    ...conditionsOf(reading, section),
    ...(path === undefined ? {} : { path }),
    what: section.required('what'),
    ...(hint === undefined ? {} : { hint }),
    origin: section.origin,
  })
}
