import { pipeline } from 'node:stream'
import { crc32, createInflateRaw } from 'node:zlib'
import type { Entry } from 'yauzl'
import type { UserError } from '../errors.js'
import { chunkSize, type Count, otherImage, unfit, unpackOuter, unpackYourself } from './compression.js'

/**
 * The one image in a zip archive; other files are ignored, and so are macOS's metadata files.
 * @throws {UserError} where there is not exactly one, or one that piimg cannot unpack; yauzl's errors where the
 * archive is damaged
 */
export async function findZipped(path: string): Promise<Entry> {
  const zip = await openZip(path)
  const entries: Entry[] = []
  try {
    for await (const entry of zip.eachEntry()) entries.push(entry)
  } finally {
    zip.close()
  }
  const files = entries.filter(({ fileName }) => !/\/$|^__MACOSX\//.test(fileName))
  const images = files.filter(({ fileName }) => /\.img$/i.test(fileName))
  const [image] = images
  if (image === undefined || images.length > 1) throw notOne(path, images, files)
  if (image.canDecodeFileData()) return image
  const how = image.isEncrypted()
    ? 'encrypted'
    : `compressed with an unknown method (${image.compressionMethod})`
  throw unfit(path, `${image.fileName} in this archive is ${how}`, unpackYourself)
}

/** The content of an entry; `count` sees the packed bytes pass. Yauzl itself does not look at the CRC. */
export async function* readZipped(path: string, entry: Entry, count: Count): AsyncGenerator<Buffer> {
  const zip = await openZip(path)
  try {
    const packed = count(await zip.openReadStreamPromise(entry, { decodeFileData: false }))
    const bytes: AsyncIterable<Buffer> =
      entry.compressionMethod === 0 ? packed : pipeline(packed, createInflateRaw({ chunkSize }), () => {})
    let [length, crc] = [0, 0]
    for await (const chunk of bytes) {
      length += chunk.length
      crc = crc32(chunk, crc)
      yield chunk
    }
    if (length !== entry.uncompressedSize || crc !== entry.crc32) throw new Error('wrong length or CRC')
  } finally {
    zip.close()
  }
}

async function openZip(path: string) {
  const { openPromise } = await import('yauzl')
  return openPromise(path, { autoClose: false })
}

function notOne(path: string, images: readonly Entry[], files: readonly Entry[]): UserError {
  const names = (images.length > 1 ? images : files).map(({ fileName }) => fileName)
  const some = names.slice(0, 10).join(', ') || 'nothing'
  if (images.length > 1)
    return unfit(path, `this archive holds ${images.length} images: ${some}`, unpackYourself)
  const inner = names.find((name) => /\.(xz|zst|gz|zip|bz2|7z)$/i.test(name))
  if (inner !== undefined) return unfit(path, `this archive holds another one, ${inner}`, unpackOuter)
  return unfit(path, `this archive holds no .img file, only: ${some}`, otherImage)
}
