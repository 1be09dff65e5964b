import { posix } from 'node:path'
import { accountFiles } from './accounts.js'
import { baseSystem } from './base-system.js'
import { bootFiles } from './boot-files.js'
import { desktopFiles } from './desktop.js'
import { directory, type PracticeEntry, type Release } from './entries.js'
import { firstBootScripts } from './first-boot-scripts.js'
import { identityFiles } from './identity-files.js'
import { loginFiles } from './login-files.js'
import { networkFiles } from './network-files.js'
import { packageFiles } from './packages.js'
import { payload } from './payload.js'
import { releases } from './releases.js'
import { unitFiles } from './units.js'

export type { PracticeEntry, Release } from './entries.js'

interface PracticeTree {
  boot: PracticeEntry[]
  root: PracticeEntry[]
}

/** Every file of the release's practice image, sorted, each after its directory. */
export function practiceTree(release: Release): PracticeTree {
  const facts = releases[release]
  const root = [
    ...baseSystem(facts),
    ...identityFiles(facts),
    ...accountFiles(facts),
    ...loginFiles(facts),
    ...networkFiles(facts),
    ...desktopFiles(facts),
    ...unitFiles(facts),
    ...firstBootScripts(facts),
    ...payload(facts),
  ]
  const merged = mergeEntries([], root)
  return {
    boot: mergeEntries([], bootFiles(facts)),
    root: mergeEntries(merged, packageFiles(facts, merged)),
  }
}

/**
 * The tree with `extra` added, or put in the place of what is there; directories that are missing are made.
 * A path that leads through a symbolic link of the tree, such as `/lib`, ends up where the link leads.
 */
export function mergeEntries(
  tree: readonly PracticeEntry[],
  extra: readonly PracticeEntry[],
): PracticeEntry[] {
  const byPath = new Map(tree.map((entry) => [entry.path, entry]))
  for (const entry of extra) {
    const path = posix.join(realDirectory(byPath, posix.dirname(entry.path)), posix.basename(entry.path))
    addParents(byPath, path)
    byPath.set(path, { ...entry, path })
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

function realDirectory(byPath: ReadonlyMap<string, PracticeEntry>, path: string): string {
  if (path === '/') return path
  const resolved = posix.join(realDirectory(byPath, posix.dirname(path)), posix.basename(path))
  const target = byPath.get(resolved)?.target
  return target === undefined
    ? resolved
    : realDirectory(byPath, posix.resolve(posix.dirname(resolved), target))
}

function addParents(byPath: Map<string, PracticeEntry>, path: string): void {
  const parent = posix.dirname(path)
  if (parent === '/' || byPath.has(parent)) return
  addParents(byPath, parent)
  byPath.set(parent, directory(parent))
}
