import type { ByteSource } from './byte-source.js'
import type { BootSector } from './fat32-boot-sector.js'
import { damaged } from './damage.js'

/** Clusters that lie together. */
export interface ClusterRun {
  readonly first: number
  readonly count: number
}

export interface ClusterTable {
  /**
   * The clusters of a file, in order, to the end of its chain.
   * @throws {UserError} if the chain has a loop or leaves the partition
   */
  chain(first: number): readonly ClusterRun[]
  /** Counts the whole table; the number of free clusters in the info sector is only a guess. */
  count(): ClusterCounts
}

export interface ClusterCounts {
  readonly free: number
  /** How many chains end. */
  readonly chains: number
}

const FIRST_CLUSTER = 2
/** This and larger entries end a chain. */
const END = 0x0ffffff8
/** The upper four bits of an entry are reserved. */
const MASK = 0x0fffffff
const PIECE = 64 * 1024
const PIECES = 64
const EMPTY = Buffer.alloc(1024)

/** The file allocation table in use, read in pieces of 64 KiB of which at most 4 MiB are kept. */
export function openTable(source: ByteSource, boot: BootSector, name: string): ClusterTable {
  const last = boot.clusterCount + FIRST_CLUSTER - 1
  const piece = cachedPieces(source, boot)
  const next = (cluster: number) => {
    const offset = cluster * 4
    return piece(Math.floor(offset / PIECE)).readUInt32LE(offset % PIECE) & MASK
  }
  return {
    chain(first) {
      const runs: { first: number; count: number }[] = []
      // Brent's algorithm: a circle comes back to a mark that is set at steps 1, 2, 4, 8, …
      let mark = 0
      let steps = 0
      let nextMark = 1
      for (let cluster = first; cluster < END; cluster = next(cluster)) {
        const outside = cluster < FIRST_CLUSTER || cluster > last
        if (outside) throw damaged(name, `cluster ${cluster} in the chain of cluster ${first} (of ${last})`)
        if (cluster === mark) throw damaged(name, `the chain of cluster ${first} is a circle`)
        if (++steps === nextMark) {
          mark = cluster
          nextMark *= 2
        }
        const run = runs.at(-1)
        if (run && run.first + run.count === cluster) run.count++
        else runs.push({ first: cluster, count: 1 })
      }
      return runs
    },
    count() {
      const end = (last + 1) * 4
      let free = 0
      let chains = 0
      for (let start = 0; start < end; start += PIECE) {
        const bytes = piece(start / PIECE)
        const to = Math.min(PIECE, end - start)
        const found = countIn(bytes, start === 0 ? FIRST_CLUSTER * 4 : 0, to)
        free += found.free
        chains += found.chains
      }
      return { free, chains }
    },
  }
}

/** Counts a part of the table. Most of it is empty, and a comparison of many entries takes as long as a look at a few. */
function countIn(bytes: Buffer, from: number, to: number): ClusterCounts {
  let free = 0
  let chains = 0
  for (let start = from; start < to; start += EMPTY.length) {
    const end = Math.min(start + EMPTY.length, to)
    if (bytes.compare(EMPTY, 0, end - start, start, end) === 0) {
      free += (end - start) / 4
      continue
    }
    const entries = numbersIn(bytes.subarray(start, end))
    // By index: an iterator takes twice as long.
    for (let index = 0; index < entries.length; index++) {
      const entry = (entries[index] ?? 0) & MASK
      if (entry === 0) free++
      else if (entry >= END) chains++
    }
  }
  return { free, chains }
}

/** Little-endian numbers of 32 bits, in half the time of one call each. */
function numbersIn(bytes: Buffer): Uint32Array {
  const aligned = Buffer.alloc(bytes.length)
  aligned.set(bytes)
  if (!isLittleEndian) aligned.swap32()
  return new Uint32Array(aligned.buffer, aligned.byteOffset, bytes.length / 4)
}

const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1

function cachedPieces(source: ByteSource, { tableOffset, tableSize }: BootSector): (index: number) => Buffer {
  const pieces = new Map<number, Buffer>()
  return (index) => {
    const known = pieces.get(index)
    if (known) return known
    const start = index * PIECE
    const bytes = source.read(tableOffset + start, Math.min(PIECE, tableSize - start))
    if (pieces.size === PIECES) pieces.delete(pieces.keys().next().value ?? 0)
    pieces.set(index, bytes)
    return bytes
  }
}
