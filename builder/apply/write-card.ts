import { resolve } from 'node:path'
import { NoFileSystem, NoLoopDevice, writeBootMounted, writeRootMounted } from '../engines/loop.js'
import type { Card, Order } from '../engines/order.js'
import { writeBoot, writeRoot } from '../engines/rootless.js'
import { withImage } from '../image/base-image.js'
import { checkFileSystems } from './fsck.js'
import { growRoot } from './grow.js'

/** Called at the beginning of each step, for a timing. */
export type OnStep = (step: 'write' | 'check') => void

/** Writes an order into a card's image, and checks its file systems. @throws {StepError} */
export type WriteCard = (card: Card, order: Order, onStep: OnStep) => Promise<void>

/** The rootless engine: with programs that need no mount. */
export const writeRootless: WriteCard = (card, order, onStep) => {
  return growAndCheck(card, order, onStep, async (grown) => {
    await writeBoot(grown, order.boot)
    await writeRoot(grown, order.root)
  })
}

/**
 * The loop engine, where it may attach and mount: in its container. Without a loop device it does what the rootless
 * engine does, and says so; without vfat in the kernel, that for the boot partition alone.
 */
export function writeMounted(note: (text: string) => void): WriteCard {
  return (card, order, onStep) =>
    growAndCheck(card, order, onStep, async (grown) => {
      try {
        await writeRootMounted(grown, order.root)
      } catch (error) {
        if (!(error instanceof NoLoopDevice)) throw error
        note(`${error.message}; so it is written without a mount`)
        await writeRoot(grown, order.root)
        await writeBoot(grown, order.boot)
        return
      }
      try {
        if (order.boot.length > 0) await writeBootMounted(grown, order.boot)
      } catch (error) {
        if (!(error instanceof NoFileSystem)) throw error
        note('the kernel has no vfat: the boot partition is written by mtools')
        await writeBoot(grown, order.boot)
      }
    })
}

async function growAndCheck(
  card: Card,
  { rootSize }: Order,
  onStep: OnStep,
  write: (card: Card) => Promise<void>,
): Promise<void> {
  onStep('write')
  await write(rootSize === undefined ? card : { ...card, root: await growRoot(card, rootSize) })
  onStep('check')
  await withImage(resolve(card.folder, card.image), card.name, (image) =>
    checkFileSystems(image, card.folder, card.image),
  )
}
