import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Lab } from './lab.js'
import { cacheFolder } from './mirror.js'

const day = 24 * 3600 * 1000

/** The lists of packages of nodes of a base image, and what apt made of them. */
function listsOf(image: string): string {
  return join(cacheFolder, `${basename(image)}.lists.tar`)
}

/**
 * A shell script that gives a node the lists of packages that an earlier node downloaded. apt asks the mirror whether they
 * are the newest, and does not download, unpack and read them again: that takes seconds for each node. The first boot of a
 * card without lists is a test of its own.
 */
export function withLists(image: string): string {
  const file = listsOf(image)
  return existsSync(file) ? `\n  tar -xf '${file}'\n` : ''
}

/** Keeps the lists of a node for the next ones. */
export async function saveLists(lab: Lab, name: string, image: string): Promise<void> {
  const file = listsOf(image)
  if (existsSync(file) && Date.now() - statSync(file).mtimeMs < day) return
  const partial = `${file}.${process.pid}.partial`
  const root = `/run/nodes/${name}/layer/root`
  const names = 'var/lib/apt/lists var/cache/apt/pkgcache.bin var/cache/apt/srcpkgcache.bin'
  const { exitCode } = await lab.run([
    ...['tar', '-C', root, '--exclude=lock', '--exclude=partial/*', '-cf', partial],
    ...names.split(' '),
  ])
  // A node with nothing to install has none.
  if (exitCode === 0) renameSync(partial, file)
  else rmSync(partial, { force: true })
}
