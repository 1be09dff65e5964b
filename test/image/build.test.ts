import { chmodSync, cpSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Desk, give, listing, newDesk, piimg } from '../support/cli.js'
import {
  copyImage,
  debugfs,
  packed,
  partition,
  practiceImage,
  sha256,
  writeBytes,
} from '../support/images.js'
import {
  compareTrees,
  kernelTree,
  noKernelTree,
  testCard,
  wordsOfEverything,
} from '../support/kernel-tree.js'

const releases = ['buster', 'bullseye', 'bookworm', 'trixie', 'debian'] as const
const node3 = ['--profile', 'worker', '--hostname', 'node3']
const everything = wordsOfEverything()

describe.each(releases)('a worker on %s', (release) => {
  testCard(everything, () => practiceImage(release))
})

describe('a worker with only a hostname', () => testCard([], () => practiceImage('trixie')))

describe('the same input', () => {
  const words = ['build', ...node3, ...everything]
  const first = newDesk()
  let base = ''
  let wanted = ''

  beforeAll(async () => {
    base = await practiceImage('trixie')
    expect((await piimg(first, [...words, '--image', base])).exitCode).toBe(0)
    wanted = await sha256(join(first.folder, 'out/node3.img'))
  })

  /** Another folder with the same `.piimg`. */
  function again(): Desk {
    const desk = newDesk()
    cpSync(join(first.folder, '.piimg'), join(desk.folder, '.piimg'), { recursive: true })
    give(desk.folder)
    return desk
  }

  it.each([
    ['umask 077', { umask: '077' }],
    ['umask 000', { umask: '000' }],
    [
      'another time zone and language',
      { env: { TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' } },
    ],
    [
      'settings of mtools and e2fsprogs',
      {
        env: {
          MTOOLSRC: '/nonexistent',
          MTOOLS_LOWER_CASE: '1',
          E2FSPROGS_FAKE_TIME: '1',
          MKE2FS_CONFIG: '/nonexistent',
        },
      },
    ],
    ['a narrow terminal and no colours', { env: { COLUMNS: '10', TERM: 'dumb', NO_COLOR: '1' } }],
  ])('gives the same bytes with %s', async (_, call) => {
    const desk = again()
    mkdirSync(join(desk.folder, 'elsewhere'))
    give(desk.folder)
    const { exitCode, stderr } = await piimg(
      desk,
      [...words, '--image', base, '-o', 'elsewhere/card.img'],
      call,
    )
    expect(exitCode, stderr).toBe(0)
    expect(await sha256(join(desk.folder, 'elsewhere/card.img'))).toBe(wanted)
  })

  it('gives the same bytes from a base image of another name, owner and time', async () => {
    const desk = again()
    const other = copyImage(base, join(desk.folder, 'a base image;"$x".img'))
    utimesSync(other, 1, 1)
    give(desk.folder)
    const { exitCode, stderr } = await piimg(desk, words)
    expect(exitCode, stderr).toBe(0)
    expect(await sha256(join(desk.folder, 'out/node3.img'))).toBe(wanted)
  })

  it('gives the same bytes from a base image that nobody may write to', async () => {
    const desk = again()
    chmodSync(copyImage(base, join(desk.folder, 'base.img')), 0o444)
    give(desk.folder)
    const { exitCode, stderr } = await piimg(desk, words)
    expect(exitCode, stderr).toBe(0)
    expect(await sha256(join(desk.folder, 'out/node3.img'))).toBe(wanted)
  })

  it('gives other bytes in another cluster', async () => {
    const desk = newDesk()
    expect((await piimg(desk, [...words, '--image', base])).exitCode).toBe(0)
    expect(await sha256(join(desk.folder, 'out/node3.img'))).not.toBe(wanted)
  })

  it('takes the time of SOURCE_DATE_EPOCH', async () => {
    const env = { SOURCE_DATE_EPOCH: '1000000000' }
    const hashes = []
    for (const desk of [again(), again()]) {
      expect((await piimg(desk, [...words, '--image', base], { env })).exitCode).toBe(0)
      const card = join(desk.folder, 'out/node3.img')
      hashes.push(await sha256(card))
      expect(debugfs(card, 'stat /etc/hostname')).toContain('mtime: 0x3b9aca00')
      expect(debugfs(card, 'cat /usr/lib/piimg/plan.json')).toContain('"builtAt": 1000000000')
    }
    expect(hashes[0]).toBe(hashes[1])
    expect(hashes[0]).not.toBe(wanted)
  })

  it.each(['xz', 'zst', 'gz', 'zip'] as const)(
    'gives the same bytes from a base packed as .%s',
    async (kind) => {
      const desk = again()
      const archive = packed(kind, base, join(desk.folder, `base.${kind}`))
      const { exitCode, stderr } = await piimg(desk, [...words, '--image', archive])
      expect(exitCode, stderr).toBe(0)
      expect(await sha256(join(desk.folder, 'out/node3.img'))).toBe(wanted)
      expect(listing(desk.cache).filter((line) => !/^base |^base\/\w+\.img /.test(line))).toEqual([])
    },
  )
})

describe('several nodes at once', () => {
  it('are what each is alone', async () => {
    const base = await practiceImage('bookworm')
    const desk = newDesk()
    const all = await piimg(desk, [
      'build',
      '--profile',
      'worker',
      '--hostname',
      'node2..node4',
      '--image',
      base,
    ])
    expect(all.exitCode, all.stderr).toBe(0)
    expect(all.stdout).toBe('out/node2.img\nout/node3.img\nout/node4.img\n')
    for (const name of ['node2', 'node3', 'node4']) {
      const single = await piimg(desk, [
        'build',
        '--profile',
        'worker',
        '--hostname',
        name,
        '--image',
        base,
        '-o',
        'one.img',
      ])
      expect(single.exitCode, single.stderr).toBe(0)
      const [together, alone] = [`out/${name}.img`, 'one.img'].map((file) => join(desk.folder, file))
      expect(await sha256(together ?? '')).toBe(await sha256(alone ?? ''))
      expect(debugfs(together ?? '', 'cat /etc/hostname')).toBe(`${name}\n`)
      expect((await piimg(desk, ['verify', `out/${name}.img`])).exitCode).toBe(0)
    }
  })
})

describe('several nodes of which one fails', () => {
  it('are built up to that one, even if the next one is finished earlier', async () => {
    const desk = newDesk()
    const bin = join(desk.home, 'bin')
    mkdirSync(bin)
    // The staged name is in a file that only debugfs reads: its hostname identifies node3 there.
    writeFileSync(
      join(bin, 'debugfs'),
      '#!/bin/sh\ngrep -qx node3 root/* && sleep 2 && echo "debugfs: worn out" >&2 && exit 1\nexec /usr/sbin/debugfs "$@"\n',
      { mode: 0o755 },
    )
    give(desk.home)
    const { exitCode, stdout, stderr } = await piimg(
      desk,
      [
        'build',
        '--profile',
        'worker',
        '--hostname',
        'node2..node5',
        '--image',
        await practiceImage('bookworm'),
      ],
      { env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` } },
    )
    expect(exitCode, stderr).toBe(1)
    expect(stdout).toBe('out/node2.img\n')
    expect(stderr).toContain('could not write the root partition of node3.img')
    expect(stderr).toContain('worn out')
    expect(stderr.match(/^error:/gm)).toHaveLength(1)
    expect(readdirSync(join(desk.folder, 'out'))).toEqual(['node2.img'])
  })
})

describe('the mode of an image without a secret', () => {
  it.each([
    ['022', '644'],
    ['077', '600'],
    ['002', '664'],
  ])('with umask %s is %s', async (umask, mode) => {
    const desk = newDesk({ 'profiles/worker.ini': '[profile]\nsummary = x\noverlays = hostname user ssh\n' })
    const base = await practiceImage('bookworm')
    expect((await piimg(desk, ['build', ...node3, '--image', base], { umask })).exitCode).toBe(0)
    expect((statSync(join(desk.folder, 'out/node3.img')).mode & 0o7777).toString(8)).toBe(mode)
  })
})

describe('the comparison of two trees', () => {
  it('sees every kind of change, and only these', async (ctx) => {
    if (noKernelTree() !== '') ctx.skip(noKernelTree())
    const base = await practiceImage('bookworm')
    const image = copyImage(base, join(newDesk().folder, 'changed.img'))
    debugfs(image, 'sif /etc/fstab mode 0100600', 'sif /etc/passwd uid 7', 'sif /etc/group gid 7')
    debugfs(image, 'sif /etc/shells mtime @5', 'rm /etc/motd', 'sif /dev/tty mode 060666', 'rm /etc/mtab')
    debugfs(
      image,
      'symlink /etc/mtab elsewhere',
      'ln /etc/issue /etc/issue.too',
      'sif /etc/issue links_count 2',
      'ea_set /etc/modules user.x y',
    )
    debugfs(image, 'ea_rm /usr/bin/ping security.capability', 'mkdir /srv/new')
    const block = Number(debugfs(image, 'blocks /etc/hostname'))
    writeBytes(image, partition(image, 2).offset + 4096 * block, Buffer.from('R'))
    const { lines } = compareTrees(await kernelTree(base), await kernelTree(image))
    expect(lines.map((line) => line.replace(/[: ].*$/, ''))).toEqual([
      '/dev/tty',
      '/etc/fstab',
      '/etc/group',
      '/etc/hostname',
      '/etc/issue',
      '/etc/issue.too',
      '/etc/modules',
      '/etc/motd',
      '/etc/mtab',
      '/etc/passwd',
      '/etc/shells',
      '/srv/new',
      '/usr/bin/ping',
    ])
  })
})
