import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { skipped } from './real-programs.js'

const cache = join(process.env['PIIMG_TEST_CACHE'] ?? join(homedir(), '.cache/piimg-test'), 'unpacked')

/**
 * The folder with the files of a Debian package of this computer's release, which is not installed: it may have a service.
 * Fetched once, with apt; undefined where that is not possible, with the reason.
 */
export function unpacked(name: string): string | undefined {
  const folder = join(cache, name)
  if (existsSync(folder)) return folder
  mkdirSync(cache, { recursive: true })
  const work = mkdtempSync(join(cache, 'new-'))
  const run = (program: string, ...words: string[]) =>
    spawnSync(program, words, { cwd: work, stdio: 'ignore' }).status === 0
  const deb = () => readdirSync(work).find((each) => each.endsWith('.deb')) ?? ''
  const isThere = run('apt-get', 'download', name) && run('dpkg-deb', '-x', deb(), 'files')
  // Another process may have been faster.
  if (isThere && !existsSync(folder)) renameSync(join(work, 'files'), folder)
  rmSync(work, { recursive: true, force: true })
  if (existsSync(folder)) return folder
  skipped(`the package ${name} cannot be fetched: apt-get download ${name}`)
  return undefined
}
