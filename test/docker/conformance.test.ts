import { statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { directory, file, type Release, symlink } from '../../scripts/practice/entries.js'
import { type Desk, give, listing, newDesk, ordinary } from '../support/cli.js'
import { bootableImage, bootFiles, copyImage, fsck, practiceImage, reachable } from '../support/images.js'
import { kernelTree, noKernelTree, wordsOfEverything } from '../support/kernel-tree.js'
import { devicesAndContainers, piimgWithDocker, reason } from './docker.js'

/** Every kind of entry, in every kind of place. */
const overlay = `[overlay]
summary = "all that a plan can hold"

[file root/srv/mail]
mode = 02750
owner = 7:8

[file root/srv/program]
mode = 04755

[file root/srv/new/deep/er/file]
mode = 0600
owner = user

[file root/srv/empty]
mode = 0644

[directory root/srv/made]
mode = 02775
owner = 12:34

[directory root/srv/theirs]
mode = 0700
owner = 33:33

[link root/srv/link]
target = ../somewhere/that is not

[link root/srv/taken]
target = elsewhere

[remove root/srv/away]

[remove root/srv/linked]

[move root/srv/old-name]
to = /srv/new-name

[remove boot/away.txt]
`
const names = [
  'srv/mail',
  'srv/program',
  'srv/new/deep/er/file',
  'srv/replaced',
  'srv/"odd" näme $(x)',
  'srv/private/below',
]
const files = {
  'overlays/all/overlay.ini': overlay,
  'overlays/all/root/srv/empty': '',
  ...Object.fromEntries(names.map((name) => [`overlays/all/root/${name}`, name.repeat(10_000)])),
  'overlays/all/boot/piimg-new.txt': 'new\n',
  'overlays/all/boot/Folder/below/a long name.txt': 'x'.repeat(5000),
  'profiles/all.ini':
    '[profile]\nsummary = all\noverlays = hostname network wifi user ssh no-wizard locale boot-options first-boot all\n',
}

/** What the overlay meets in the base image. */
const extra = [
  directory('/srv/theirs', { mode: 0o755, uid: 5, gid: 6 }),
  file('/srv/theirs/file', 'theirs', { uid: 5, gid: 6 }),
  file('/srv/replaced', 'old', { mode: 0o400, uid: 9, gid: 9 }),
  directory('/srv/private', { mode: 0o700, uid: 1000, gid: 1000 }),
  symlink('/srv/taken', '/etc/passwd'),
  directory('/srv/away', { uid: 3, gid: 3 }),
  directory('/srv/away/below'),
  file('/srv/away/below/file', 'gone'),
  symlink('/srv/linked', '/etc'),
  directory('/srv/old-name', { mode: 0o711, uid: 4, gid: 4 }),
  file('/srv/old-name/inside', 'kept', { mode: 0o640, uid: 4 }),
]

async function bothTrees(desk: Desk, words: readonly string[]) {
  const build = async (engine: string) => {
    const output = `${engine}.img`
    const all = [
      'build',
      '--profile',
      'all',
      '--hostname',
      'node3',
      '--image',
      'base.img',
      '--engine',
      engine,
      '-o',
      output,
      ...words,
    ]
    const { exitCode, stderr } = await piimgWithDocker(desk, all)
    expect(exitCode, stderr).toBe(0)
    const card = join(desk.folder, output)
    fsck(card)
    return { stderr, root: await kernelTree(card), boot: bootFiles(card) }
  }
  return { rootless: await build('rootless'), loop: await build('loop') }
}

const missing = reason === '' ? noKernelTree() : reason
beforeEach((context) => context.skip(missing !== '', missing))

describe('both engines write the same trees', () => {
  const releases: readonly Release[] = ['buster', 'bullseye', 'bookworm', 'trixie', 'debian']
  it.each(releases)('on a practice image of %s', async (release) => {
    const desk = newDesk(files)
    copyImage(await practiceImage(release, { extra }), join(desk.folder, 'base.img'))
    give(desk.folder)
    const { rootless, loop } = await bothTrees(desk, wordsOfEverything())
    expect(loop.stderr).not.toContain('without a mount')
    expect([...loop.root]).toEqual([...rootless.root])
    expect([...loop.boot]).toEqual([...rootless.boot])
    expect(rootless.root.get('/srv/mail')).toMatchObject({ mode: 0o2750, uid: 7, gid: 8 })
    expect(rootless.boot.get('/Folder/below/a long name.txt')).toBeDefined()
    console.log(`${release}: ${rootless.root.size} names; ${boot(loop.stderr)}`)
  })

  it("on Debian's bootable image", async (context) => {
    const { file: image = '', reason: none } = bootableImage()
    context.skip(none !== '' && image === '', none)
    const desk = newDesk(files)
    copyImage(reachable(image), join(desk.folder, 'base.img'))
    give(desk.folder)
    const { rootless, loop } = await bothTrees(desk, wordsOfEverything('keyboard'))
    expect([...loop.root]).toEqual([...rootless.root])
    expect([...loop.boot]).toEqual([...rootless.boot])
    console.log(`bootable image: ${rootless.root.size} names; ${boot(loop.stderr)}`)
  })
})

/** Which way the boot partition was written. */
function boot(stderr: string): string {
  return stderr.includes('no vfat')
    ? 'boot partition by mtools, this kernel has no vfat'
    : 'boot partition mounted'
}

describe('the loop engine', () => {
  let desk: Desk
  beforeAll(async () => {
    desk = newDesk(files)
    copyImage(await practiceImage('trixie', { extra }), join(desk.folder, 'base.img'))
    give(desk.folder)
  })
  const words = (engine: string, output: string) => [
    'build',
    '--profile',
    'all',
    '--hostname',
    'node3',
    '--image',
    'base.img',
    '--engine',
    engine,
    '-o',
    output,
  ]

  it('gives the same trees by a copy, where the folder is shared with another computer', async () => {
    const plain = await piimgWithDocker(desk, words('loop', 'plain.img'))
    expect(plain.exitCode, plain.stderr).toBe(0)
    const shared = await piimgWithDocker(desk, words('loop', 'shared.img'), {
      env: { PIIMG_SHARED_FOLDER: 'yes' },
    })
    expect(shared.exitCode, shared.stderr).toBe(0)
    expect(shared.stderr).toContain('working on a copy of the card')
    const [one, other] = [join(desk.folder, 'plain.img'), join(desk.folder, 'shared.img')]
    expect([...(await kernelTree(other))]).toEqual([...(await kernelTree(one))])
    expect(bootFiles(other)).toEqual(bootFiles(one))
    expect(devicesAndContainers()).toEqual([])
  })

  it('leaves a card of its user, with the mode that secrets ask for, and nothing else', async () => {
    const { exitCode, stderr } = await piimgWithDocker(desk, words('loop', 'owned.img'))
    expect(exitCode, stderr).toBe(0)
    const { uid, gid, mode } = statSync(join(desk.folder, 'owned.img'))
    expect({ uid, gid, mode: mode & 0o777 }).toEqual({ ...ordinary, mode: 0o644 })
    const secret = words('loop', 'secret.img')
    const built = await piimgWithDocker(desk, [...secret, ...wordsOfEverything()])
    expect(built.exitCode, built.stderr).toBe(0)
    expect(statSync(join(desk.folder, 'secret.img')).mode & 0o777).toBe(0o600)
    expect(listing(desk.folder).filter((line) => line.includes('.partial'))).toEqual([])
    expect(devicesAndContainers()).toEqual([])
  })
})
