import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** Random access to bytes: a file, or a range of one. */
export interface ByteSource {
  /** Bytes. */
  readonly size: number
  /** @throws {RangeError} if the range is not completely inside the source */
  read(offset: number, length: number): Buffer
}

/** A file opened for reading only. Close it when done. */
export interface OpenFile extends ByteSource {
  close(): void
}

export function openFile(path: string): OpenFile {
  const descriptor = openSync(path, 'r')
  const { size } = fstatSync(descriptor)
  return {
    size,
    read(offset, length) {
      checkRange(offset, length, size)
      const buffer = Buffer.allocUnsafe(length)
      for (let done = 0; done < length;) {
        const got = readSync(descriptor, buffer, done, length - done, offset + done)
        if (got === 0) throw new RangeError(`${path} became shorter while it was read`)
        done += got
      }
      return buffer
    },
    close: () => closeSync(descriptor),
  }
}

/** The `size` bytes of `source` from `offset` on. */
export function slice(source: ByteSource, offset: number, size: number): ByteSource {
  checkRange(offset, size, source.size)
  return {
    size,
    read(start, length) {
      checkRange(start, length, size)
      return source.read(offset + start, length)
    },
  }
}

function checkRange(offset: number, length: number, size: number): void {
  if (!Number.isSafeInteger(offset) || length < 0 || offset < 0 || offset + length > size) {
    throw new RangeError(`bytes ${offset} to ${offset + length} are outside of 0 to ${size}`)
  }
}
