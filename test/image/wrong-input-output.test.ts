import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Desk, give, isRoot, listing, newDesk, piimg } from '../support/cli.js'
import { bootOf, copyImage, debugfs, practiceImage, rootOf, sha256, tool } from '../support/images.js'
import { testWrongInputs, type WrongInput } from '../support/wrong-inputs.js'

const MiB = 2 ** 20
const build = ['build', '--profile', 'worker', '--hostname', 'node3']
const output = (...words: string[]) => [...build, '--image', 'BASE', '-o', ...words]

/** With a base image of its own on the desk. */
async function ownBase(desk: Desk): Promise<string> {
  return copyImage(await practiceImage('bookworm'), join(desk.folder, 'base.img'))
}

const outputs: WrongInput[] = [
  {
    name: 'a folder that is not there',
    words: output('no/such/card.img'),
    says: ['-o no/such/card.img', 'there is no folder', 'mkdir -p'],
  },
  {
    name: 'a folder that is not there, with a slash',
    words: output('cards/'),
    says: ['-o cards/', 'there is no folder', 'mkdir -p'],
  },
  {
    name: 'a folder that is a file',
    words: output('x/card.img'),
    files: { x: 'mine' },
    says: ['-o x/card.img', 'x'],
  },
  {
    name: 'a device',
    spawned: true,
    words: output('/dev/null'),
    says: ['/dev/null', 'a device', 'Raspberry Pi Imager'],
  },
  {
    name: 'a file that is no card',
    words: output('cluster.txt'),
    files: { 'cluster.txt': 'mine' },
    says: ['cluster.txt does not end in .img', 'ends in .img'],
  },
  {
    name: 'a name that may be meant as a folder',
    words: output('new'),
    says: ['new does not end in .img', 'an existing folder'],
  },
  { name: 'an empty path', words: output(''), says: ['-o'] },
  {
    name: 'a folder with the name of the card',
    words: output('cards'),
    files: { 'cards/node3.img/x': '' },
    says: ['node3.img is a folder'],
  },
  {
    name: 'the base image',
    words: [...build, '--image', 'base.img', '-o', 'base.img'],
    says: ['base.img is the base image itself', 'never changed'],
    arrange: ownBase,
  },
  {
    name: 'the base image by its default name',
    words: [...build, '--image', 'out/node3.img'],
    says: ['out/node3.img is the base image itself'],
    async arrange(desk) {
      mkdirSync(join(desk.folder, 'out'))
      copyImage(await practiceImage('bookworm'), join(desk.folder, 'out/node3.img'))
    },
  },
  {
    name: 'a hard link to the base image',
    words: [...build, '--image', 'base.img', '-o', 'link.img'],
    says: ['link.img is the base image itself'],
    arrange: async (desk) => linkSync(await ownBase(desk), join(desk.folder, 'link.img')),
  },
  {
    name: 'a symbolic link to the base image',
    words: [...build, '--image', 'base.img', '-o', 'link.img'],
    says: ['link.img is the base image itself'],
    arrange: async (desk) => symlinkSync(await ownBase(desk), join(desk.folder, 'link.img')),
  },
  {
    name: 'the base image, named by a symbolic link',
    words: [...build, '--image', 'link.img', '-o', 'base.img'],
    says: ['base.img is the base image itself'],
    arrange: async (desk) => symlinkSync(await ownBase(desk), join(desk.folder, 'link.img')),
  },
  {
    name: 'a folder that only others may write to',
    spawned: true,
    words: output('cards'),
    says: ['-o cards', 'no permission to write to', 'give another folder'],
    arrange(desk) {
      mkdirSync(join(desk.folder, 'cards'))
      chmodSync(join(desk.folder, 'cards'), 0o555)
    },
  },
  {
    name: 'a file in the place of out/',
    words: [...build, '--image', 'BASE'],
    files: { out: 'mine' },
    says: ['out is not a folder'],
  },
  {
    name: 'a working folder that only others may write to',
    spawned: true,
    words: output('card.img'),
    says: ['-o card.img', 'no permission to write to'],
    arrange: (desk) => chmodSync(desk.folder, 0o555),
  },
  {
    name: 'a working folder that has no place for .piimg',
    spawned: true,
    words: output('cards/card.img'),
    exitCode: 1,
    says: ['.piimg', 'permission denied'],
    arrange(desk) {
      mkdirSync(join(desk.folder, 'cards'))
      chmodSync(desk.folder, 0o555)
    },
  },
  {
    name: 'a block device',
    spawned: true,
    words: output('disk'),
    skip: isRoot ? '' : 'only root can make a device',
    says: ['disk is a device'],
    arrange: (desk) => void execFileSync('mknod', [join(desk.folder, 'disk'), 'b', '7', '250']),
  },
]

/** A base image of which one partition has not more than some blocks left. */
function full(name: string, fill: (image: string, filler: string) => void, ...says: string[]): WrongInput {
  return {
    name,
    words: [...build, '--image', 'base.img', '--set', 'boot_config=gpu_mem=16'],
    says: ['base.img', ...says, 'bytes free'],
    async arrange(desk) {
      const image = copyImage(await practiceImage('bookworm', small), join(desk.folder, 'base.img'))
      fill(image, join(desk.tmp, 'filler'))
      rmSync(join(desk.tmp, 'filler'))
    },
  }
}

const small = { rootSize: 32 * MiB, bootSize: 34 * MiB }

function fillRoot(image: string, filler: string, left: number): void {
  const free = Number(/^Free blocks: +(\d+)/m.exec(tool('dumpe2fs', ['-h', rootOf(image)]))?.[1])
  writeFileSync(filler, Buffer.alloc((free - left) * 4096, 'x'))
  debugfs(image, `write ${filler} filler`)
}

function fillBoot(image: string, filler: string, left: number): void {
  const free = /([\d ]+) bytes free/.exec(tool('mdir', ['-i', bootOf(image), '::/']))?.[1] ?? ''
  writeFileSync(filler, Buffer.alloc(Number(free.replaceAll(' ', '')) - left, 'x'))
  tool('mcopy', ['-i', bootOf(image), filler, '::/filler'])
}

const fullBases: WrongInput[] = [
  full('a root partition without room', (image, filler) => fillRoot(image, filler, 5), 'the root partition'),
  full('a boot partition without room', (image, filler) => fillBoot(image, filler, 0), 'the boot partition'),
]

describe('an output', () => testWrongInputs(outputs, () => practiceImage('bookworm')))
describe('a full base image', () => testWrongInputs(fullBases, () => practiceImage('bookworm')))

describe('an environment that lacks something', () => {
  it('builds without HOME', async () => {
    const desk = newDesk()
    const base = await practiceImage('bookworm')
    const { exitCode, stderr } = await piimg(desk, [...build, '--image', base], { env: { HOME: undefined } })
    expect(exitCode, stderr).toBe(0)
  })

  it('builds with a TMPDIR that is not there, as it needs none', async () => {
    const desk = newDesk()
    const base = await practiceImage('bookworm')
    const { exitCode, stderr } = await piimg(desk, [...build, '--image', base], {
      env: { TMPDIR: '/nonexistent' },
    })
    expect(exitCode, stderr).toBe(0)
    expect((await piimg(desk, ['verify', 'out/node3.img'])).exitCode).toBe(0)
    const unverified = await piimg(desk, ['verify', 'out/node3.img'], { env: { TMPDIR: '/nonexistent' } })
    expect(unverified.exitCode).toBe(1)
    expect(unverified.stderr).toContain('/nonexistent')
    expect(unverified.stderr).not.toMatch(/^ {4}at |piimg itself/m)
  })

  it('replaces a symbolic link at the output, and not the file that it names', async () => {
    const desk = newDesk({ 'precious.txt': 'mine' })
    symlinkSync('precious.txt', join(desk.folder, 'card.img'))
    give(desk.folder)
    const base = await practiceImage('bookworm')
    const before = await sha256(join(desk.folder, 'precious.txt'))
    const { exitCode, stderr } = await piimg(desk, [...build, '--image', base, '-o', 'card.img'])
    expect(exitCode, stderr).toBe(0)
    expect(await sha256(join(desk.folder, 'precious.txt'))).toBe(before)
    expect(listing(desk.folder).find((line) => line.startsWith('card.img'))).toMatch(/^card.img 100600 /)
  })

  it('takes the only image in the folder, and not a card', async () => {
    const desk = newDesk()
    copyImage(await practiceImage('bookworm'), join(desk.folder, 'base.img'))
    writeFileSync(join(desk.folder, 'notes.txt'), 'x')
    give(desk.folder)
    expect((await piimg(desk, [...build, '-o', 'node3.img'])).exitCode).toBe(0)
    expect((await piimg(desk, [...build, '-o', 'node3.img'])).exitCode).toBe(0)
  })
})
