import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { file } from '../../scripts/practice/entries.js'
import {
  type Desk,
  type Finished,
  give,
  isRoot,
  listing,
  newDesk,
  newFolder,
  ordinary,
  piimg,
} from '../support/cli.js'
import { packed, practiceImage, tool } from '../support/images.js'

const MiB = 2 ** 20
const node3 = [
  'build',
  '--profile',
  'worker',
  '--hostname',
  'node3',
  '--set',
  'boot_config=gpu_mem=16',
  '--image',
]
const mounted: string[] = []

/** A small file system of the ordinary user's, of this many MiB. */
function volume(kind: 'ext4' | 'tmpfs', size: number): string {
  const folder = join(newFolder(), 'volume')
  mkdirSync(folder)
  if (kind === 'tmpfs') {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}M,mode=755`, 'tmpfs', folder])
  } else {
    const disk = join(newFolder(), 'disk')
    writeFileSync(disk, '')
    truncateSync(disk, size * MiB)
    tool('mke2fs', ['-q', '-t', 'ext4', '-m', '0', '-O', '^has_journal', disk])
    execFileSync('mount', ['-t', 'ext4', '-o', 'loop', disk, folder])
    execFileSync('rmdir', [join(folder, 'lost+found')])
  }
  mounted.push(folder)
  give(folder)
  return folder
}

const reason = ((): string => {
  if (!isRoot) return 'only root can mount a small file system'
  try {
    volume('tmpfs', 1)
    volume('ext4', 1)
    return ''
  } catch (error) {
    return `no small file system can be mounted here: ${(error as Error).message}`
  }
})()
if (reason !== '') console.warn(`disk-full: skipped: ${reason}`)
afterAll(() => {
  for (const folder of mounted) execFileSync('umount', [folder])
})

/** A `bin` folder with a program that first fills a volume, if it works on the unfinished card, and then does what it should. */
function filling(desk: Desk, program: string, real: string, folder: string): Record<string, string> {
  const bin = join(desk.home, 'bin')
  mkdirSync(bin)
  writeFileSync(
    join(bin, program),
    `#!/bin/sh
case "$*" in *card.img*) dd if=/dev/zero of='${folder}/filler' bs=4k 2>/dev/null ;; esac
exec ${real} "$@"
`,
  )
  chmodSync(join(bin, program), 0o755)
  give(desk.home)
  return { PATH: `${bin}:${process.env['PATH'] ?? ''}` }
}

function expectFailure({ exitCode, stdout, stderr }: Finished, ...says: readonly (string | RegExp)[]): void {
  expect(exitCode, stderr).toBe(1)
  expect(stdout).toBe('')
  expect(stderr).not.toMatch(/^ {4}at |piimg itself/m)
  for (const text of says) expect(stderr).toMatch(text)
}

const names = (folder: string) => listing(folder).map((line) => line.split(' ')[0])

describe.skipIf(reason !== '').each(['ext4', 'tmpfs'] as const)('a full %s', (kind) => {
  let base = ''
  beforeAll(async () => {
    base = await practiceImage('bookworm', { extra: [file('/srv/large', Buffer.alloc(20 * MiB, 'large'))] })
  })

  it('is reported before anything is written', async () => {
    const desk = newDesk()
    const folder = volume(kind, 16)
    writeFileSync(join(folder, 'node3.img'), 'old')
    give(folder)
    const before = listing(folder)
    const result = await piimg(desk, [...node3, base, '-o', folder])
    expectFailure(
      result,
      'could not make room for node3.img',
      /has [\d.]+ MiB free, but [\d.]+ MiB are needed/,
      'hint: free some space',
    )
    expect(listing(folder)).toEqual(before)
    expect(names(desk.folder)).toEqual([])
  })

  it.each([
    ['cp', '/bin/cp', 'could not copy the base image to node3.img'],
    ['debugfs', '/sbin/debugfs', 'could not'],
    ['mcopy', '/usr/bin/mcopy', 'could not'],
    ['e2fsck', '/sbin/e2fsck', ''],
  ])('that fills up when %s runs leaves the folder as it was', async (program, real, says) => {
    const desk = newDesk()
    const folder = volume(kind, 60)
    writeFileSync(join(folder, 'node3.img'), 'old')
    give(folder)
    const env = filling(desk, program, real, folder)
    const result = await piimg(desk, [...node3, base, '-o', folder], { env })
    expect(names(folder)).toEqual(['filler', 'node3.img'])
    if (result.exitCode === 0) {
      expect(says).toBe('')
      expect((await piimg(desk, ['verify', join(folder, 'node3.img')])).exitCode).toBe(0)
      return
    }
    expectFailure(result, says, 'is full', 'free some space, or give another folder with -o')
    expect(listing(folder).find((line) => line.startsWith('node3.img'))).toContain(
      ` ${ordinary.uid}:${ordinary.gid} 3 `,
    )
    expect(names(desk.folder)).toEqual([])
  })
})

describe.skipIf(reason !== '')('a full cache', () => {
  it.each(['xz', 'zst', 'gz', 'zip'] as const)(
    'is reported when an image is unpacked from .%s',
    async (kind) => {
      const desk = newDesk()
      const cache = volume('tmpfs', 2)
      const archive = packed(kind, await practiceImage('bookworm'), join(desk.tmp, 'base'))
      const result = await piimg(desk, [...node3, kind === 'zip' ? `${archive}.zip` : archive], {
        env: { PIIMG_CACHE: cache },
      })
      expectFailure(
        result,
        'could not unpack base',
        /full|are free/,
        'hint: make room there, or set PIIMG_CACHE',
      )
      expect(names(cache).filter((name) => name !== 'base')).toEqual([])
      expect(names(desk.folder)).toEqual([])
    },
  )

  it('that cannot be created is reported', async () => {
    const desk = newDesk()
    const archive = packed('xz', await practiceImage('bookworm'), join(desk.tmp, 'base.xz'))
    // It belongs to root, and only root may write there.
    const closed = newFolder()
    const result = await piimg(desk, [...node3, archive], { env: { PIIMG_CACHE: join(closed, 'cache') } })
    expectFailure(result, 'could not use the cache', 'set PIIMG_CACHE to a folder that you own')
  })
})

describe.skipIf(reason !== '')('a full TMPDIR', () => {
  it('is reported by verify, which leaves nothing there', async () => {
    const desk = newDesk()
    expect((await piimg(desk, [...node3, await practiceImage('bookworm')])).exitCode).toBe(0)
    const tmp = volume('tmpfs', 1)
    execFileSync('sh', ['-c', 'dd if=/dev/zero of="$0/filler" bs=4k 2>/dev/null || true', tmp])
    const { exitCode, stderr } = await piimg(desk, ['verify', 'out/node3.img'], { env: { TMPDIR: tmp } })
    expect(exitCode, stderr).toBe(1)
    expect(stderr).toContain('ENOSPC: no space left on device')
    expect(names(tmp)).toEqual(['filler'])
  })
})

describe.skipIf(reason !== '')('a disk that may only be read', () => {
  it('is reported before anything is written', async () => {
    const desk = newDesk()
    const folder = volume('tmpfs', 60)
    execFileSync('mount', ['-o', 'remount,ro', folder])
    const { exitCode, stderr } = await piimg(desk, [...node3, await practiceImage('bookworm'), '-o', folder])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`no permission to write to ${folder}`)
    expect(names(desk.folder)).toEqual([])
  })
})
