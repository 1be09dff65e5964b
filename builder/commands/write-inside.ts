import { statfsSync } from 'node:fs'
import { join } from 'node:path'
import { copyInto, copySparse } from '../apply/copy.js'
import { writeMounted } from '../apply/write-card.js'
import type { Message } from '../engines/docker.js'
import type { Phase } from '../engines/order.js'
import { unpackOrder } from '../engines/order-tar.js'
import { StepError } from '../errors.js'
import type { Place } from '../model/place.js'

/** The card's folder in the container, where it leaves no other files, and a folder for temporary files. */
const [cardFolder, scratchFolder] = ['/card', '/scratch'] as const

/** File systems on which a loop device works (statfs(2), f_type): ext4, xfs, btrfs, tmpfs, overlayfs, f2fs, zfs. */
const local = [0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0xf2f52010, 0x2fc12fc1]

/**
 * `piimg apply`, in a container: writes the order from stdin into the card in `/card`, and reports progress on stdout.
 * When stdin closes early, piimg has gone, and it exits.
 */
export async function apply({ environment }: Place): Promise<number> {
  const tell = (message: Message): void => void process.stdout.write(`${JSON.stringify(message)}\n`)
  try {
    const tar = await readFramed(process.stdin)
    let isDone = false
    process.stdin.on('end', () => {
      if (!isDone) process.kill(process.pid, 'SIGTERM')
    })
    process.stdin.resume()
    const { card, order } = await unpackOrder(tar, scratchFolder)
    const write = writeMounted((note) => {
      tell({ note })
    })
    const onPhase = (phase: Phase): void => {
      tell({ phase })
    }
    const file = join(cardFolder, card.image)
    if (environment['PIIMG_SHARED_FOLDER'] === 'yes' || isShared(cardFolder)) {
      tell({ note: 'the folder is shared with another computer: working on a copy of the card' })
      await copySparse(file, join(scratchFolder, card.image), card.name)
      await write(card, order, onPhase)
      await copyInto(join(scratchFolder, card.image), file, card.name)
    } else await write({ ...card, image: file }, order, onPhase)
    isDone = true
    tell({ done: true })
    return 0
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    const { step, reason, hint } = error.failure
    tell({ failure: { step, reason, ...(hint === undefined ? {} : { hint }) } })
    return 1
  } finally {
    // An open pipe would keep this program alive.
    process.stdin.destroy()
  }
}

/**
 * A loop device on a folder that a virtual machine shares with its host bypasses the host's cache, or does not write
 * at all.
 */
function isShared(folder: string): boolean {
  return !local.includes(statfsSync(folder).type >>> 0)
}

/** A decimal number and a line end, then so many bytes; the stream stays open. */
async function readFramed(stream: NodeJS.ReadStream): Promise<Buffer> {
  let bytes = Buffer.alloc(0)
  const pieces: Buffer[] = []
  let [length, have] = [Infinity, 0]
  return await new Promise((resolve, reject) => {
    const take = (piece: Buffer): void => {
      if (length === Infinity) {
        bytes = Buffer.concat([bytes, piece])
        const end = bytes.indexOf('\n')
        if (end < 0) return
        length = Number(bytes.subarray(0, end).toString())
        piece = bytes.subarray(end + 1)
      }
      pieces.push(piece)
      have += piece.length
      if (have < length) return
      stream.off('data', take).off('end', cut).pause()
      resolve(Buffer.concat(pieces))
    }
    const cut = (): void => {
      reject(new StepError({ step: 'read the order', reason: 'it ended early' }))
    }
    stream.on('data', take).on('end', cut)
  })
}
