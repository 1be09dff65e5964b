import { closeSync, ftruncateSync, openSync, realpathSync, writeSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { StepError } from '../errors.js'
import { run, type Runner } from '../host/run.js'
import { type Tool, tools } from '../host/tools.js'
import type { OpenImage } from '../image/open-image.js'

/** The programs that check file systems. */
export const checkTools: readonly Tool[] = [tools.e2fsck, tools.fsckVfat]

/**
 * Checks both file systems of an image with their own programs, without changing it.
 * @param folder where the image is, or a link to it under the name `file`
 * @param runner how `checkTools` are run
 * @throws {StepError} with what the programs found
 */
export async function checkFileSystems(
  image: OpenImage,
  folder: string,
  file: string,
  runner: Runner = run,
): Promise<void> {
  const checks = [checkRoot(image, folder, file, runner), checkBoot(image, folder, runner)]
  for (const result of await Promise.allSettled(checks)) if (result.status === 'rejected') throw result.reason
}

async function checkRoot(image: OpenImage, folder: string, file: string, runner: Runner): Promise<void> {
  const step = `check the root partition of ${image.name}`
  const args = ['-fn', `${file}?offset=${image.rootPartition.offset}`]
  const { stdout, exitCode } = await runner(
    { tool: tools.e2fsck, args, cwd: folder, exitCodes: [0, 1, 2, 4, 8, 12], step },
    { reads: [folder, realpathSync(resolve(folder, file))] },
  )
  if (exitCode !== 0) throw new StepError({ step, reason: `e2fsck found errors:\n${complaints(stdout)}` })
}

/**
 * fsck.vfat has no option for an offset, so it gets a copy of the parts that it reads: everything except file
 * contents.
 */
async function checkBoot(image: OpenImage, folder: string, runner: Runner): Promise<void> {
  const step = `check the boot partition of ${image.name}`
  const copy = join(folder, 'boot.fat')
  const descriptor = openSync(copy, 'wx', 0o600)
  try {
    ftruncateSync(descriptor, image.bootPartition.size)
    for (const { offset, bytes } of image.bootMetadata())
      writeSync(descriptor, bytes, 0, bytes.length, offset)
  } finally {
    closeSync(descriptor)
  }
  const { stdout, exitCode } = await runner(
    { tool: tools.fsckVfat, args: ['-n', 'boot.fat'], cwd: folder, exitCodes: [0, 1, 2], step },
    { reads: [folder] },
  )
  if (exitCode !== 0) throw new StepError({ step, reason: `fsck.vfat found errors:\n${complaints(stdout)}` })
}

function complaints(stdout: string): string {
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !/^Pass \d|^fsck\.fat/.test(line))
    .slice(0, 6)
    .join('\n')
}
