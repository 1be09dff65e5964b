import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UserError } from '../errors.js'
import { run } from '../host/run.js'
import { tools } from '../host/tools.js'
import { type ByteSource, openFile } from '../image/byte-source.js'
import { error } from '../model/problem.js'

/** A range of the emulated card and the place of its bytes, as `qemu-img map --output=json` prints it. */
interface Extent {
  /** Bytes from the beginning of the card. */
  readonly start: number
  readonly length: number
  /** 0: written by the guest, in the layer; 1: in the card image. */
  readonly depth: number
  readonly zero: boolean
  readonly data: boolean
  readonly offset?: number
}

/**
 * Creates an empty copy-on-write layer on a card image, which QEMU then only reads.
 * @param size bytes of the emulated card; the part beyond the image is empty
 */
async function createLayer(image: string, layer: string, size: number): Promise<void> {
  await run({
    tool: tools.qemuImg,
    args: ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', image, layer, String(size)],
    step: 'put a copy-on-write layer over the image',
  })
}

/** Runs `work` with the bytes of a partition as the guest left them. No guest may be running. */
export async function withLayer<T>(
  card: { readonly image: string; readonly layer: string },
  partition: { readonly offset: number; readonly size: number },
  work: (source: ByteSource) => T,
): Promise<T> {
  const { stdout } = await run({
    tool: tools.qemuImg,
    args: [
      'map',
      '--output=json',
      '-f',
      'qcow2',
      '-s',
      String(partition.offset),
      '-l',
      String(partition.size),
      card.layer,
    ],
    step: `read ${card.layer}`,
  })
  const extents = JSON.parse(stdout) as Extent[]
  const files = [openFile(card.layer), openFile(card.image)] as const
  try {
    return work(layered(extents, files, partition))
  } finally {
    for (const file of files) file.close()
  }
}

function layered(
  extents: readonly Extent[],
  files: readonly ByteSource[],
  partition: { readonly offset: number; readonly size: number },
): ByteSource {
  return {
    size: partition.size,
    read(offset, length) {
      const buffer = Buffer.alloc(length)
      const from = partition.offset + offset
      for (const extent of extents) {
        const start = Math.max(from, extent.start)
        const end = Math.min(from + length, extent.start + extent.length)
        const file = files[extent.depth]
        if (end <= start || extent.zero || extent.offset === undefined || file === undefined) continue
        file.read(extent.offset + start - extent.start, end - start).copy(buffer, start - from)
      }
      return buffer
    },
  }
}

/** The size of a real card, so that the image's root can grow: the next power of two, at least 4 GiB. */
export function cardSize(imageSize: number): number {
  return Math.max(4 * 1024 ** 3, 2 ** Math.ceil(Math.log2(imageSize + 1)))
}

/** What is kept: the layer, which image it belongs to, and the console. */
export function layerFiles(folder: string): { layer: string; identity: string; log: string } {
  const path = (name: string) => join(folder, name)
  return { layer: path('card.qcow2'), identity: path('card.json'), log: path('console.log') }
}

/** Creates the layer, or takes the kept one if it belongs to this image. */
export async function prepareLayer(
  image: string,
  size: number,
  files: ReturnType<typeof layerFiles>,
): Promise<void> {
  const { layer, identity } = files
  mkdirSync(dirname(layer), { recursive: true, mode: 0o700 })
  const { mtimeMs } = statSync(image)
  const own = JSON.stringify({ image, size, mtimeMs })
  if (existsSync(layer) && existsSync(identity)) {
    if (readFileSync(identity, 'utf8') === own) return
    const what = 'this layer belongs to another image, or the image was built again'
    throw new UserError([error({ file: layer }, what, `remove ${dirname(layer)}`)])
  }
  await createLayer(image, layer, cardSize(size))
  writeFileSync(identity, own)
}
