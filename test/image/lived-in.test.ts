import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type LivedIn, livedIn } from '../../scripts/practice/lived-in.js'
import { give, newDesk, newFolder, piimg } from '../support/cli.js'
import { copyImage, partition, practiceImage, tool } from '../support/images.js'
import { stockText } from '../support/practice-base.js'

/** What is reported of each, beside "built"; a hint for a person, not a refusal. */
const warnings: Readonly<Record<string, readonly RegExp[]>> = {
  'a second user with a password, a key and sudo, and a key for root': [
    /root\/root\/\.ssh\/authorized_keys, line 1: a key lets root of the base image log in; the file is removed/,
    /root\/etc\/shadow, line \d+: ann of the base image has a password; the account is locked/,
    /root\/home\/ann\/\.ssh\/authorized_keys, line 1: a key lets ann of the base image log in; the account is locked/,
    /root\/etc\/sudoers\.d\/020_ann, line 1: ann of the base image may use sudo; the account is locked/,
  ],
  'an update of the EEPROM that lies ready': [
    /boot\/pieeprom\.upd: each board that boots this card writes pieeprom\.upd into its EEPROM/,
  ],
  'a partition for data behind the root': [/partition table: the root is not the last partition/],
}

/** An image that somebody used, made from the release's practice image. */
async function imageOf({ release, root, boot = [], hasData }: LivedIn): Promise<string> {
  const extra = root((path) => stockText(release, `root${path}` as `root/${string}`) ?? '')
  const image = await practiceImage(release, { extra, extraBoot: boot })
  if (hasData !== true) return image
  const copy = copyImage(image, join(newFolder(), 'base.img'))
  const { offset, size } = partition(copy, 2)
  tool('truncate', ['--size=+16M', copy])
  const script = `echo ${(offset + size) / 512},,83 | sfdisk --quiet --append "$1"`
  tool('sh', ['-c', script, 'sh', copy])
  return copy
}

describe('a base image that somebody used', () => {
  it.concurrent.each(livedIn)('becomes a card: $name', async (base) => {
    const desk = newDesk()
    copyImage(await imageOf(base), join(desk.folder, 'base.img'))
    give(desk.folder)
    const words = ['--profile', 'worker', '--hostname', 'node3', '--image', 'base.img']
    const built = await piimg(desk, ['build', ...words])
    expect(built.exitCode, built.stderr).toBe(0)
    const verified = await piimg(desk, ['verify', 'out/node3.img'])
    expect(verified.exitCode, verified.stderr).toBe(0)
    for (const warning of warnings[base.name] ?? []) expect(built.stderr).toMatch(warning)
    if (warnings[base.name] === undefined) expect(built.stderr).not.toMatch(/warning/i)
  })
})
