import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isRefusal } from '../model/types/refusal.js'
import { variableTypes } from '../model/types/variable-types.js'
import { derived, type Sourced } from '../model/value.js'

/** The user's own public keys; undefined if there are none. */
export function ownKeys(home: string): Sourced<readonly string[]> | undefined {
  const keys = ownKeyFiles(home).flatMap((file) => keysIn(`${file}.pub`))
  return keys.length === 0 ? undefined : derived(keys, '~/.ssh/id_*.pub')
}

/** The paths of their private keys; ssh asks its agent for a missing one. */
export function ownKeyFiles(home: string): string[] {
  const folder = join(home, '.ssh')
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => /^id_.*\.pub$/.test(name)) : []
  const paths = files.sort().map((name) => join(folder, name.replace(/\.pub$/, '')))
  return paths.filter((path) => keysIn(`${path}.pub`).length > 0)
}

function keysIn(file: string): string[] {
  const value = variableTypes['ssh-keys'].parse(readFileSync(file, 'utf8'))
  return isRefusal(value) || !Array.isArray(value) ? [] : (value as string[])
}
