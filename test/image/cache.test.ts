import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { readSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { constants, crc32, deflateRawSync, gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { cacheFolder } from '../../builder/host/cache.js'
import { report } from '../../builder/host/report.js'
import { unpackedBaseImage } from '../../builder/image/cache.js'

const folder = mkdtempSync(join(tmpdir(), 'piimg-test-cache-'))
afterAll(() => rmSync(folder, { recursive: true }))

let cache = ''
let archive = ''
const base = (): string => join(cache, 'base')
const kept = (): string[] => readdirSync(base())
const image = Buffer.concat([Buffer.alloc(510), Buffer.from([0x55, 0xaa]), randomBytes(100_000)])
beforeEach(() => {
  cache = mkdtempSync(join(folder, 'cache-'))
  archive = join(folder, 'base.img.gz')
  writeFileSync(archive, gzipSync(image))
  vi.stubEnv('PIIMG_CACHE', cache)
  report.configure({ quiet: true, verbose: false })
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(cache, { recursive: true })
})

describe('cacheFolder', () => {
  it('is where the environment wants it', () => {
    vi.stubEnv('XDG_CACHE_HOME', '/xdg')
    expect(cacheFolder()).toBe(cache)
    vi.stubEnv('PIIMG_CACHE', 'here')
    expect(cacheFolder()).toBe(resolve('here'))
    vi.stubEnv('PIIMG_CACHE', '')
    expect(cacheFolder()).toBe('/xdg/piimg')
    const usual = join(homedir(), process.platform === 'darwin' ? 'Library/Caches' : '.cache', 'piimg')
    for (const ignored of ['relative', '']) {
      vi.stubEnv('XDG_CACHE_HOME', ignored)
      expect(cacheFolder()).toBe(usual)
    }
  })
})

describe('unpackedBaseImage', () => {
  it('lets nobody else see what it keeps', async () => {
    mkdirSync(base())
    chmodSync(base(), 0o755)
    const path = await unpackedBaseImage(archive)
    expect(dirname(path)).toBe(base())
    expect(statSync(base()).mode & 0o777).toBe(0o700)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readFileSync(path).equals(image)).toBe(true)
  })

  it('unpacks once and notes each use', async () => {
    const path = await unpackedBaseImage(archive)
    const { ino } = statSync(path)
    utimesSync(path, 1, 1)
    symlinkSync(archive, join(cache, 'link'))
    expect(await unpackedBaseImage(join(cache, 'link'))).toBe(path)
    expect(statSync(path).ino).toBe(ino)
    expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(600_000)
    expect(kept()).toHaveLength(1)
  })

  it('does not take an archive that changed for the old one', async () => {
    const path = await unpackedBaseImage(archive)
    const { atime, mtime } = statSync(archive)
    utimesSync(archive, atime, new Date(mtime.getTime() + 1))
    expect(await unpackedBaseImage(archive)).not.toBe(path)
    writeFileSync(archive, gzipSync(image.subarray(0, 5000)))
    expect(statSync(await unpackedBaseImage(archive)).size).toBe(5000)
    expect(kept()).toHaveLength(3)
  })

  it('keeps nothing of an archive that changes meanwhile', async () => {
    const unpacking = unpackedBaseImage(archive)
    utimesSync(archive, 1, 1)
    await expect(unpacking).rejects.toMatchObject({
      failure: { reason: 'the archive changed while it was read' },
    })
    expect(kept()).toEqual([])
  })

  it('unpacks once for two that ask at once', async () => {
    report.configure({ quiet: false, verbose: false })
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const paths = await Promise.all([1, 2, 3].map(() => unpackedBaseImage(archive)))
    const notes = write.mock.calls.map(([text]) => String(text))
    write.mockRestore()
    expect(new Set(paths).size).toBe(1)
    expect(notes.filter((note) => note.startsWith('unpacking'))).toEqual([
      `unpacking base.img.gz (once; kept in ${cache})\n`,
    ])
    expect(notes.filter((note) => note.startsWith('waiting'))).toHaveLength(2)
    expect(kept()).toHaveLength(1)
  })

  it('says so where the cache cannot be', async () => {
    vi.stubEnv('PIIMG_CACHE', archive)
    await expect(unpackedBaseImage(archive)).rejects.toMatchObject({
      name: 'StepError',
      failure: { hint: expect.stringContaining('PIIMG_CACHE') as unknown },
    })
  })
})

/** A zip archive of one image with its sizes only in 64-bit fields, as an archive of more than 4 GiB has them. */
function zip64(packed: Buffer, size: number, crc: number): Buffer {
  const name = Buffer.from('base.img')
  const extra = Buffer.alloc(20)
  extra.writeUInt32LE(0x0010_0001)
  extra.writeBigUInt64LE(BigInt(size), 4)
  extra.writeBigUInt64LE(BigInt(packed.length), 12)
  const common = Buffer.alloc(26)
  common.writeUInt16LE(45)
  common.writeUInt16LE(8, 4)
  common.writeUInt32LE(crc, 10)
  common.fill(0xff, 14, 22)
  common.writeUInt16LE(name.length, 22)
  common.writeUInt16LE(extra.length, 24)
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, name, extra, packed])
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x2d\0'), common, Buffer.alloc(14), name, extra])
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06')
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(local.length, 16)
  return Buffer.concat([local, central, end])
}

const gibibyte = 2 ** 30
const unit = Buffer.alloc(64 * 1024 * 1024)
randomBytes(256 * 1024).copy(unit, 12 * 1024 * 1024)

const input = { input: unit, maxBuffer: unit.length }
const packers: Readonly<Record<string, () => Buffer>> = {
  gz: () => gzipSync(unit, { level: 1 }),
  xz: () => execFileSync('xz', ['-0', '-c'], input),
  zst: () => execFileSync('zstd', ['-qc'], input),
  'sized.zst': () => execFileSync('zstd', ['-qc', `--stream-size=${unit.length}`], input),
  zip: () => deflateRawSync(unit, { level: 1, finishFlush: constants.Z_FULL_FLUSH }),
}
const packedUnits = new Map<string, Buffer>()

/** An archive of `size` bytes: `unit` again and again. All formats but zip allow to append one to another. */
function hugeArchive(format: string, size: number): string {
  const path = join(folder, `huge.img.${format}`)
  const times = size / unit.length
  const packed = packedUnits.get(format) ?? packers[format]?.() ?? Buffer.alloc(0)
  packedUnits.set(format, packed)
  const repeated = Buffer.concat(Array<Buffer>(times).fill(packed))
  if (format !== 'zip') {
    writeFileSync(path, repeated)
    return path
  }
  let crc = 0
  for (let i = 0; i < times; i++) crc = crc32(unit, crc)
  writeFileSync(path, zip64(Buffer.concat([repeated, deflateRawSync('')]), size, crc))
  return path
}

/** The program in a process of its own. */
function start(path: string) {
  const child = spawn(process.execPath, [join(folder, 'child.js'), path], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PIIMG_CACHE: cache },
  })
  let [stdout, notes] = ['', '']
  child.stdout.on('data', (data) => (stdout += String(data)))
  child.stderr.on('data', (data) => (notes += String(data)))
  const end = once(child, 'close').then(() => {
    const silent = JSON.stringify({ error: notes })
    const result = JSON.parse(stdout === '' ? silent : stdout) as {
      path?: string
      error?: string
      rss?: number
    }
    return { rss: 0, ...result, notes }
  })
  return { child, end, notes: () => notes }
}

async function until(condition: () => boolean): Promise<void> {
  const started = performance.now()
  while (!condition()) {
    await delay(5)
    if (performance.now() - started > 600_000) throw new Error('it never came to that')
  }
}

const isWriting = (): boolean =>
  existsSync(base()) &&
  kept().some((name) => name.endsWith('.partial') && existsSync(join(base(), name, 'base.img')))

describe('in processes of their own', () => {
  beforeAll(() => {
    const root = resolve(import.meta.dirname, '../..')
    const config = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        rootDir: root,
        outDir: folder,
        noEmit: false,
        noCheck: true,
        incremental: false,
        tsBuildInfoFile: null,
      },
      files: [join(root, 'builder/image/cache.ts')],
      include: [],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], {
      stdio: 'inherit',
    })
    // maxRSS would be that of the process that started this one, if it was higher (getrusage(2) after a fork).
    const child = `
      import { readFileSync } from 'node:fs'
      import { configureHost } from './builder/host/here.js'
      import { listenForSignals } from './builder/host/interrupt.js'
      import { unpackedBaseImage } from './builder/image/cache.js'
      configureHost({ folder: process.cwd(), environment: process.env, home: '/nowhere' })
      listenForSignals()
      const result = await unpackedBaseImage(process.argv[2]).then((path) => ({ path }), ({ name, message }) => ({ error: name + ' ' + message }))
      const rss = /VmHWM: *(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8').replaceAll('\\t', ' '))?.[1] / 1024
      console.log(JSON.stringify({ ...result, rss }))`
    writeFileSync(join(folder, 'child.js'), child)
  })

  it.each(['xz', 'zst', 'gz', 'zip'])('unpacks 4 GiB of %s in little memory', async (format) => {
    const { path = '', error, rss } = await start(hugeArchive(format, 4 * gibibyte)).end
    expect(error).toBeUndefined()
    const { size, blocks } = statSync(path)
    expect(size).toBe(4 * gibibyte)
    expect(blocks * 512).toBeLessThan(20 * 1024 * 1024)
    const end = Buffer.alloc(unit.length)
    readSync(openSync(path, 'r'), end, 0, end.length, size - end.length)
    expect(end.equals(unit)).toBe(true)
    console.log(`${format}: ${Math.round(rss)} MB`)
    expect(rss).toBeLessThan(150)
  })

  it('unpacks once for two that start at once', async () => {
    const path = hugeArchive('gz', gibibyte)
    const both = await Promise.all([start(path).end, start(path).end])
    expect(both[0].path).toMatch(/\.img$/)
    expect(both[1].path).toBe(both[0].path)
    const notes = both.map(({ notes }) => notes).join('')
    expect(notes.match(/^unpacking .*once/gm)).toHaveLength(1)
    expect(notes.match(/^waiting/gm)).toHaveLength(1)
    expect(kept()).toHaveLength(1)
  })

  it.each(['gz', 'zst'])('takes over at once from one that was killed (%s)', async (format) => {
    const path = hugeArchive(format, gibibyte)
    const first = start(path)
    await until(isWriting)
    first.child.kill('SIGKILL')
    await first.end
    expect(kept().length).toBeGreaterThan(1)
    const second = await start(path).end
    expect(second.error).toBeUndefined()
    expect(kept()).toHaveLength(1)
    expect(statSync(second.path ?? '').size).toBe(gibibyte)
  })

  it('takes over, once, while others wait', async () => {
    const path = hugeArchive('gz', gibibyte)
    const first = start(path)
    await until(isWriting)
    const others = [start(path), start(path), start(path)]
    await until(() => others.every(({ notes }) => notes().includes('waiting')))
    first.child.kill('SIGKILL')
    const ends = await Promise.all(others.map(({ end }) => end))
    expect(ends.map(({ error }) => error)).toEqual([undefined, undefined, undefined])
    expect(ends.filter(({ notes }) => /^unpacking .*once/m.test(notes))).toHaveLength(1)
    expect(kept()).toHaveLength(1)
  })

  it.each(['xz', 'gz', 'zip'])('leaves nothing after a signal (%s)', async (format) => {
    const { child, end } = start(hugeArchive(format, 4 * gibibyte))
    await until(isWriting)
    child.kill('SIGTERM')
    expect((await end).error).toBe('Interrupted stopped by SIGTERM')
    expect(kept()).toEqual([])
  })

  it('stops waiting at a signal', async () => {
    const path = hugeArchive('gz', gibibyte)
    const first = start(path)
    await until(isWriting)
    const { child, end, notes } = start(path)
    await until(() => notes().includes('waiting'))
    child.kill('SIGTERM')
    expect((await end).error).toBe('Interrupted stopped by SIGTERM')
    expect((await first.end).error).toBeUndefined()
    expect(kept()).toHaveLength(1)
  })

  const isRoot = process.getuid?.() === 0
  if (!isRoot) console.log('skipped: a full disk needs root, to mount a small file system')
  it.skipIf(!isRoot).each([
    ['xz', ' is full (ENOSPC); this needs up to 2.0 GiB there'],
    ['zip', ' is full (ENOSPC); this needs up to 2.0 GiB there'],
    ['sized.zst', ' is full (ENOSPC); this needs up to 2.0 GiB there'],
    ['zst', ' is full (ENOSPC); this needs more than '],
    ['gz', ' is full (ENOSPC); this needs more than '],
  ])('says how much a full disk lacks (%s)', async (format, words) => {
    const path = hugeArchive(format, 2 * gibibyte)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'none', cache])
    try {
      const { error } = await start(path).end
      expect(error).toContain(words)
      expect(error).toContain(cache)
      expect(kept()).toEqual([])
    } finally {
      execFileSync('umount', [cache])
    }
  })
})
