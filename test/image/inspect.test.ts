import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { livedIn } from '../../scripts/practice/lived-in.js'
import { newDesk, newFolder, piimg } from '../support/cli.js'
import { bootableImage, copyImage, partition, practiceImage, reachable, tool } from '../support/images.js'
import { stockText } from '../support/practice-base.js'

interface Stock {
  readonly hasList: boolean
  readonly differences: readonly { path: string; change: string; promises: string[]; meaning: string }[]
}

async function stockOf(image: string): Promise<Stock | undefined> {
  const { stdout, stderr, exitCode } = await piimg(newDesk(), ['inspect', image, '--json'])
  expect(exitCode, stderr).toBe(0)
  return (JSON.parse(stdout) as { stock?: Stock }).stock
}

describe('piimg inspect', () => {
  it('says of a stock image that it is as shipped', async () => {
    const image = await practiceImage('bookworm')
    const { stdout, stderr } = await piimg(newDesk(), ['inspect', image])
    expect(stdout.split('\n').slice(-3)).toEqual(['', 'as shipped', ''])
    expect(stderr).toBe('')
    expect(await stockOf(image)).toEqual({ hasList: true, differences: [] })
  })

  it('lists what differs, in columns and as JSON', async () => {
    const used = livedIn.find(({ name }) => name.startsWith('a second user'))
    if (used === undefined) throw new Error('no such image')
    const text = (path: string) => stockText(used.release, `root${path}` as `root/${string}`) ?? ''
    const image = await practiceImage(used.release, { extra: used.root(text) })
    const { stdout } = await piimg(newDesk(), ['inspect', image])
    const lines = stdout.trimEnd().split('\n')
    const start = lines.indexOf('not as shipped; for a node:')
    expect(lines.slice(start + 1)).toHaveLength(10)
    expect(lines[start + 2]).toMatch(
      /^ {2}root\/etc\/machine-id +changed {2}identity +overruled by what piimg writes$/,
    )
    expect((await stockOf(image))?.differences).toContainEqual({
      path: 'root/etc/sudoers.d/020_ann',
      change: 'added',
      promises: ['accounts'],
      meaning: 'a warning at build: ann of the base image may use sudo; the account is locked',
    })
  })

  it('reports a partition behind the root', async () => {
    const copy = copyImage(await practiceImage('bookworm'), join(newFolder(), 'base.img'))
    const { offset, size } = partition(copy, 2)
    tool('truncate', ['--size=+16M', copy])
    tool('sh', ['-c', `echo ${(offset + size) / 512},,83 | sfdisk --quiet --append "$1"`, 'sh', copy])
    const stock = await stockOf(copy)
    expect(stock?.differences.map(({ path }) => path)).toEqual(['partition table'])
    expect(stock?.differences[0]?.meaning).toMatch(/^a warning at build: the root is not the last partition/)
  })

  it('compares a disk signature that was changed later', async () => {
    const copy = copyImage(await practiceImage('trixie'), join(newFolder(), 'base.img'))
    tool('sfdisk', ['--disk-id', copy, '0xdeadbeef'])
    expect((await stockOf(copy))?.differences.map(({ path, meaning }) => `${path}: ${meaning}`)).toEqual([
      expect.stringMatching(
        /^boot\/cmdline\.txt: an error at build: the kernel looks for its root at PARTUUID=5e2c0d13-02/,
      ),
      expect.stringMatching(
        /^root\/etc\/fstab: an error at build: .* not the (boot|root) partition of the image$/,
      ),
    ])
  })

  it('says nothing about a card, which is piimg’s own', async () => {
    const desk = newDesk()
    const words = ['--profile', 'worker', '--hostname', 'node3', '--image', await practiceImage('trixie')]
    expect((await piimg(desk, ['build', ...words])).exitCode).toBe(0)
    const { stdout } = await piimg(desk, ['inspect', 'out/node3.img'])
    expect(stdout).toContain('built by piimg')
    expect(stdout).not.toContain('shipped')
    expect(await stockOf(join(desk.folder, 'out/node3.img'))).toBeUndefined()
  })

  const { file, reason } = bootableImage()
  it.skipIf(file === undefined)(
    `says of Debian's own packages that they are as shipped ${reason}`,
    async () => {
      expect(await stockOf(reachable(file ?? ''))).toEqual({ hasList: true, differences: [] })
    },
  )
})
