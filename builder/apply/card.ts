import { chmodSync, renameSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { StepError } from '../errors.js'
import { type Card, orderOf } from '../engines/order.js'
import { withWorkFolder } from '../host/work-folder.js'
import { type OpenImage, withImage } from '../image/open-image.js'
import { type Entry, isSecret, type Plan } from '../model/plan.js'
import type { Step } from '../model/step.js'
import { checkSpace, copySparse } from './copy.js'
import { exactRecord } from '../model/plan-record.js'
import { readBack } from './read-back.js'
import type { WriteCard } from './write-card.js'

const imageName = 'card.img'

export interface CardJob {
  readonly base: OpenImage
  /** The engine. */
  readonly write: WriteCard
  readonly plan: Plan
  /** The plan's root entries as steps on this base image. */
  readonly steps: readonly Step[]
  readonly entries: readonly Entry[]
  /** The path of the finished image. */
  readonly output: string
  /** Called when the image is complete and checked, before it gets its final name. */
  readonly onReady: () => Promise<void>
  /** Called when the base image is copied and no longer needed for this card. */
  readonly onCopied?: () => void
  /** Called at the beginning of each step, for a timing. */
  readonly onStep?: (step: string) => void
}

/**
 * Makes one node's card image: copies the base image, writes, checks, reads back, and renames the result to its final
 * name. If a step fails, the output folder stays as it was.
 * @throws {StepError}
 */
export async function makeCard(job: CardJob): Promise<void> {
  const { base, output } = job
  const name = basename(output)
  const folder = dirname(output)
  checkSpace(base.file, folder, name, job.entries)
  await withWorkFolder(folder, async (work) => {
    try {
      await makeIn(work, job, name)
    } catch (error) {
      throw explained(error, folder, name)
    }
  })
}

async function makeIn(work: string, job: CardJob, name: string): Promise<void> {
  const { base, plan, steps, output } = job
  const image = join(work, imageName)
  job.onStep?.('copy')
  // The mode that the user's umask gives to a new file. Until the card is finished, only this user can read it.
  writeFileSync(image, '')
  const openMode = statSync(image).mode
  await copySparse(base.file, image, name)
  job.onCopied?.()
  // A copy has the mode of its original, which may be too open for secrets, or not readable for us.
  chmodSync(image, 0o600)
  const { bootPartition: boot, rootPartition: root } = base
  const card: Card = { folder: work, image: imageName, name, boot, root, builtAt: plan.builtAt }
  await job.write(card, orderOf(plan, steps), (phase) => job.onStep?.(phase))
  await checkCard(job, image, name)
  await job.onReady()
  chmodSync(image, hasSecret(job.entries) ? 0o600 : openMode)
  renameSync(image, output)
}

/** The system's message "no space left on device" names no folder, and nothing that helps. Call this before anything is removed. */
function explained(error: unknown, folder: string, name: string): unknown {
  const hint = 'free some space, or give another folder with -o'
  const { code } = error as NodeJS.ErrnoException
  const options = { cause: error }
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new StepError({ step: `write ${name}`, reason: `${folder} is full (${code})`, hint }, options)
  if (!(error instanceof StepError) || error.failure.hint !== undefined || !isFull(folder)) return error
  return new StepError({ ...error.failure, hint: `${folder} is full: ${hint}` }, options)
}

/** Whether less than 64 KiB are free: programs that fail then have their own words for it. */
function isFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize < 64 * 1024
}

function hasSecret(entries: readonly Entry[]): boolean {
  return entries.some((entry) => entry.kind === 'file' && isSecret(entry))
}

async function checkCard(job: CardJob, file: string, name: string): Promise<void> {
  await withImage(file, name, (image) => {
    const wrong = readBack(image, job.entries.map(exactRecord))
    if (image.table.diskSignature !== job.base.table.diskSignature)
      wrong.push('the disk signature has changed')
    if (wrong.length > 0) {
      throw new StepError({ step: `read back ${name}`, reason: wrong.slice(0, 5).join('\n') })
    }
    return Promise.resolve()
  })
}
