import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EntryRecord, PlanRecord } from '../../builder/model/plan-record.js'
import { type Desk, isRoot, listing, newDesk, newFolder, ordinary, piimg } from './cli.js'
import { bootFiles, debugfs, fsck, partition, readBytes, sha256 } from './images.js'

/** One name in a tree, as the kernel's file system and GNU tar show it. */
export interface KernelFile {
  readonly kind: 'file' | 'directory' | 'symlink' | 'character' | 'block' | 'fifo'
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Seconds since 1970, with the digits behind the point that the file system keeps. */
  readonly mtime: string
  /** Only of a file. */
  readonly size?: number
  readonly sha256?: string
  /** Only of a symbolic link. */
  readonly target?: string
  /** All names of one file, sorted, where it has several. */
  readonly names?: readonly string[]
  readonly device?: string
  readonly xattrs: Readonly<Record<string, string>>
}

export type KernelTree = Map<string, KernelFile>

let reason: string | undefined

/** Why this computer cannot mount an image; empty if it can. */
export function noKernelTree(): string {
  if (!isRoot) return 'only root can mount an image'
  reason ??= spawnSync('env', ['losetup', '--find'], { encoding: 'utf8' }).stderr.trim()
  return reason
}

/** The root partition of an image, mounted by the kernel for reading only and read by tar. */
export async function kernelTree(image: string): Promise<KernelTree> {
  const folder = join(newFolder(), 'mount')
  mkdirSync(folder)
  const { offset, size } = partition(image, 2)
  const options = `ro,noload,loop,offset=${offset},sizelimit=${size}`
  execFileSync('mount', ['-t', 'ext4', '-o', options, image, folder], { stdio: 'pipe' })
  try {
    return await tarTree(folder)
  } finally {
    execFileSync('umount', [folder])
    rmdirSync(folder)
  }
}

const xattrPrefix = 'SCHILY.xattr.'
const block = 512

/** Reads what GNU tar writes of a folder; POSIX.1-2001 (pax) has all that a file system has but sockets. */
async function tarTree(folder: string): Promise<KernelTree> {
  const words = ['--create', '--format=posix', '--sort=name', '--numeric-owner', '--xattrs']
  const tar = spawn('tar', [...words, '--xattrs-include=*', '-C', folder, '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LC_ALL: 'C' },
  })
  const ended = new Promise<number | null>((resolve) => tar.on('close', resolve))
  const tree: KernelTree = new Map()
  const links = new Map<string, string[]>()
  const input = new Input(tar.stdout)
  let records: Record<string, string> = {}
  for (;;) {
    const header = await input.take(block)
    if (header.every((byte) => byte === 0)) break
    const type = header.toString('latin1', 156, 157)
    const size = Number(records['size'] ?? octal(header, 124, 12))
    if (type === 'x') {
      records = paxRecords(await input.take(padded(size)), size)
      continue
    }
    const sha256 = type === '0' ? await hashOf(input, size) : undefined
    const path = nameOf(records['path'] ?? shortName(header))
    if (type === '1') {
      const first = nameOf(records['linkpath'] ?? text(header, 157, 100))
      links.set(first, [...(links.get(first) ?? []), path])
    }
    tree.set(path, { ...fileOf(header, type, records), ...(sha256 === undefined ? {} : { size, sha256 }) })
    records = {}
  }
  await input.drain()
  if ((await ended) !== 0) throw new Error('tar failed')
  for (const [first, others] of links) joinNames(tree, first, [first, ...others])
  return tree
}

/** tar writes the bytes of a file once, under its first name. */
function joinNames(tree: KernelTree, first: string, names: readonly string[]): void {
  const known = tree.get(first)
  if (known === undefined) throw new Error(`tar wrote a link to ${first}, and no such file`)
  for (const name of names) tree.set(name, { ...known, names: [...names].sort() })
}

function fileOf(header: Buffer, type: string, records: Record<string, string>): KernelFile {
  const kind = kinds[type]
  if (kind === undefined) throw new Error(`tar wrote an entry of type ${type}`)
  const link = records['linkpath'] ?? text(header, 157, 100)
  const xattrs = Object.entries(records).filter(([name]) => name.startsWith(xattrPrefix))
  return {
    kind,
    mode: octal(header, 100, 8),
    uid: Number(records['uid'] ?? octal(header, 108, 8)),
    gid: Number(records['gid'] ?? octal(header, 116, 8)),
    mtime: records['mtime'] ?? String(octal(header, 136, 12)),
    ...(type === '2' ? { target: link } : {}),
    ...(type === '3' || type === '4' ? { device: `${octal(header, 329, 8)}:${octal(header, 337, 8)}` } : {}),
    xattrs: Object.fromEntries(xattrs.map(([name, value]) => [name.slice(xattrPrefix.length), value])),
  }
}

const kinds: Readonly<Record<string, KernelFile['kind']>> = {
  '0': 'file',
  '1': 'file',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
}

function nameOf(path: string): string {
  return path.replace(/^\.?\/?/, '/').replace(/(.)\/$/, '$1')
}

function shortName(header: Buffer): string {
  const prefix = text(header, 345, 155)
  return prefix === '' ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`
}

function text(header: Buffer, offset: number, length: number): string {
  return header.toString('latin1', offset, offset + length).replace(/\0.*$/s, '')
}

function octal(header: Buffer, offset: number, length: number): number {
  return Number.parseInt(text(header, offset, length).trim() || '0', 8)
}

function padded(size: number): number {
  return Math.ceil(size / block) * block
}

/** `LENGTH NAME=VALUE\n`, the length being that of the whole record. */
function paxRecords(bytes: Buffer, size: number): Record<string, string> {
  const records: Record<string, string> = {}
  for (let at = 0; at < size;) {
    const length = Number.parseInt(bytes.toString('latin1', at, at + 20), 10)
    const record = bytes.toString('latin1', at, at + length - 1)
    const [, name = '', value = ''] = /^\d+ ([^=]+)=(.*)$/s.exec(record) ?? []
    records[name] = value
    at += length
  }
  return records
}

async function hashOf(input: Input, size: number): Promise<string> {
  const hash = createHash('sha256')
  for (let left = size; left > 0;) {
    const part = await input.some(left)
    hash.update(part)
    left -= part.length
  }
  await input.take(padded(size) - size)
  return hash.digest('hex')
}

/** Bytes of a stream, as many at a time as are wanted. */
class Input {
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]()
  }

  /** Not more than `most` bytes, and at least one. */
  async some(most: number): Promise<Buffer> {
    if (this.#rest.length === 0) {
      const next = await this.#chunks.next()
      if (next.done === true) throw new Error('the archive of tar ends too early')
      this.#rest = next.value
    }
    const part = this.#rest.subarray(0, most)
    this.#rest = this.#rest.subarray(part.length)
    return part
  }

  async take(length: number): Promise<Buffer> {
    const parts: Buffer[] = []
    for (let left = length; left > 0;) {
      const part = await this.some(left)
      parts.push(part)
      left -= part.length
    }
    return Buffer.concat(parts)
  }

  async drain(): Promise<void> {
    while ((await this.#chunks.next()).done !== true);
  }
}

/** One entry of a plan, its hash put in where the plan keeps it back. */
export type PlannedFile = EntryRecord

/**
 * What the root partition of a card must be: the base image's tree, changed as the plan says and in nothing else.
 * Computed here from `piimg plan --json`, with nothing of piimg's own code.
 */
export function expectedTree(base: KernelTree, planned: readonly PlannedFile[], builtAt: number): KernelTree {
  const tree: KernelTree = new Map(base)
  const root = planned.filter((entry) => entry.partition === 'root')
  for (const { path, to } of root.filter(({ kind }) => kind === 'move')) rename(tree, path, to ?? '')
  for (const entry of root.filter(({ kind }) => kind !== 'move')) {
    const path = posix.join(realFolder(tree, posix.dirname(entry.path)), posix.basename(entry.path))
    const before = tree.get(path)
    if (entry.kind === 'removal') {
      for (const name of [...tree.keys()].filter((name) => isBelow(name, path))) remove(tree, name)
      continue
    }
    addFolders(tree, posix.dirname(path), builtAt)
    if (entry.kind === 'symlink' && before?.target === entry.target) continue
    const owned = { mode: Number.parseInt(entry.mode ?? '0777', 8), uid: entry.uid ?? 0, gid: entry.gid ?? 0 }
    if (entry.kind === 'directory' && before !== undefined) {
      tree.set(path, { ...before, ...owned })
      continue
    }
    remove(tree, path)
    tree.set(path, {
      kind: entry.kind as KernelFile['kind'],
      ...owned,
      mtime: String(builtAt),
      ...contentOf(entry),
      xattrs: {},
    })
  }
  return tree
}

function contentOf({ kind, size, sha256, target }: PlannedFile): Partial<KernelFile> {
  if (kind === 'symlink') return target === undefined ? {} : { target }
  return kind === 'file'
    ? { ...(size === undefined ? {} : { size }), ...(sha256 === undefined ? {} : { sha256 }) }
    : {}
}

function isBelow(name: string, path: string): boolean {
  return name === path || name.startsWith(`${path}/`)
}

function rename(tree: KernelTree, path: string, to: string): void {
  const renamed = (name: string) => (isBelow(name, path) ? to + name.slice(path.length) : name)
  for (const [name, file] of [...tree]) {
    tree.delete(name)
    tree.set(
      renamed(name),
      file.names === undefined ? file : { ...file, names: file.names.map(renamed).sort() },
    )
  }
}

/** Takes one name away; what else the file is called stays. */
function remove(tree: KernelTree, path: string): void {
  const { names = [] } = tree.get(path) ?? {}
  tree.delete(path)
  const others = names.filter((name) => name !== path)
  for (const name of others) {
    const file = tree.get(name)
    if (file === undefined) continue
    const { names: _, ...alone } = file
    tree.set(name, others.length > 1 ? { ...alone, names: others } : alone)
  }
}

function addFolders(tree: KernelTree, path: string, builtAt: number): void {
  if (tree.has(path)) return
  addFolders(tree, posix.dirname(path), builtAt)
  tree.set(path, { kind: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: String(builtAt), xattrs: {} })
}

/** A folder's path without links; they lead nowhere but through the tree. */
function realFolder(tree: KernelTree, path: string): string {
  if (path === '/') return path
  const here = posix.join(realFolder(tree, posix.dirname(path)), posix.basename(path))
  const target = tree.get(here)?.target
  return target === undefined ? here : realFolder(tree, posix.resolve(posix.dirname(here), target))
}

/** Every difference, as a line; the times of folders are given back apart. */
export function compareTrees(
  expected: KernelTree,
  found: KernelTree,
): { lines: string[]; folderTimes: string[] } {
  const lines: string[] = []
  const folderTimes: string[] = []
  for (const path of [...new Set([...expected.keys(), ...found.keys()])].sort()) {
    const [one, other] = [expected.get(path), found.get(path)]
    if (one === undefined || other === undefined) {
      lines.push(`${path} is ${one === undefined ? 'too much' : 'missing'}`)
      continue
    }
    if (one.kind === 'directory' && other.kind === 'directory' && one.mtime !== other.mtime) {
      folderTimes.push(path)
    }
    const [wanted, got] = [one, other].map(({ mtime, ...rest }) => {
      return sorted({ ...rest, mtime: rest.kind === 'directory' ? '' : mtime })
    })
    if (wanted !== got) lines.push(`${path}: ${wanted ?? ''} is ${got ?? ''}`)
  }
  return { lines, folderTimes }
}

function sorted(value: object): string {
  return JSON.stringify(Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))))
}

/** The plan of node3 as the program prints it, hashes put in where it keeps them back. */
async function planned(desk: Desk, words: readonly string[]): Promise<EntryRecord[]> {
  const { stdout, exitCode, stderr } = await piimg(desk, ['plan', '--hostname', 'node3', ...words, '--json'])
  expect(exitCode, stderr).toBe(0)
  const [node] = JSON.parse(stdout) as { entries: EntryRecord[] }[]
  const entries = node?.entries ?? []
  return await Promise.all(
    entries.map(async (entry) => {
      if (entry.kind !== 'file' || entry.sha256 !== undefined) return entry
      const path = `${entry.partition}${entry.path}`
      const rendered = await piimg(desk, ['render', 'node3', path, '--show-secrets', ...words])
      expect(rendered.exitCode, rendered.stderr).toBe(0)
      return { ...entry, sha256: createHash('sha256').update(rendered.stdout).digest('hex') }
    }),
  )
}

/**
 * Tests of one card: node3, built with `words`.
 * @param missing why there is no base image; empty if there is one
 */
export function testCard(words: readonly string[], baseImage: () => Promise<string>, missing = ''): void {
  const desk = newDesk()
  const card = join(desk.folder, 'out/node3.img')
  const options = ['--profile', 'worker', ...words]
  let base = ''
  let before = { sha256: '', stat: '' }
  const statOf = (file: string) => {
    const { mode, uid, gid, size, mtimeMs, ino } = statSync(file)
    return JSON.stringify({ mode, uid, gid, size, mtimeMs, ino })
  }
  afterAll(() => rmSync(desk.folder, { recursive: true }))

  beforeAll(async () => {
    if (missing !== '') return
    base = await baseImage()
    before = { sha256: await sha256(base), stat: statOf(base) }
    options.push('--image', base)
    const built = await piimg(desk, ['build', '--hostname', 'node3', ...options])
    expect(built.stderr).toContain('both file systems checked')
    expect(built.exitCode).toBe(0)
    expect(built.stdout).toBe('out/node3.img\n')
  })

  it('leaves the base image as it was', async (ctx) => {
    if (missing !== '') ctx.skip(missing)
    expect(await sha256(base)).toBe(before.sha256)
    expect(statOf(base)).toBe(before.stat)
  })

  it('has two clean file systems and the first sector of the base image', (ctx) => {
    if (missing !== '') ctx.skip(missing)
    fsck(card)
    expect(readBytes(card, 0, 512)).toEqual(readBytes(base, 0, 512))
    expect(statSync(card).size).toBe(statSync(base).size)
  })

  it('has a root that is the base image and the plan, to the kernel', async (ctx) => {
    if (missing !== '') ctx.skip(missing)
    if (noKernelTree() !== '') ctx.skip(noKernelTree())
    const entries = await planned(desk, options)
    const record = JSON.parse(debugfs(card, 'cat /usr/lib/piimg/plan.json')) as PlanRecord
    const others = entries.filter(({ path }) => path !== '/usr/lib/piimg/plan.json')
    expect(others).toMatchObject(record.entries)
    const stock = await kernelTree(base)
    const found = await kernelTree(card)
    const { lines, folderTimes } = compareTrees(expectedTree(stock, entries, record.builtAt), found)
    expect(lines).toEqual([])
    // debugfs leaves the time of a folder as it is when a name comes or goes.
    expect(folderTimes).toEqual([])
  })

  it('has a boot partition that is the base image and the plan, to mtools', async (ctx) => {
    if (missing !== '') ctx.skip(missing)
    const expected = bootFiles(base)
    const entries = await planned(desk, options)
    for (const { path, sha256, kind } of entries.filter(({ partition }) => partition === 'boot')) {
      const old = expected.get(path)
      if (kind === 'removal') expected.delete(path)
      else expected.set(path, old === undefined ? `${sha256 ?? ''} A` : old.replace(/^\S+/, sha256 ?? ''))
    }
    const found = bootFiles(card)
    const written = new Set(entries.map(({ path }) => path))
    const comparable = (files: Map<string, string>) =>
      [...files].map(([path, line]) => [path, written.has(path) ? line.replace(/ [\d.]+/, '') : line]).sort()
    expect(comparable(found)).toEqual(comparable(expected))
  })

  it('may be read by its owner only, as it holds the private keys of the node', (ctx) => {
    if (missing !== '') ctx.skip(missing)
    const { mode, uid, gid } = statSync(card)
    expect((mode & 0o7777).toString(8)).toBe('600')
    expect([uid, gid]).toEqual([ordinary.uid, ordinary.gid])
    expect(listing(join(desk.folder, 'out'))).toHaveLength(1)
  })

  it('passes its own verify', async (ctx) => {
    if (missing !== '') ctx.skip(missing)
    const { exitCode, stderr } = await piimg(desk, ['verify', 'out/node3.img'])
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
  })
}

const hash =
  '$6$saltsalt$oieVkoYAojrwzFzZ8AL4L1.Vw5lAIPV9zpbnrJ2WGCljQohWUOY1wpagJ6GVZAKc.BmVD.GOpK71aUzAmjy41/'
/** A node that makes use of every overlay. */
const settings = {
  user: 'anna',
  password_hash: hash,
  authorized_keys:
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKaPF9xjdGp8NUcJHdlKJlv1jvzdFKfXbDNwzKuYxEb0 anna@home',
  timezone: 'Europe/Prague',
  keyboard: 'cz',
  locale: 'cs_CZ.UTF-8',
  wifi_ssid: 'Bílá vrána',
  wifi_psk: 'correct horse "battery" $taple;#',
  wifi_country: 'CZ',
  kernel_args: 'quiet loglevel=3',
  boot_config: 'dtparam=audio=off',
}

/** The words that set everything but what is named in `without`. */
export function wordsOfEverything(...without: readonly string[]): string[] {
  return Object.entries(settings)
    .filter(([name]) => !without.includes(name))
    .flatMap(([name, value]) => ['--set', `${name}=${value}`])
}
