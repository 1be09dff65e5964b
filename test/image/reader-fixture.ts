import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { UserError } from '../../builder/errors.js'
import type { FileNode, FileTree } from '../../builder/model/file-tree.js'
import { openFile, type ByteSource, type OpenFile } from '../../builder/image/byte-source.js'

/** Runs a tool that makes or checks file systems and returns its standard output. */
export function run(command: string, ...args: string[]): string {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LC_ALL: 'C.UTF-8', TZ: 'UTC' }
  return execFileSync(command, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** A folder and the files opened from it, for the tests of one file; both are given back at their end. */
export function workFolder(): { path(name: string): string; open(name: string): OpenFile } {
  const folder = mkdtempSync(join(tmpdir(), 'piimg-readers-'))
  const opened: OpenFile[] = []
  afterAll(() => {
    for (const file of opened) file.close()
    rmSync(folder, { recursive: true })
  })
  const path = (name: string) => join(folder, name)
  return {
    path,
    open(name) {
      const file = openFile(path(name))
      opened.push(file)
      return file
    },
  }
}

/** Bytes in memory as a source with the same limits as a file. */
export function sourceOf(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > bytes.length) throw new RangeError('outside')
      return Buffer.from(bytes.subarray(offset, offset + length))
    },
  }
}

/** The text of the problems that `action` throws; fails for every other error, and for none. */
export function problemsOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof UserError) return error.message
    throw error
  }
  throw new Error('nothing was thrown')
}

/** The same numbers from 0 to `below` for the same seed (mulberry32). */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/**
 * Reads `bytes` again and again with one to eight random bytes changed where it is not empty, and gives the
 * longest processor time that took, in milliseconds. Every error but a UserError is passed on.
 */
export function readDamaged(bytes: Buffer, rounds: number, read: (source: ByteSource) => void): number {
  const random = randomNumbers(2026)
  const places: number[] = []
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== 0) places.push(at)
  let longest = 0
  for (let round = 0; round < rounds; round++) {
    const before: [place: number, byte: number][] = []
    for (let change = random(8); change >= 0; change--) {
      const place = (places[random(places.length)] ?? 0) + random(4)
      const byte = bytes[place] ?? 0
      before.unshift([place, byte])
      bytes[place] = random(2) === 0 ? random(256) : byte ^ (1 << random(8))
    }
    const start = process.cpuUsage()
    try {
      read(sourceOf(bytes))
    } catch (error) {
      throw new Error(`round ${round}`, { cause: error })
    }
    const { user, system } = process.cpuUsage(start)
    longest = Math.max(longest, (user + system) / 1000)
    for (const [place, byte] of before) bytes[place] = byte
  }
  return longest
}

/** A file that is there. */
export function nodeAt(tree: FileTree, path: string): FileNode {
  const node = tree.node(path)
  if (node === undefined) throw new Error(`there is no ${path}`)
  return node
}

/** Reads everything in a tree that it will give; UserErrors are what damage should end in. */
export function readAll(open: () => FileTree): void {
  const tree = tolerant(open)
  if (tree === undefined) return
  const paths: string[] = []
  tolerant(() => {
    for (const node of tree.walk()) {
      paths.push(node.path)
      tolerant(() => node.xattrs())
      tolerant(() => readSome(node))
    }
  })
  for (const path of ['/', ...paths]) {
    tolerant(() => tree.node(path)?.xattrs())
    tolerant(() => tree.names(path))
    tolerant(() => tree.realPath(path))
    tolerant(() => tree.readFile(path))
    tolerant(() => readSome(tree.node(path)))
  }
  tolerant(() => tree.freeBytes)
}

/** A damaged size may promise more than there is time for. */
function readSome(node: FileNode | undefined): void {
  let pieces = 0
  for (const piece of node?.chunks() ?? []) if (piece.length > 1 << 20 || ++pieces > 16) break
}

function tolerant<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch (error) {
    if (error instanceof UserError) return undefined
    throw error
  }
}
