import { existsSync, readFileSync } from 'node:fs'
import { UserError } from '../errors.js'
import type { LockedPackage, LockedSet, PackagesLock } from '../model/bundle.js'
import { error } from '../model/problem.js'

/** @throws {UserError} for a file that piimg did not write */
export function readLock(path: string): PackagesLock | undefined {
  if (!existsSync(path)) return undefined
  try {
    const { base, sets } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    if (typeof base === 'string' && Array.isArray(sets) && sets.every(isSet)) return { base, sets }
  } catch {
    // The details do not matter: the message below names the file.
  }
  const what = 'this is not a file that piimg wrote'
  const hint = 'restore it from a backup, or remove it: the next build asks the mirror'
  throw new UserError([error({ file: path }, what, hint)])
}

function isSet(value: unknown): value is LockedSet {
  const { wanted, packages } = (value ?? {}) as Record<string, unknown>
  return isList(wanted, (each) => typeof each === 'string') && isList(packages, isPackage)
}

/** Names, versions and architectures as Debian Policy, 5.6, has them: they become file names and words of apt. */
function isPackage(value: unknown): value is LockedPackage {
  const { name, version, architecture, sha256, size } = (value ?? {}) as Record<string, unknown>
  const fits = (text: unknown, pattern: RegExp) => typeof text === 'string' && pattern.test(text)
  return (
    fits(name, /^[a-z0-9][a-z0-9+.-]+$/) &&
    fits(version, /^[\w.+:~-]+$/) &&
    fits(architecture, /^[a-z0-9-]+$/) &&
    fits(sha256, /^[0-9a-f]{64}$/) &&
    Number.isSafeInteger(size)
  )
}

function isList(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem)
}
