import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import type { PracticeEntry } from '../../scripts/practice/entries.js'
import { newFolder } from './cli.js'
import { bootOf, copyImage, rootOf, tool } from './images.js'

/** A text file of the root; empty where there is none. */
export function rootText(image: string, path: string): string {
  return tool('debugfs', ['-R', `cat ${path}`, rootOf(image)])
}

/** A copy of any image with these files on it, in the place of those of the same name. */
export function changedImage(
  image: string,
  root: readonly PracticeEntry[],
  boot: readonly PracticeEntry[] = [],
): string {
  const folder = newFolder()
  const copy = copyImage(image, join(folder, 'base.img'))
  const commands = root.flatMap((entry, index) => rootCommands(entry, join(folder, String(index))))
  writeFileSync(join(folder, 'commands'), commands.map((line) => `${line}\n`).join(''))
  tool('debugfs', ['-w', '-f', join(folder, 'commands'), rootOf(copy)])
  for (const [index, { path, content = '' }] of boot.entries()) {
    const source = join(folder, `boot-${index}`)
    writeFileSync(source, content)
    tool('mcopy', ['-o', '-i', bootOf(copy), source, `::${path}`])
  }
  return copy
}

/** Commands of debugfs(8); its errors about folders that exist and files that are missing do not matter. */
function rootCommands({ path, kind, mode, uid, gid, content = '', target }: PracticeEntry, source: string) {
  const folders = foldersTo(dirname(path)).map((folder) => `mkdir ${folder}`)
  const owner = [`sif ${path} uid ${uid}`, `sif ${path} gid ${gid}`]
  if (kind === 'directory') return [...folders, `mkdir ${path}`, sifMode(path, 0o40000 | mode), ...owner]
  if (kind === 'symlink') return [...folders, `rm ${path}`, `symlink ${path} ${target ?? ''}`]
  writeFileSync(source, content)
  return [...folders, `rm ${path}`, `write ${source} ${path}`, sifMode(path, 0o100000 | mode), ...owner]
}

function sifMode(path: string, mode: number): string {
  return `sif ${path} mode 0${mode.toString(8)}`
}

/** `/a/b` has `/a` and `/a/b`. */
function foldersTo(folder: string): string[] {
  return folder === '/' ? [] : [...foldersTo(dirname(folder)), folder]
}
