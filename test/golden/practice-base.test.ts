import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openImage } from '../../builder/image/open-image.js'
import { readBaseFiles } from '../../builder/image/base-files.js'
import { readFacts } from '../../builder/image/facts.js'
import { makePracticeImage } from '../../scripts/practice/image.js'
import { practiceBase, releases } from '../support/practice-base.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'piimg-base-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const paths = [
  'boot/cmdline.txt',
  'boot/config.txt',
  'root/etc/default/locale',
  'root/etc/hosts',
  'root/etc/os-release',
  'root/etc/shadow',
  'root/etc/sudoers.d/*',
  'root/lib/systemd/system/ssh.service',
  'root/nothing/here',
]

it.each(releases)('the image of %s in memory is the one on disk', async (release) => {
  const file = join(folder, `${release}.img`)
  await makePracticeImage(release, file)
  const onDisk = openImage(file, `${release}.img`)
  const inMemory = practiceBase(release)
  const place = { size: 0, boot: 0, root: 0, free: 0 }
  expect({ ...inMemory.facts, ...place }).toEqual({ ...readFacts(onDisk), ...place })
  expect(readBaseFiles(inMemory.image, paths)).toEqual(readBaseFiles(onDisk, paths))
  onDisk.close()
})
