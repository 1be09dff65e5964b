import { createHash } from 'node:crypto'
import { createReadStream, existsSync, realpathSync, renameSync, statSync, utimesSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pipeline as connect } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { Interrupted, StepError, UserError } from '../errors.js'
import { cacheFolder, openCache } from '../host/cache.js'
import { withLock } from '../host/owner.js'
import { formatBytes, progress, report, type Progress } from '../host/report.js'
import { type Command, run, runAsFilter, type Output } from '../host/run.js'
import { tools, type Tool } from '../host/tools.js'
import { withWorkFolder } from '../host/work-folder.js'
import { chunkSize, damaged, detectCompression } from './compression.js'
import { refuseInside, type Compression, type Count } from './compression.js'
import { findZipped, readZipped } from './zip.js'
import { writeSparse } from './sparse-writer.js'

/** The command that decompresses an archive; its paths are those of this computer. */
export type Packer = (tool: Tool, args: readonly string[], archive: string) => Command

const packerHere: Packer = (tool, args, archive) => ({ tool, args, step: stepOf(archive) })

/** The program that such archives need; undefined if piimg decompresses them itself. */
export const packerOf: Readonly<Partial<Record<Compression, Tool>>> = { xz: tools.xz, zst: tools.zstd }

/**
 * The path of the image in a file: the file itself if it is not compressed, otherwise its decompressed copy in the
 * cache, which is made once, also if several builds start together. For reading only.
 * @param packer how decompression programs are started
 * @throws {UserError} if piimg does not support the file; {StepError} if it is damaged, changes while it is read, or
 * the cache has no space; {Interrupted} after a signal
 */
export async function unpackedBaseImage(path: string, packer: Packer = packerHere): Promise<string> {
  const packing = detectCompression(path)
  if (packing === 'none') return path
  const folder = openCache('base')
  const key = identity(path)
  const entry = join(folder, `${key}.img`)
  if (use(entry)) return entry
  const waiting = (): void => report.note(`waiting for another piimg process that unpacks ${basename(path)}`)
  await withLock(join(folder, `${key}.lock`), waiting, async () => {
    if (use(entry)) return
    await withWorkFolder(folder, async (work) => {
      const image = join(work, 'base.img')
      await unpack(path, packing, image, packer)
      const reason = 'the archive changed while it was read'
      if (identity(path) !== key) throw new StepError({ step: stepOf(path), reason })
      renameSync(image, entry)
    })
  })
  return entry
}

/** The identity changes with the file and with its content. */
function identity(path: string): string {
  const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true })
  const parts = [realpathSync(path), dev, ino, size, mtimeNs]
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32)
}

/** Whether there is such an entry; its times record the last use. */
function use(entry: string): boolean {
  if (!existsSync(entry)) return false
  try {
    utimesSync(entry, new Date(), new Date())
  } catch {
    // A read-only cache works, too.
  }
  return true
}

function stepOf(path: string): string {
  return `unpack ${basename(path)}`
}

type Packing = Exclude<Compression, 'none'>

/** An archive with one image in it. */
interface Archive {
  /** Bytes of the image, if the archive records them. */
  readonly size?: number | undefined
  /** The image; `count` gets the compressed bytes. */
  read(count: Count): AsyncIterable<Buffer>
}

async function unpack(path: string, packing: Packing, target: string, packer: Packer): Promise<void> {
  const folder = cacheFolder()
  const step = stepOf(path)
  try {
    const archive = await archives[packing](path, packer)
    const hint = 'make room there, or set PIIMG_CACHE to a folder on a larger disk'
    const { size } = archive
    const file = { path: target, folder, step, hint, size, look: (head: Buffer) => refuseInside(path, head) }
    // The size of the holes is known only after decompression; a full disk is reported then.
    const most = size === undefined ? '' : `, up to ${formatBytes(size)}`
    report.note(`unpacking ${basename(path)} (once; kept in ${folder}${most})`)
    const bar = progress(`unpacking ${basename(path)}`, statSync(path).size)
    await writeSparse(archive.read(counter(bar)), file).finally(() => bar.end())
  } catch (error) {
    throw plainly(path, error)
  }
}

function counter(bar: Progress): Count {
  return async function* (packed) {
    let done = 0
    for await (const chunk of packed) {
      bar.at((done += chunk.length))
      yield chunk
    }
  }
}

const archives: Readonly<Record<Packing, (path: string, packer: Packer) => Promise<Archive>>> = {
  async xz(path, packer) {
    const { stdout, stderr, exitCode } = await list(
      packer(tools.xz, ['--robot', '--list', '--format=xz', realpathSync(path)], path),
    )
    // An archive without the index at its end cannot be decompressed, so this is reported at once.
    if (exitCode !== 0) throw damaged(path, `no index at its end: ${stderr.trim().split(': ').at(-1) ?? ''}`)
    const size = Number(stdout.split('\ntotals\t')[1]?.split('\t')[3])
    return { size, read: (count) => throughTool(path, packer(tools.xz, ['-dc', '-T0'], path), count) }
  },
  async zst(path, packer) {
    // Not every archive records its size. If it is damaged, decompression reports the problem.
    const size = /Decompressed Size: .*\((\d+) B\)/.exec(
      (await list(packer(tools.zstd, ['-lv', realpathSync(path)], path))).stdout,
    )?.[1]
    const read: Archive['read'] = (count) =>
      throughTool(path, packer(tools.zstd, ['-dcq', '--long=31'], path), count)
    return { size: size === undefined ? size : Number(size), read }
  },
  gz: (path) => Promise.resolve({ read: (count) => gunzipped(path, count) }),
  async zip(path) {
    const entry = await findZipped(path)
    return { size: entry.uncompressedSize, read: (count) => readZipped(path, entry, count) }
  },
}

function list(command: Command): Promise<Output> {
  return run({ ...command, exitCodes: [0, 1] })
}

async function* gunzipped(path: string, count: Count): AsyncGenerator<Buffer> {
  const gunzip = connect(count(createReadStream(path)), createGunzip({ chunkSize }), () => {})
  yield* gunzip
  // Zlib stops at a zero after the end, whatever follows.
  if (gunzip.bytesWritten !== statSync(path).size) throw new Error('there is extra data after its end')
}

/** The output of a decompression program, which has ended when this ends. */
async function* throughTool(path: string, command: Command, count: Count) {
  const { stdin, stdout, end } = runAsFilter(command)
  const both = Promise.allSettled([pipeline(count(createReadStream(path)), stdin), end])
  try {
    for await (const chunk of stdout) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk)
  } finally {
    await both
  }
  const [fed, ended] = await both
  // A program that gets only a part of the archive reports a damaged archive, even if the disk failed.
  if (fed.status === 'rejected' && isReadError(fed.reason)) throw fed.reason
  if (ended.status === 'rejected') throw ended.reason
}

/** The error of a decompression as an error for the user. */
function plainly(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof UserError || error instanceof Interrupted) return error
  if (error instanceof StepError) {
    const { reason, replay } = error.failure
    return replay !== undefined && blamesArchive.test(reason) ? damaged(path, reason) : error
  }
  if (!isReadError(error)) return damaged(path, error.message)
  return new StepError({ step: stepOf(path), reason: `it cannot be read: ${error.message}` })
}

/** Messages of xz and zstd about an archive, not about the computer. */
const blamesArchive =
  /corrupt|end of input|premature|not recognized|unsupported format|unknown header|Decoding error/

/** Whether reading or writing failed, not the decompression. */
function isReadError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall !== 'write'
}
