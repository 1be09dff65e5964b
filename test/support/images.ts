import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  existsSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { serialize } from 'node:v8'
import { inject } from 'vitest'
import { makePracticeImage } from '../../scripts/practice/image.js'
import type { Release } from '../../scripts/practice/tree.js'
import { newFolder } from './cli.js'

type Options = NonNullable<Parameters<typeof makePracticeImage>[2]>

const env = { ...process.env, LC_ALL: 'C', PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` }

/** What a program prints; throws where it does not exit with one of `exitCodes`. */
export function tool(command: string, args: readonly string[], exitCodes: readonly number[] = [0]): string {
  try {
    return execFileSync(command, args, {
      env,
      encoding: 'latin1',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 2 ** 28,
    })
  } catch (error) {
    const { status, stdout } = error as { status?: number; stdout?: string }
    if (status !== undefined && exitCodes.includes(status)) return stdout ?? ''
    throw error
  }
}

const made = new Map<string, Promise<string>>()

/** A practice image, for reading and copying only. It is made once for all test files that share a folder of images. */
export function practiceImage(release: Release, options: Options = {}): Promise<string> {
  const key = createHash('sha256')
    .update(serialize([release, options]))
    .digest('hex')
  const known = made.get(key)
  if (known !== undefined) return known
  const shared = inject('images') as string | undefined
  const file = join(shared ?? newFolder(), `${release}-${key.slice(0, 16)}.img`)
  const making = existsSync(file)
    ? Promise.resolve(file)
    : makePracticeImage(release, file, options).then(() => file)
  made.set(key, making)
  return making
}

/** A copy that keeps the holes. */
export function copyImage(from: string, to: string): string {
  tool('cp', ['--sparse=always', '--', from, to])
  return to
}

const packers = {
  xz: ['xz', '-0'],
  zst: ['zstd', '-q', '-1'],
  gz: ['gzip', '-1'],
  zip: ['zip', '-q', '-1'],
} as const

/** An image in an archive; `archive` has not its suffix necessarily. */
export function packed(kind: keyof typeof packers, image: string, archive: string): string {
  const [command, ...args] = packers[kind]
  if (kind === 'zip') {
    tool(command, [...args, '-j', archive, image])
    return archive
  }
  const output = openSync(archive, 'w')
  execFileSync(command, [...args, '-c', image], { env, stdio: ['ignore', output, 'pipe'] })
  closeSync(output)
  return archive
}

/** Debian's bootable image, where this computer has one; else why not. */
export function bootableImage(): { readonly file?: string; readonly reason: string } {
  const given = process.env['PIIMG_BOOTABLE']
  const file =
    given ?? execFileSync('sh', ['scripts/bootable-image', '--print-path'], { encoding: 'utf8' }).trim()
  return existsSync(file) ? { file, reason: '' } : { reason: `no bootable image at ${file}` }
}

/** The same file under a name that the ordinary user can reach, who cannot enter root's home. */
export function reachable(file: string): string {
  const name = join(newFolder(), 'base.img')
  try {
    linkSync(file, name)
    return name
  } catch {
    return copyImage(file, name)
  }
}

export async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

export function readBytes(file: string, offset: number, length: number): Buffer {
  const buffer = Buffer.alloc(length)
  const descriptor = openSync(file, 'r')
  readSync(descriptor, buffer, 0, length, offset)
  closeSync(descriptor)
  return buffer
}

export function writeBytes(file: string, offset: number, bytes: Buffer): void {
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, bytes, 0, bytes.length, offset)
  closeSync(descriptor)
}

/** Bytes; as the table of a Master Boot Record places it. */
export function partition(file: string, number: 1 | 2): { offset: number; size: number } {
  const entry = readBytes(file, 446 + 16 * (number - 1), 16)
  return { offset: 512 * entry.readUInt32LE(8), size: 512 * entry.readUInt32LE(12) }
}

/** The root partition as e2fsprogs name it. */
export function rootOf(file: string): string {
  return `${file}?offset=${partition(file, 2).offset}`
}

/** The boot partition as mtools name it. */
export function bootOf(file: string): string {
  return `${file}@@${partition(file, 1).offset}`
}

/** Commands of debugfs, each a line; throws at each word that is not one of success. */
export function debugfs(file: string, ...commands: readonly string[]): string {
  const answers = commands.map((command) => tool('debugfs', ['-w', '-R', command, rootOf(file)]))
  return answers.join('')
}

/** Flips what `e2fsck -fn` and `fsck.vfat -n` say to an exception. */
export function fsck(file: string): void {
  tool('e2fsck', ['-fn', rootOf(file)])
  const boot = join(newFolder(), 'boot.fat')
  const { offset, size } = partition(file, 1)
  const range = ['iflag=skip_bytes,count_bytes', `skip=${offset}`, `count=${size}`]
  tool('dd', [`if=${file}`, `of=${boot}`, 'bs=1M', 'conv=sparse', ...range])
  try {
    tool('fsck.vfat', ['-n', boot])
  } finally {
    rmSync(boot)
  }
}

/** Every file of the boot partition, read by mtools: its bytes' hash, its time, and its attributes. */
export function bootFiles(file: string): Map<string, string> {
  const folder = newFolder()
  tool('mcopy', ['-i', bootOf(file), '-s', '-n', '-m', '::/', folder])
  const attributes = tool('mattrib', ['-i', bootOf(file), '-/', '::/'])
  const lines = attributes.split('\n').filter((line) => line !== '')
  const marks = new Map(lines.map((line) => [line.slice(13).replace(/^::/, ''), line.slice(0, 13).trim()]))
  const found = new Map<string, string>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const name = path.slice(folder.length)
    const mark = marks.get(name) ?? ''
    const hash = entry.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'folder'
    found.set(name, `${hash} ${statSync(path).mtimeMs / 1000} ${mark}`.trim())
  }
  rmSync(folder, { recursive: true })
  return found
}
