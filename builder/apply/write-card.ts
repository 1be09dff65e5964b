import { resolve } from 'node:path'
import { NoFileSystem, NoLoopDevice, writeBootMounted, writeRootMounted } from '../engines/loop.js'
import type { Card, Order, Phase } from '../engines/order.js'
import { writeBoot, writeRoot } from '../engines/rootless.js'
import { withImage } from '../image/open-image.js'
import { checkFileSystems } from './fsck.js'
import { growRoot } from './grow.js'

/**
 * Writes an order into a card's image, and checks its file systems; reports the start of each phase. @throws
 * {StepError}
 */
export type WriteCard = (card: Card, order: Order, onPhase: (phase: Phase) => void) => Promise<void>

/** The rootless engine: with programs that need no mount. */
export const writeRootless: WriteCard = async (card, order, onPhase) => {
  onPhase('write')
  const grown = await grownCard(card, order)
  await writeBoot(grown, order.boot)
  await writeRoot(grown, order.root)
  onPhase('check')
  await checkCard(grown)
}

/**
 * The loop engine, inside its container. Without a loop device it works like the rootless engine, and reports that. If
 * the kernel has no vfat, only the boot partition is written that way.
 */
export function writeMounted(note: (text: string) => void): WriteCard {
  return async (card, order, onPhase) => {
    onPhase('attach')
    const grown = await grownCard(card, order)
    let isRootWritten = false
    try {
      await writeRootMounted(grown, order.root, () => {
        onPhase('write')
      })
      isRootWritten = true
      if (order.boot.length > 0) await writeBootMounted(grown, order.boot)
    } catch (error) {
      if (error instanceof NoFileSystem)
        note('the kernel does not support vfat: writing the boot partition with mtools')
      else if (error instanceof NoLoopDevice) {
        note(`${error.message}; writing the card without a mount`)
        if (!isRootWritten) await writeRoot(grown, order.root)
      } else throw error
      await writeBoot(grown, order.boot)
    }
    onPhase('check')
    await checkCard(grown)
  }
}

async function grownCard(card: Card, { rootSize }: Order): Promise<Card> {
  return rootSize === undefined ? card : { ...card, root: await growRoot(card, rootSize) }
}

async function checkCard({ folder, image: file, name }: Card): Promise<void> {
  await withImage(resolve(folder, file), name, (image) => checkFileSystems(image, folder, file))
}
