import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
} from 'node:fs'
import { rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { StepError, UserError } from '../../builder/errors.js'
import { report } from '../../builder/host/report.js'
import { unpackedBaseImage } from '../../builder/image/cache.js'
import { detectCompression } from '../../builder/image/compression.js'

const folder = mkdtempSync(join(tmpdir(), 'piimg-test-compression-'))
const inFolder = (name: string): string => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true }))

/** 6 MiB and a bit, 1 MiB of data in it. */
function sampleImage(): Buffer {
  const image = Buffer.alloc(6 * 1024 * 1024 + 1000)
  randomBytes(1024 * 1024 - 100).copy(image, 2 * 1024 * 1024)
  image.writeUInt16BE(0x55aa, 510)
  return image
}

const image = sampleImage()
const packers: Record<string, (file: string) => string[]> = {
  xz: (file) => ['xz', '-0', '-k', '--block-size=1MiB', file],
  zst: (file) => ['zstd', '-q', '--long=31', file],
  gz: (file) => ['gzip', '-1', '-k', file],
  zip: (file) => ['zip', '-q', '-1', '-j', `${file}.zip`, file],
}

/** Packs `content` as `name` with a packer's usual suffix; its path. */
function pack(format: string, name: string, content: Buffer = image): string {
  const file = inFolder(name)
  writeFileSync(file, content)
  rmSync(`${file}.${format}`, { force: true })
  const [program = '', ...args] = packers[format]?.(file) ?? []
  execFileSync(program, args)
  rmSync(file)
  return `${file}.${format}`
}

function zip(name: string, files: Record<string, Buffer>, ...options: string[]): string {
  const work = mkdtempSync(inFolder('zip-'))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(work, path, '..'), { recursive: true })
    writeFileSync(join(work, path), content)
  }
  execFileSync('zip', ['-q', '-r', ...options, inFolder(name), '.'], { cwd: work })
  return inFolder(name)
}

function file(name: string, content: Buffer | string): string {
  writeFileSync(inFolder(name), content, 'latin1')
  return inFolder(name)
}

/** The `what` of a refusal, after a look at the rest of it. */
async function refusal(path: string): Promise<string> {
  const error: unknown = await unpackedBaseImage(path).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof UserError)) throw new Error(`no UserError: ${String(error)}`)
  expect(error.problems).toHaveLength(1)
  expect(error.problems[0]).toMatchObject({ severity: 'error', where: { file: path } })
  expect(error.problems[0]?.hint).toMatch(/\w/)
  return error.problems[0]?.what ?? ''
}

let cache = ''
const kept = (): string[] => readdirSync(join(cache, 'base'))
beforeEach(() => {
  cache = mkdtempSync(inFolder('cache-'))
  vi.stubEnv('PIIMG_CACHE', cache)
  report.configure({ quiet: true, verbose: false })
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(cache, { recursive: true })
})

async function expectSame(path: string): Promise<void> {
  const unpacked = await unpackedBaseImage(path)
  expect(readFileSync(unpacked).equals(image)).toBe(true)
  expect(statSync(unpacked).blocks * 512).toBeLessThan(1.1 * 1024 * 1024)
  expect(kept()).toHaveLength(1)
}

describe.each(Object.keys(packers))('%s', (format) => {
  it('comes out as it went in, and sparse', async () => {
    const path = pack(format, 'same.img')
    expect(detectCompression(path)).toBe(format)
    await expectSame(path)
  })

  it('is recognized by its content, whatever the name', async () => {
    for (const name of ['wrong.img', 'wrong.xz', 'wrong.zip', '-wrong name']) {
      const path = inFolder(name)
      copyFileSync(pack(format, 'right.img'), path)
      rmSync(inFolder(`right.img.${format}`))
      expect(detectCompression(path)).toBe(format)
      await expectSame(path)
      rmSync(join(cache, 'base'), { recursive: true })
    }
  })

  it('is an error when it was cut off anywhere, and leaves nothing', async () => {
    const path = pack(format, 'cut.img')
    const whole = statSync(path).size
    for (const size of [whole - 1, whole - 9, whole - 100, whole >> 1, whole >> 3, 600, 30]) {
      truncateSync(path, size)
      const failure = {
        reason: expect.stringMatching(
          /^the archive (ends too early|is damaged) \([A-Za-z][^/]*\)$/,
        ) as unknown,
        hint: expect.stringContaining('sha256') as unknown,
      }
      await expect(unpackedBaseImage(path)).rejects.toMatchObject({ name: 'StepError', failure })
      expect(kept()).toEqual([])
    }
  })

  it('may not be followed by garbage', async () => {
    const path = pack(format, 'tail.img')
    appendFileSync(path, 'garbage')
    await expect(unpackedBaseImage(path)).rejects.toBeInstanceOf(StepError)
    expect(kept()).toEqual([])
  })

  it('is an error when bits of it are wrong, or comes out right', async () => {
    const path = pack(format, 'flip.img')
    const content = readFileSync(path)
    let errors = 0
    for (let i = 0; i < 25; i++) {
      const at = 6 + Math.floor(((content.length - 6) * i) / 25)
      const flipped = Buffer.from(content)
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (i % 8))
      writeFileSync(path, flipped)
      const unpacked = await unpackedBaseImage(path).catch((error: unknown) => error)
      if (typeof unpacked === 'string') expect(readFileSync(unpacked).equals(image)).toBe(true)
      else expect(unpacked instanceof StepError || unpacked instanceof UserError, String(unpacked)).toBe(true)
      if (typeof unpacked !== 'string') expect(kept()).toEqual([])
      else rmSync(unpacked)
      errors += typeof unpacked === 'string' ? 0 : 1
    }
    expect(errors).toBeGreaterThan(20)
  })

  it('may not hold an archive, nor other things', async () => {
    expect(await refusal(pack(format, 'in.img', readFileSync(pack('xz', 'inner.img'))))).toBe(
      'this archive holds another one (xz)',
    )
    rmSync(inFolder('inner.img.xz'))
    const tar = Buffer.alloc(2048)
    tar.write('ustar', 257)
    expect(await refusal(pack(format, 'tar.img', tar))).toContain('this archive holds a tar archive')
    expect(await refusal(pack(format, 'empty.img', Buffer.alloc(0)))).toContain('holds an empty file')
    expect(kept()).toEqual([])
  })
})

describe.each(['xz', 'zst'])('%s', (format) => {
  it('needs its program', async () => {
    const path = pack(format, 'tool.img')
    vi.stubEnv('PATH', '/nowhere')
    await expect(unpackedBaseImage(path)).rejects.toMatchObject({
      failure: {
        reason: expect.stringContaining('is not installed') as unknown,
        hint: expect.stringContaining(format.slice(0, 2)) as unknown,
      },
    })
    expect(kept()).toEqual([])
  })
})

describe('gz', () => {
  it('may have several members', async () => {
    const path = pack('gz', 'first.img', image.subarray(0, 3_000_000))
    appendFileSync(path, readFileSync(pack('gz', 'second.img', image.subarray(3_000_000))))
    await expectSame(path)
  })

  it.each(['\0\0\0\0', '\0\0garbage', '\x1f', '\x1f\x8b'])('may not be followed by %j', async (tail) => {
    const path = pack('gz', 'tail.img')
    appendFileSync(path, Buffer.from(tail, 'latin1'))
    await expect(unpackedBaseImage(path)).rejects.toBeInstanceOf(StepError)
    expect(kept()).toEqual([])
  })
})

describe('zip', () => {
  it.each([[], ['-0'], ['-fz']])('may hold other files (%s)', async (...options) => {
    const files = {
      'os/base.IMG': image,
      'os/read.me': Buffer.from('hi'),
      '__MACOSX/os/._base.img': Buffer.from('x'),
    }
    await expectSame(zip(`others${options.join('')}.zip`, files, ...options))
  })

  it('must hold exactly one image', async () => {
    const two = zip('two.zip', { 'a.img': image, 'b/b.img': image, 'c.txt': image })
    expect(await refusal(two)).toMatch(/^this archive holds 2 images: (a.img, b\/b.img|b\/b.img, a.img)$/)
    expect(await refusal(zip('none.zip', { 'a.iso': image }))).toBe(
      'this archive holds no .img file, only: a.iso',
    )
    expect(await refusal(zip('inner.zip', { 'a.img.xz': image }))).toBe(
      'this archive holds another one, a.img.xz',
    )
    expect(await refusal(file('empty.zip', `PK\x05\x06${'\0'.repeat(18)}`))).toContain(
      'no .img file, only: nothing',
    )
  })

  it('must not be encrypted or packed by other methods', async () => {
    expect(await refusal(zip('secret.zip', { 'a.img': image }, '-P', 'x'))).toContain(
      'a.img in this archive is encrypted',
    )
    const path = zip('method.zip', { 'a.img': image })
    const content = readFileSync(path)
    content.writeUInt16LE(9, content.indexOf('PK\x01\x02') + 10)
    writeFileSync(path, content)
    expect(await refusal(path)).toContain('unknown method (9)')
  })

  it('must have the right CRC', async () => {
    for (const option of ['-0', '-1']) {
      const path = zip(`crc${option}.zip`, { 'a.img': image }, option)
      const content = readFileSync(path)
      const at = content.indexOf('PK\x01\x02') + 16
      content[at] = (content[at] ?? 0) ^ 1
      writeFileSync(path, content)
      await expect(unpackedBaseImage(path)).rejects.toThrow(/damaged \(wrong length or CRC\)/)
    }
  })
})

describe('detectCompression', () => {
  it('takes an image as it is', async () => {
    expect(detectCompression(file('plain.xz', image))).toBe('none')
    expect(await unpackedBaseImage(inFolder('plain.xz'))).toBe(inFolder('plain.xz'))
    expect(readdirSync(cache)).toEqual([])
  })

  const at = (offset: number, bytes: string): string => '\0'.repeat(offset) + bytes + '\0'.repeat(600)
  it.each([
    ['an empty file', ''],
    ['a file of only 100 bytes', '\0'.repeat(100)],
    ['a bzip2 archive', at(0, 'BZh91AY&SY')],
    ['a 7-Zip archive', at(0, '7z\xbc\xaf\x27\x1c')],
    ['a RAR archive', at(0, 'Rar!\x1a\x07\x01\0')],
    ['a tar archive', at(257, 'ustar')],
    ['a qcow2 disk', at(0, 'QFI\xfb')],
    ['a VMDK disk', at(0, 'KDMV')],
    ['the description of a VMDK disk', '# Disk DescriptorFile\nversion=1\n'],
    ['a VirtualBox disk', at(64, '\x7f\x10\xda\xbe')],
    ['a VHD disk', at(0, 'conectix')],
    ['a VHDX disk', at(0, 'vhdxfile')],
    ['an ISO image', at(32769, 'CD001')],
    ['firmware for a Raspberry Pi Pico', at(0, 'UF2\n')],
    ['a web page', '\n<!DOCTYPE html>\n<html><body>Not found</body></html>'],
    ['a web page', '\xef\xbb\xbf<html>'],
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n'],
    ['a BitTorrent file', 'd8:announce33:http://tracker.raspberrypi.com:6969'],
    ['a checksum', `${'0a'.repeat(32)}  base.img.xz\n`],
    ['a text file', 'hostname = master\n'],
  ])('refuses %s', async (what, content) => {
    expect(await refusal(file('stranger.img.xz', content))).toContain(`this is ${what}`)
  })

  it('knows zstd by its skippable frames too', () => {
    expect(detectCompression(file('skip', '\x53\x2a\x4d\x18\x04\0\0\0abcd\x28\xb5\x2f\xfd'))).toBe('zst')
  })

  it('refuses what is no file', async () => {
    symlinkSync('loop', inFolder('loop'))
    symlinkSync('nowhere', inFolder('dangling'))
    execFileSync('mkfifo', [inFolder('fifo')])
    const server = createServer().listen(inFolder('socket'))
    await new Promise((resolve) => server.once('listening', resolve))
    expect(await refusal(inFolder('fifo'))).toBe('this is a pipe, not a file')
    expect(await refusal(inFolder('socket'))).toBe('this is a socket, not a file')
    server.close()
    expect(await refusal(folder)).toBe('this is a folder, not a file')
    expect(await refusal('/dev/null')).toBe('this is a device, not a file')
    for (const path of ['missing.img', 'dangling'])
      expect(await refusal(inFolder(path))).toBe('there is no such file')
    for (const path of ['loop', 'plain.xz/x', 'x'.repeat(300), 'a\0b']) {
      expect(await refusal(inFolder(path))).toContain('this file cannot be read: ')
    }
  })

  it('refuses what may not be read', async (ctx) => {
    if (process.getuid?.() === 0) ctx.skip('root may read every file')
    chmodSync(file('closed.img', image), 0)
    expect(await refusal(inFolder('closed.img'))).toBe('no permission to read this file')
  })
})
