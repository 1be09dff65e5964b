import { closeSync, constants, openSync, readSync, statSync, type Stats } from 'node:fs'
import { basename } from 'node:path'
import { StepError, UserError } from '../errors.js'
import { error } from '../model/problem.js'

/** How an image is compressed; `none`: a raw image, or a file that may be one. */
export type Compression = 'none' | 'xz' | 'zst' | 'gz' | 'zip'

/** A kind of file that piimg does not support, e.g. `a bzip2 archive`, and a hint. */
interface Stranger {
  readonly what: string
  readonly hint: string
}

/** The number of bytes that distinguish all kinds: the mark of ISO 9660 is after 32 KiB. */
const headLength = 36 * 1024

/** Bytes that zlib hands on at a time; its own 16 KiB make it slow. */
export const chunkSize = 128 * 1024

/** Reports the compressed bytes as they are read. */
export type Count = (packed: AsyncIterable<Buffer>) => AsyncIterable<Buffer>

/**
 * How the image in a file is packed, by its first bytes; the name does not matter.
 * @throws {UserError} if the file is not readable, or of a kind that piimg does not support
 */
export function detectCompression(path: string): Compression {
  const kind = identify(readHead(path))
  if (typeof kind === 'string') return kind
  throw unfit(path, `this is ${kind.what}, not an image that piimg reads`, kind.hint)
}

/** What starts with `head`, the first `headLength` bytes of a file or all of a shorter one. */
function identify(head: Buffer): Compression | Stranger {
  const latin1 = head.toString('latin1', 0, headLength)
  const packed = packings.find(([bytes]) => latin1.startsWith(bytes))?.[1]
  if (packed !== undefined) return packed
  // zstd's skippable frames, at the start of pzstd and seekable archives.
  if (head.length >= 4 && head.readUInt32LE(0) >>> 4 === 0x184d2a5) return 'zst'
  const [, , what, hint] = strangers.find(([offset, bytes]) => latin1.startsWith(bytes, offset)) ?? []
  if (what !== undefined && hint !== undefined) return { what, hint }
  if (head.length === 0) return { what: 'an empty file', hint: again }
  if (isText(head)) return identifyText(head.toString('utf8', 0, 512))
  if (head.length < 512) return { what: `a file of only ${head.length} bytes`, hint: again }
  return 'none'
}

/** The file is of a kind that piimg does not support. */
export function unfit(file: string, what: string, hint: string): UserError {
  return new UserError([error({ file }, what, hint)])
}

/** @throws {UserError} if the content of the archive at `path` is not an image. */
export function refuseInside(path: string, head: Buffer): void {
  const kind = identify(head)
  if (kind === 'none') return
  if (typeof kind === 'string') throw unfit(path, `this archive holds another one (${kind})`, unpackOuter)
  throw unfit(path, `this archive holds ${kind.what}, not an image that piimg reads`, kind.hint)
}

/** The archive at `path` cannot be decompressed; `said` is the message of the program or library. */
export function damaged(path: string, said: string): StepError | UserError {
  if (/not supported/.test(said))
    return unfit(path, `piimg cannot read this archive: ${said}`, unpackYourself)
  const short = /unexpected (end|eof)|premature end|end of central directory/i.test(said)
  const words = said.replaceAll(/^((xz|zstd|\(stdin\)|\/\*stdin\*\\) ?: ?)+/gm, '').trim()
  const reason = `the archive ${short ? 'ends too early' : 'is damaged'} (${words})`
  return new StepError({ step: `unpack ${basename(path)}`, reason, hint: again })
}

const again = 'download it again; compare its sha256 with the one on the download page'
export const unpackYourself = 'unpack it and give piimg the .img file inside'
export const unpackOuter = 'unpack the outer archive and give piimg the inner one'
const convert = 'convert it: qemu-img convert -O raw OLD NEW.img'
export const otherImage = 'give piimg an image of Raspberry Pi OS (.img, or .img.xz, .img.zst, .img.gz, .zip)'

const packings: readonly (readonly [bytes: string, Compression])[] = [
  ['\xfd7zXZ\0', 'xz'],
  ['\x28\xb5\x2f\xfd', 'zst'],
  ['\x1f\x8b\x08', 'gz'],
  ['PK\x03\x04', 'zip'],
  ['PK\x05\x06', 'zip'],
]

/** An offset, the bytes there (Latin-1), what they identify, and a hint. */
const strangers: readonly (readonly [offset: number, bytes: string, what: string, hint: string])[] = [
  [4, '1AY&SY', 'a bzip2 archive', unpackYourself],
  [0, '7z\xbc\xaf\x27\x1c', 'a 7-Zip archive', unpackYourself],
  [0, 'Rar!\x1a\x07', 'a RAR archive', unpackYourself],
  [257, 'ustar', 'a tar archive', unpackYourself],
  [0, 'QFI\xfb', 'a qcow2 disk of a virtual machine', convert],
  [0, 'KDMV', 'a VMDK disk of a virtual machine', convert],
  [0, '# Disk Descr', 'the description of a VMDK disk of a virtual machine', convert],
  [64, '\x7f\x10\xda\xbe', 'a VirtualBox disk', convert],
  [0, 'conectix', 'a VHD disk of a virtual machine', convert],
  [0, 'vhdxfile', 'a VHDX disk of a virtual machine', convert],
  [32769, 'CD001', 'an ISO image of a CD or DVD', otherImage],
  [0, 'UF2\n', 'firmware for a Raspberry Pi Pico', otherImage],
]

function isText(head: Buffer): boolean {
  return !head.subarray(0, 512).some((byte) => byte < 9 || (byte > 13 && byte < 32) || byte === 127)
}

function identifyText(text: string): Stranger {
  if (/^\s*<(!doctype\s+html|html|head|!--|\?xml)/i.test(text)) {
    return { what: 'a web page that was saved instead of the download', hint: again }
  }
  if (/^version https:..git-lfs/.test(text)) return { what: 'a Git LFS pointer', hint: 'run: git lfs pull' }
  if (/^d\d+:\w/.test(text)) return { what: 'a BitTorrent file', hint: 'download the file that it refers to' }
  if (/^[0-9a-f]{32,128}\s/i.test(text)) return { what: 'a checksum', hint: 'give piimg the image itself' }
  return { what: 'a text file', hint: otherImage }
}

function readHead(path: string): Buffer {
  try {
    checkKind(path, statSync(path))
    // If the file was replaced by a FIFO, open must not block.
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const head = Buffer.alloc(headLength)
      return head.subarray(0, readSync(descriptor, head, 0, headLength, 0))
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    if (error instanceof UserError) throw error
    const { code = '', message } = error as NodeJS.ErrnoException
    const [what, hint] = obstacles[code] ?? [`this file cannot be read: ${message}`, 'check the path']
    throw unfit(path, what, hint)
  }
}

function checkKind(path: string, stat: Stats): void {
  if (stat.isFile()) return
  if (stat.isDirectory())
    throw unfit(path, 'this is a folder, not a file', 'give the path of the image in it')
  const what = stat.isFIFO() ? 'a pipe' : stat.isSocket() ? 'a socket' : 'a device'
  throw unfit(path, `this is ${what}, not a file`, 'copy its contents into a file first')
}

const obstacles: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  ENOENT: ['there is no such file', 'check the path; it may be a broken link'],
  EACCES: [
    'no permission to read this file',
    'check the permissions of the file and of the folders above it',
  ],
}
