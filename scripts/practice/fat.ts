import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { posix } from 'node:path'
import type { PracticeEntry } from './entries.js'
import { type Range, sectorSize } from './mbr.js'
import { imageTime, type ReleaseFacts } from './releases.js'
import { runAt } from './tools.js'

/** mtools refuses FAT32 with fewer clusters; a cluster is one sector here, and the tables take some room. */
export const leastBootSize = 34 * 1024 * 1024

/** What goes into a partition; `staging` is an empty directory to use on the way. */
export interface Contents {
  readonly facts: ReleaseFacts
  readonly entries: readonly PracticeEntry[]
  readonly staging: string
}

/** Makes the boot partition inside the image file. */
export async function writeFat(
  image: string,
  { offset, size }: Range,
  { facts, entries, staging }: Contents,
): Promise<void> {
  const time = imageTime(facts)
  const { bootLabel, bootVolumeId } = facts
  const place = [`--offset=${offset / sectorSize}`, image, String(size / 1024)]
  const format = ['--invariant', '-F', '32', '-s', '1', '-n', bootLabel, '-i', bootVolumeId]
  await runAt(time, 'mkfs.vfat', [...format, ...place])
  await stage(entries, staging, time)
  const drive = ['-i', `${image}@@${offset}`]
  // One call a directory, with all names in order: what a directory holds must not depend on readdir.
  for (const [path, names] of byDirectory(entries)) {
    if (path !== '/') await runAt(time, 'mmd', [...drive, `::${path}`])
    if (names.length === 0) continue
    const sources = names.map((name) => posix.join(staging, path, name))
    await runAt(time, 'mcopy', [...drive, '-m', ...sources, `::${path}`])
  }
}

async function stage(entries: readonly PracticeEntry[], staging: string, time: number): Promise<void> {
  for (const { path, kind, content = '' } of entries) {
    const target = posix.join(staging, path)
    if (kind === 'directory') await mkdir(target)
    else await writeFile(target, content)
    await utimes(target, time, time)
  }
}

/** The files' names by directory, parents first. */
function byDirectory(entries: readonly PracticeEntry[]): ReadonlyMap<string, string[]> {
  const result = new Map<string, string[]>([['/', []]])
  for (const { path, kind } of entries) {
    if (kind === 'directory') result.set(path, [])
    else result.get(posix.dirname(path))?.push(posix.basename(path))
  }
  return result
}
