import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { StepError } from '../../builder/errors.js'
import { writeSparse } from '../../builder/image/sparse-writer.js'
import { slowness } from '../support/slowness.js'

const folder = mkdtempSync(join(tmpdir(), 'piimg-test-sparse-'))
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
const newFile = () => ({ path: join(folder, `${++count}.img`), step: 'write a test' })
const block = 4096

const stream = (bytes: () => Generator<Buffer>): AsyncIterable<Buffer> => Readable.from(bytes())

function chunks(content: Buffer, size: number): AsyncIterable<Buffer> {
  return stream(function* () {
    for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
  })
}

/** Data and zeros in turn: `blocks[i]` blocks of data, then of zeros, and so on; then `tail` bytes of data. */
function image(blocks: readonly number[], tail = 0): Buffer {
  const parts = blocks.map((n, i) => (i % 2 === 0 ? randomBytes(n * block) : Buffer.alloc(n * block)))
  return Buffer.concat([...parts, randomBytes(tail)])
}

describe('writeSparse', () => {
  const images: Record<string, Buffer> = {
    nothing: Buffer.alloc(0),
    'one byte': Buffer.from('x'),
    'one zero': Buffer.alloc(1),
    'zeros that end in a block': Buffer.alloc(3 * block + 17),
    'a hole at the end': image([3, 700]),
    'a hole at the start': image([0, 700, 1]),
    'single blocks in turn': image(Array<number>(60).fill(1)),
    'runs around the buffer size': image([255, 1, 1, 255, 257, 511, 1], 5),
    'a zero block of which one bit is set': Buffer.concat([
      Buffer.alloc(block - 1),
      Buffer.from([1]),
      image([0, 9]),
    ]),
  }
  for (const [name, content] of Object.entries(images)) {
    it.each([1000, 4096, 65536, 3_000_000])(`keeps ${name}, in chunks of %i bytes`, async (size) => {
      const file = newFile()
      expect(await writeSparse(chunks(content, size), file)).toBe(content.length)
      expect(readFileSync(file.path).equals(content)).toBe(true)
      expect(statSync(file.path).mode & 0o777).toBe(0o600)
    })
  }

  it('leaves out every block of zeros and no other', async () => {
    const file = newFile()
    // No more than four runs of data: ext4 keeps the list of those in the inode, where it takes no block.
    await writeSparse(chunks(image([1, 1, 2, 15, 17, 1000, 3, 2000]), 50_000), file)
    const { size, blocks } = statSync(file.path)
    expect(size).toBe(3039 * block)
    expect(blocks * 512).toBe(23 * block)
  })

  it('does not write over a file', async () => {
    const file = newFile()
    writeFileSync(file.path, 'precious')
    await expect(writeSparse(chunks(Buffer.alloc(10), 10), file)).rejects.toThrow(StepError)
    expect(readFileSync(file.path, 'utf8')).toBe('precious')
  })

  it('shows the start before it writes', async () => {
    const file = newFile()
    const content = image([400])
    const look = vi.fn((head: Buffer) => {
      expect(statSync(file.path).size).toBe(0)
      expect(head.equals(content.subarray(0, 1024 * 1024))).toBe(true)
    })
    await writeSparse(chunks(content, 30_000), { ...file, look })
    expect(look).toHaveBeenCalledOnce()
  })

  it('passes on what goes wrong in the source', async () => {
    const failing = function* () {
      yield Buffer.alloc(10)
      throw new RangeError('source')
    }
    await expect(writeSparse(stream(failing), newFile())).rejects.toThrow(RangeError)
  })

  it('writes zeros at 1 GB in a second of processor time, or more', async () => {
    const zeros = Buffer.alloc(65536)
    const many = function* () {
      for (let i = 0; i < 32768; i++) yield zeros
    }
    const started = process.cpuUsage()
    const bytes = await writeSparse(stream(many), newFile())
    const { user, system } = process.cpuUsage(started)
    expect((user + system) / 1000).toBeLessThan((bytes / 1e6) * slowness())
  })

  it('stops at a signal', async () => {
    vi.resetModules()
    const { listenForSignals } = await import('../../builder/host/interrupt.js')
    const fresh = await import('../../builder/image/sparse-writer.js')
    const listeners = process.listeners('SIGTERM')
    listenForSignals()
    const endless = function* () {
      for (let i = 0; ; i++) {
        if (i === 5) process.emit('SIGTERM', 'SIGTERM')
        if (i > 6) throw new Error('it reads on')
        yield Buffer.alloc(10)
      }
    }
    await expect(fresh.writeSparse(stream(endless), newFile())).rejects.toMatchObject({ name: 'Interrupted' })
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      const added = process.listeners(signal).filter((one) => !listeners.includes(one))
      for (const one of added.slice(-1)) process.removeListener(signal, one)
    }
  })
})

const isRoot = process.getuid?.() === 0
if (!isRoot) console.log('skipped: a full disk needs root, to mount a small file system')

describe.skipIf(!isRoot)('on a full disk', () => {
  it('says how much it needs and where', async () => {
    const disk = mkdtempSync(join(folder, 'disk-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'none', disk])
    try {
      const file = { path: join(disk, 'a.img'), step: 'write a test', size: 8 * 1024 * 1024 }
      const content = image([2048])
      const failure = {
        reason: expect.stringContaining(
          `${disk} is full (ENOSPC); this needs up to 8.0 MiB there`,
        ) as unknown,
        hint: `make room in ${disk}`,
      }
      await expect(writeSparse(chunks(content, 65536), file)).rejects.toMatchObject({ failure })
      const hint = 'buy a disk'
      await expect(
        writeSparse(chunks(content, 65536), {
          path: join(disk, 'b.img'),
          step: 'write',
          folder: '/shown',
          hint,
        }),
      ).rejects.toMatchObject({
        failure: { hint, reason: expect.stringMatching(/^\/shown is full .* needs more than \d/) as unknown },
      })
    } finally {
      execFileSync('umount', [disk])
    }
  })
})
