import { open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StepError } from '../errors.js'
import { interruption } from '../host/interrupt.js'
import { formatBytes } from '../host/report.js'

const mebibyte = 1024 * 1024
/** The block size of holes. */
const block = 4096
/** Compared first, because most zeros of an image are in long runs. */
const stretch = 64 * 1024
const zeros = Buffer.alloc(stretch)

export interface SparseFile {
  readonly path: string
  /** The folder that messages name; default: the file's own. */
  readonly folder?: string
  /** What is being done, for messages; as in `StepFailure`. */
  readonly step: string
  /** Sees the first MiB, or all of a shorter stream, before anything is written; may throw. */
  readonly look?: (head: Buffer) => void
  /** The expected length in bytes, where it is known: used to report the missing space on a full disk. */
  readonly size?: number | undefined
  /** What to do when the disk is full. */
  readonly hint?: string
}

/**
 * Writes a stream into a new file (0600) and to the disk. Blocks of 4 KiB that hold nothing but zeros become
 * holes. Needs a little more than 1 MiB of memory, whatever the length; a signal stops it at the next chunk.
 * @returns the length in bytes
 * @throws {StepError} where the disk is full or fails, {Interrupted} after a signal, and what `bytes` throws;
 * the caller removes the unfinished file
 */
export async function writeSparse(bytes: AsyncIterable<Buffer>, file: SparseFile): Promise<number> {
  const handle = await open(file.path, 'wx', 0o600).catch(failed(file, 0))
  try {
    const length = await copy(bytes, handle, file)
    // A hole at the end must be added to the size, and the data must be on disk before the rename.
    await handle
      .truncate(length)
      .then(() => handle.sync())
      .catch(failed(file, length))
    return length
  } finally {
    await handle.close()
  }
}

async function copy(bytes: AsyncIterable<Buffer>, handle: FileHandle, file: SparseFile): Promise<number> {
  const buffer = Buffer.allocUnsafe(mebibyte)
  let filled = 0
  let offset = 0
  const flush = async (): Promise<void> => {
    if (offset === 0) file.look?.(buffer.subarray(0, filled))
    await writeData(handle, buffer.subarray(0, filled), offset).catch(failed(file, offset))
    offset += filled
    filled = 0
  }
  for await (const chunk of bytes) {
    interruption.throwIfAborted()
    for (let from = 0; from < chunk.length;) {
      const copied = chunk.copy(buffer, filled, from)
      from += copied
      filled += copied
      if (filled === buffer.length) await flush()
    }
  }
  interruption.throwIfAborted()
  await flush()
  return offset
}

async function writeData(handle: FileHandle, buffer: Buffer, offset: number): Promise<void> {
  for (const [start, end] of dataRuns(buffer)) {
    for (let at = start; at < end;) {
      at += (await handle.write(buffer, at, end - at, offset + at)).bytesWritten
    }
  }
}

/** The ranges of `buffer` that are not whole blocks of zeros. */
function* dataRuns(buffer: Buffer): Generator<[start: number, end: number]> {
  let start = -1
  for (let at = 0; at < buffer.length;) {
    const size = isZero(buffer, at, stretch) ? stretch : block
    const empty = size === stretch || isZero(buffer, at, block)
    if (empty && start >= 0) yield [start, at]
    if (empty) start = -1
    else if (start < 0) start = at
    at += size
  }
  if (start >= 0) yield [start, buffer.length]
}

function isZero(buffer: Buffer, at: number, size: number): boolean {
  const part = buffer.subarray(at, at + size)
  return part.equals(part.length === stretch ? zeros : zeros.subarray(0, part.length))
}

/** Turns an error of the file into one for people, after `written` bytes. */
function failed({ path, folder = dirname(path), step, size, hint }: SparseFile, written: number) {
  return (error: NodeJS.ErrnoException): never => {
    if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') {
      throw new StepError({ step, reason: `${folder} cannot be written: ${error.message}` }, { cause: error })
    }
    const needed = size === undefined ? `more than ${formatBytes(written)}` : `up to ${formatBytes(size)}`
    const reason = `${folder} is full (${error.code}); this needs ${needed} there`
    throw new StepError({ step, reason, hint: hint ?? `make room in ${folder}` }, { cause: error })
  }
}
