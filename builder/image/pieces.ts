/** Bytes of a file from `offset` on; `read` takes positions within the range. */
export interface StoredRange {
  readonly offset: number
  readonly length: number
  readonly read: (from: number, length: number) => Buffer
}

/**
 * A file of `size` bytes in pieces of `pieceSize` bytes, the last one shorter. `ranges` are in order, apart, and
 * inside the file; the gaps between them are zeros.
 */
export function* inPieces(size: number, pieceSize: number, ranges: Iterable<StoredRange>): Generator<Buffer> {
  const piece = (start: number) => Buffer.alloc(Math.max(Math.min(pieceSize, size - start), 0))
  let start = 0
  let current = piece(start)
  for (const { offset, length, read } of ranges) {
    for (let done = 0; done < length;) {
      while (offset + done >= start + current.length) {
        yield current
        start += current.length
        current = piece(start)
      }
      const into = offset + done - start
      const part = Math.min(length - done, current.length - into)
      read(done, part).copy(current, into)
      done += part
    }
  }
  for (; current.length > 0; current = piece(start)) {
    yield current
    start += current.length
  }
}
