import { execFileSync } from 'node:child_process'
import { mkdirSync, openSync, closeSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'vitest'
import { file, symlink } from '../../scripts/practice/entries.js'
import { piimg, newDesk, type Desk } from '../support/cli.js'
import {
  copyImage,
  debugfs,
  packed,
  partition,
  practiceImage,
  readBytes,
  tool,
  writeBytes,
} from '../support/images.js'
import { testWrongInputs, type WrongInput } from '../support/wrong-inputs.js'

const onDesk = (image: string) => ['build', '--profile', 'worker', '--hostname', 'node3', '--image', image]

/** A base image that `damage` was done to. */
function damaged(name: string, damage: (image: string) => void, ...says: (string | RegExp)[]): WrongInput {
  return {
    name,
    words: onDesk('bad.img'),
    says: ['bad.img', ...says],
    async arrange(desk) {
      const image = copyImage(await practiceImage('bookworm'), join(desk.folder, 'bad.img'))
      damage(image)
    },
  }
}

/** A practice image with other files in it. */
function withFiles(
  name: string,
  options: NonNullable<Parameters<typeof practiceImage>[1]>,
  ...says: string[]
): WrongInput {
  return {
    name,
    words: onDesk('bad.img'),
    says: ['bad.img', ...says],
    async arrange(desk) {
      copyImage(await practiceImage('bookworm', options), join(desk.folder, 'bad.img'))
    },
  }
}

/** Something at `bad.img` that `make` puts there. */
function thing(name: string, make: (path: string, desk: Desk) => void, ...says: string[]): WrongInput {
  return {
    name,
    words: onDesk('bad.img'),
    says: ['bad.img', ...says],
    arrange(desk) {
      make(join(desk.folder, 'bad.img'), desk)
    },
  }
}

const osRelease = (...lines: string[]) => ({
  extra: [file('/etc/os-release', lines.map((line) => `${line}\n`).join(''))],
})
const superblock = (image: string) => partition(image, 2).offset + 1024

function patch32(image: string, offset: number, change: (value: number) => number): void {
  const value = Buffer.alloc(4)
  value.writeUInt32LE(change(readBytes(image, offset, 4).readUInt32LE()) >>> 0)
  writeBytes(image, offset, value)
}

/** Removes the checksums first: they would reveal the change at once. */
function patchSuperblock(image: string, offset: number, change: (value: number) => number): void {
  debugfs(image, 'feature ^metadata_csum')
  patch32(image, superblock(image) + offset, change)
}

const unmountable = 'the image comes from a running Pi'

const files: WrongInput[] = [
  {
    name: 'no such file',
    words: onDesk('nothing.img'),
    says: ['no file nothing.img', 'give the path of an .img'],
  },
  {
    name: 'a name that is none',
    words: onDesk('raspios-lite'),
    says: ['no file "raspios-lite"', 'raspberrypi.com'],
  },
  {
    name: 'an address',
    words: onDesk('https://downloads.raspberrypi.com/x.img.xz'),
    says: ['is a URL', 'download it'],
  },
  {
    name: 'no image in the folder',
    words: ['build', '--profile', 'worker', '--hostname', 'node3'],
    says: ['none is in this folder', '--image FILE'],
  },
  {
    name: 'two images in the folder',
    words: ['build', '--profile', 'worker', '--hostname', 'node3'],
    files: { 'a.img': 'x', 'b.img.xz': 'y' },
    says: ['2 base images are in this folder', 'choose one: --image FILE'],
  },
  {
    name: 'a wrong PIIMG_IMAGE',
    words: ['build', '--profile', 'worker', '--hostname', 'node3'],
    env: { PIIMG_IMAGE: 'gone.img' },
    says: ['environment PIIMG_IMAGE', 'no file gone.img'],
  },
  thing('an empty file', (path) => writeFileSync(path, ''), 'an empty file', 'download it again'),
  thing(
    'random bytes',
    (path) =>
      writeFileSync(
        path,
        Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * i * 31 + (i >> 3)) & 255)),
      ),
    'not a disk image',
  ),
  thing('zeros', (path) => writeFileSync(path, Buffer.alloc(4096 * 1024)), 'begins with zeros'),
  thing('a text file', (path) => writeFileSync(path, 'hello\n'.repeat(1000)), 'a text file'),
  thing('a web page', (path) => writeFileSync(path, '<!DOCTYPE html><html>404</html>'), 'a web page'),
  thing(
    'a checksum',
    (path) => writeFileSync(path, `${'0123456789abcdef'.repeat(4)}  lite.img\n`),
    'a checksum',
  ),
  thing('100 bytes', (path) => writeFileSync(path, Buffer.alloc(100, 1)), 'only 100 bytes'),
  thing('a directory', (path) => mkdirSync(path), 'a folder'),
  { ...thing('a FIFO', (path) => tool('mkfifo', [path]), 'a pipe'), spawned: true },
  { name: '/dev/null', spawned: true, words: onDesk('/dev/null'), says: ['/dev/null', 'a device'] },
  { name: '/dev/zero', spawned: true, words: onDesk('/dev/zero'), says: ['/dev/zero', 'a device'] },
  {
    ...thing(
      'an unreadable file',
      (path) => writeFileSync(path, 'x', { mode: 0 }),
      'no permission to read this file',
    ),
    spawned: true,
  },
  thing('a link whose target does not exist', (path) => execFileSync('ln', ['-s', 'gone', path]), 'bad.img'),
  thing('a link to itself', (path) => execFileSync('ln', ['-s', 'bad.img', path]), 'bad.img'),
  thing(
    'an ISO image',
    (path) =>
      writeFileSync(path, Buffer.concat([Buffer.alloc(32769), Buffer.from('CD001'), Buffer.alloc(4000)])),
    'an ISO image',
  ),
]

const tables: WrongInput[] = [
  ...[513, 8 * 2 ** 20 + 100, 30 * 2 ** 20, 100 * 2 ** 20].map((size) =>
    damaged(
      `an image cut after ${size} bytes`,
      (image) => truncateSync(image, size),
      'the image is truncated',
      'again',
    ),
  ),
  damaged('no 55 AA', (image) => writeBytes(image, 510, Buffer.alloc(2)), 'not a disk image', '55 AA'),
  damaged('no partitions', (image) => writeBytes(image, 446, Buffer.alloc(64)), 'no partitions'),
  damaged('a GPT', (image) => writeBytes(image, 512, Buffer.from('EFI PART')), 'GPT'),
  damaged(
    'no Linux partition',
    (image) => writeBytes(image, 466, Buffer.of(7)),
    'no Linux partition',
    '0x0c, 0x07',
  ),
  damaged(
    'no FAT partition',
    (image) => writeBytes(image, 450, Buffer.of(0x82)),
    'no FAT boot partition',
    '0x82, 0x83',
  ),
  damaged(
    'partitions that overlap',
    (image) => patch32(image, 446 + 12, (size) => size + 100_000),
    'partitions 1 and 2 overlap',
  ),
  damaged(
    'exFAT for booting',
    (image) => writeBytes(image, partition(image, 1).offset + 3, Buffer.from('EXFAT   ')),
    'not a FAT32 file system: it is exFAT',
  ),
  damaged(
    'FAT16 for booting',
    (image) => {
      const { offset } = partition(image, 1)
      tool('mkfs.vfat', [
        '-F',
        '16',
        `--offset=${offset / 512}`,
        image,
        String(partition(image, 1).size / 1024),
      ])
    },
    'not a FAT32 file system: it is FAT16',
  ),
  damaged(
    'zeros for booting',
    (image) => writeBytes(image, partition(image, 1).offset, Buffer.alloc(4096)),
    'not a FAT32 file system',
    'zeros',
  ),
  damaged(
    'zeros for the root',
    (image) => writeBytes(image, superblock(image), Buffer.alloc(1024)),
    'root partition',
  ),
]

const states: WrongInput[] = [
  damaged(
    'a journal with changes',
    (image) => debugfs(image, 'feature needs_recovery'),
    'its journal still has changes (needs_recovery)',
    unmountable,
  ),
  damaged(
    'a card that is mounted',
    (image) => debugfs(image, 'ssv state 0'),
    'not marked clean',
    unmountable,
  ),
  damaged(
    'marked errors',
    (image) => debugfs(image, 'ssv state 2'),
    'marked the file system as damaged',
    'e2fsck -f',
  ),
  damaged(
    'open deleted files',
    (image) => debugfs(image, 'ssv last_orphan 12'),
    'deleted files that were still open (inode 12)',
    unmountable,
  ),
  damaged(
    'orphan_present',
    (image) => patchSuperblock(image, 100, (word) => word | 0x10000),
    'orphan_present',
  ),
  damaged(
    'a dirty boot partition',
    (image) => writeBytes(image, partition(image, 1).offset + 65, Buffer.of(1)),
    'boot partition',
    'not unmounted: it is marked dirty',
    'fsck.vfat -a',
  ),
  damaged(
    'another disk signature',
    (image) => tool('sfdisk', ['--quiet', '--disk-id', image, '0xdeadbeef']),
    'boot/cmdline.txt, line 1',
    'the kernel looks for its root at PARTUUID=5e2c0d12-02',
    'sfdisk --disk-id bad.img 0x5e2c0d12',
    'root/etc/fstab, line 2',
    'root/etc/fstab, line 3',
  ),
  damaged(
    'an unknown incompatible feature',
    (image) => patchSuperblock(image, 96, (word) => word | 0x40000000),
    'the file system uses',
    'does not support',
  ),
  damaged(
    'a superblock with a wrong checksum',
    (image) => patch32(image, superblock(image) + 16, (n) => n - 1),
    'the superblock has a wrong checksum',
  ),
  damaged('an impossible block size', (image) => patchSuperblock(image, 24, () => 40), 'root partition'),
]

const systems: WrongInput[] = [
  withFiles(
    'stretch',
    osRelease('ID=raspbian', 'VERSION="9 (stretch)"'),
    'release "stretch" is not supported',
    'the oldest is buster, the newest trixie',
  ),
  withFiles('forky', osRelease('ID=debian', 'VERSION_CODENAME=forky'), 'release "forky" is not supported'),
  withFiles(
    'Ubuntu',
    osRelease('ID=ubuntu', 'PRETTY_NAME="Ubuntu 26.04 LTS"'),
    'the image holds Ubuntu 26.04 LTS',
    'piimg builds on Raspberry Pi OS and Debian',
  ),
  withFiles('an empty os-release', osRelease(), 'an unknown system'),
  withFiles('no os-release', { extra: [symlink('/etc/os-release', 'nothing')] }, 'no /etc/os-release'),
  withFiles('no dpkg', { extra: [file('/var/lib/dpkg/status', '')] }, 'does not list the package dpkg'),
  withFiles(
    'no line for the boot partition',
    { extra: [file('/etc/fstab', '# nothing\n')] },
    'no line mounts the boot partition',
    'expected /boot or /boot/firmware',
  ),
  withFiles(
    'a circle of links at os-release',
    { extra: [symlink('/etc/os-release', 'os-release')] },
    'more than 40 symbolic links',
  ),
  damaged(
    'ifupdown alone',
    (image) => {
      debugfs(
        image,
        'rm /etc/systemd/system/multi-user.target.wants/NetworkManager.service',
        'symlink /etc/systemd/system/multi-user.target.wants/networking.service /lib/systemd/system/networking.service',
      )
    },
    'networking configures the network',
    'NetworkManager and dhcpcd',
  ),
  damaged(
    'no cmdline.txt',
    (image) => tool('mdel', ['-i', `${image}@@${partition(image, 1).offset}`, '::cmdline.txt']),
    'the boot partition has no cmdline.txt',
  ),
  {
    name: 'a card of piimg as a base',
    words: onDesk('node9.img'),
    says: ['node9.img', 'a card that piimg built, not a base image', 'build from the stock image'],
    async arrange(desk) {
      const other = newDesk()
      await piimg(other, [
        'build',
        '--profile',
        'worker',
        '--hostname',
        'node9',
        '--image',
        await practiceImage('bookworm'),
      ])
      copyImage(join(other.folder, 'out/node9.img'), join(desk.folder, 'node9.img'))
    },
  },
]

/** An archive whose bytes `change` has changed. */
function archive(
  kind: 'xz' | 'zst' | 'gz' | 'zip',
  name: string,
  change: (bytes: Buffer) => Buffer,
  exitCode: number,
  ...says: string[]
): WrongInput {
  return {
    name: `${name} .${kind}`,
    words: onDesk('bad.img'),
    exitCode,
    says: ['bad.img', ...says],
    async arrange(desk) {
      const path = packed(kind, await smallImage(), join(desk.folder, 'packed'))
      const bytes = readFileSync(
        statSync(path, { throwIfNoEntry: false }) === undefined ? `${path}.zip` : path,
      )
      execFileSync('sh', ['-c', 'rm packed*'], { cwd: desk.folder })
      writeFileSync(join(desk.folder, 'bad.img'), change(bytes))
    },
  }
}

const smallImage = () => practiceImage('bookworm', { rootSize: 32 * 2 ** 20, bootSize: 34 * 2 ** 20 })
const half = (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)
const flipped = (bytes: Buffer) => {
  const copy = Buffer.from(bytes)
  const at = (copy.length >> 1) + 1
  copy.writeUInt8(copy.readUInt8(at) ^ 0xff, at)
  return copy
}

/** A zip archive with these names in it, all of them the same small file. */
function zipOf(names: readonly string[], ...says: string[]): WrongInput {
  return {
    name: `a .zip with ${names.join(', ')}`,
    words: onDesk('bad.zip'),
    says: ['bad.zip', ...says],
    arrange(desk) {
      for (const name of names) closeSync(openSync(join(desk.folder, name), 'w'))
      execFileSync('zip', ['-q', 'bad.zip', ...names], { cwd: desk.folder })
    },
  }
}

const archives: WrongInput[] = [
  ...(['zst', 'gz', 'zip'] as const).map((kind) =>
    archive(kind, 'half a', half, 1, 'unpack bad.img', 'ends too early', 'download it again'),
  ),
  // Its end, which xz reads first, is any bytes.
  archive('xz', 'half an', half, 1, 'unpack bad.img', 'the archive is damaged', 'download it again'),
  ...(['xz', 'zst', 'gz', 'zip'] as const).map((kind) =>
    archive(kind, 'a flipped byte in a', flipped, 1, 'unpack bad.img', 'the archive is damaged'),
  ),
  ...(['xz', 'zst', 'gz'] as const).map((kind) =>
    archive(kind, 'the first 20 bytes of a', (bytes) => bytes.subarray(0, 20), 1, 'unpack bad.img'),
  ),
  archive(
    'gz',
    'something behind a',
    (bytes) => Buffer.concat([bytes, Buffer.alloc(3), Buffer.from('more')]),
    1,
    'extra data after its end',
  ),
  zipOf(['readme.txt'], 'holds no .img file, only: readme.txt'),
  zipOf(['a.img', 'b.img'], '2 images: a.img, b.img', 'unpack it'),
  zipOf(['a.img.xz'], 'another one, a.img.xz'),
]

describe('a file', () => testWrongInputs(files, () => practiceImage('bookworm')))
describe('a partition table', () => testWrongInputs(tables, () => practiceImage('bookworm')))
describe('a file system', () => testWrongInputs(states, () => practiceImage('bookworm')))
describe('a system', () => testWrongInputs(systems, () => practiceImage('bookworm')))
describe('an archive', () => testWrongInputs(archives, () => practiceImage('bookworm')))
