import { constants, copyFileSync, rmSync, statfsSync, statSync } from 'node:fs'
import { StepError } from '../errors.js'
import { formatBytes, progress } from '../host/report.js'
import { run } from '../host/run.js'
import { tools } from '../host/tools.js'
import { sizeOf } from '../model/content.js'
import type { Entry } from '../model/plan.js'

/**
 * Copies an image. The copy shares blocks with the original if the file system can do that; otherwise it keeps the
 * holes, which Node's own copy would fill.
 */
export async function copySparse(from: string, to: string, name: string): Promise<void> {
  if (!cloned(from, to)) await copyInto(from, to, name)
}

/** The same into an existing file, which keeps its owner and mode. */
export async function copyInto(from: string, to: string, name: string): Promise<void> {
  const step = `copy the base image to ${name}`
  if (process.platform !== 'linux') {
    await run({ tool: tools.cp, args: [from, to], step })
    return
  }
  const bar = progress(`copying to ${name}`, bytesOnDisk(from))
  const timer = setInterval(() => {
    bar.at(bytesOnDisk(to))
  }, 200)
  try {
    await run({ tool: tools.cp, args: [sparseness(from), '--', from, to], step })
  } finally {
    clearInterval(timer)
    bar.end()
  }
}

/** @throws {StepError} if `folder` has no room for the base image and what a plan adds to it */
export function checkSpace(base: string, folder: string, name: string, entries: readonly Entry[]): void {
  const { bavail, bsize } = statfsSync(folder)
  const added = entries.reduce((sum, entry) => sum + (entry.kind === 'file' ? sizeOf(entry.content) : 0), 0)
  // Twice: on the card, and staged for the program that writes it.
  const needed = bytesOnDisk(base) + 2 * added + 8 * 1024 * 1024
  if (bavail * bsize >= needed) return
  throw new StepError({
    step: `make room for ${name}`,
    reason: `${folder} has ${formatBytes(bavail * bsize)} free, but ${formatBytes(needed)} are needed`,
    hint: 'free some space, or give another folder with -o',
  })
}

/** The file system reports the original's holes. Only a file without holes is searched for zeros. */
function sparseness(from: string): string {
  return bytesOnDisk(from) < statSync(from).size ? '--sparse=auto' : '--sparse=always'
}

/** Bytes that a file takes on the disk; 0 while there is none. */
function bytesOnDisk(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? 0 : stat.blocks * 512
}

function cloned(from: string, to: string): boolean {
  try {
    copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE)
    return true
  } catch {
    rmSync(to, { force: true })
    return false
  }
}
