import { execFileSync } from 'node:child_process'
import { chmodSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { devices, privileges } from '../../builder/engines/docker.js'
import { file } from '../../scripts/practice/entries.js'
import { type Desk, give, newDesk, newFolder } from '../support/cli.js'
import { bootFiles, copyImage, practiceImage } from '../support/images.js'
import { kernelTree } from '../support/kernel-tree.js'
import { piimgWithDocker, reason } from './docker.js'

/** A folder with a docker in it that gives the real one fewer words. */
function dockerWithout(words: readonly string[]): string {
  const folder = newFolder()
  const tests = words.map((word) => `[ "$word" = '${word}' ]`).join(' || ')
  const script = `#!/bin/sh\nfor word; do shift; ${tests} || set -- "$@" "$word"; done\nPATH=\${PATH#*:} exec docker "$@"\n`
  writeFileSync(join(folder, 'docker'), script)
  chmodSync(join(folder, 'docker'), 0o755)
  return folder
}

/**
 * Takes the first eight loop devices, which a program finds without /dev/loop-control. Other tests may have one of
 * them at the moment: this waits until they free it.
 */
async function takeFirstDevices(path: string, taken: Set<string>): Promise<void> {
  const first = Array.from({ length: 8 }, (_, number) => `/dev/loop${number}`)
  while (!first.every((device) => taken.has(device))) {
    const device = execFileSync('losetup', ['--find', '--show', path], { encoding: 'utf8' }).trim()
    if (first.includes(device)) taken.add(device)
    else {
      execFileSync('losetup', ['--detach', device])
      await delay(200)
    }
  }
}

describe.skipIf(reason !== '')('the privileges of the container', () => {
  let desk: Desk
  /** As on a computer with snaps. */
  const taken = new Set<string>()
  afterAll(() => taken.forEach((device) => execFileSync('losetup', ['--detach', device])))
  beforeAll(async () => {
    const path = join(newFolder(), 'snap')
    writeFileSync(path, '')
    truncateSync(path, 1024 * 1024)
    await takeFirstDevices(path, taken)
    const overlay = '[overlay]\nsummary = x\n\n[file root/srv/theirs/mail]\nmode = 02750\nowner = 7:8\n'
    desk = newDesk({
      'overlays/mail/overlay.ini': overlay,
      'overlays/mail/root/srv/theirs/mail': 'x',
      'profiles/mail.ini': '[profile]\nsummary = x\noverlays = hostname network user ssh mail\n',
    })
    const theirs = { ...file('/srv/theirs/file'), uid: 33, gid: 33 }
    const folder = { path: '/srv/theirs', kind: 'directory', mode: 0o700, uid: 33, gid: 33 } as const
    copyImage(await practiceImage('trixie', { extra: [folder, theirs] }), join(desk.folder, 'base.img'))
    give(desk.folder)
  })

  const build = (missing: readonly string[], engine = 'loop', output = 'card.img') => {
    const env = missing.length === 0 ? {} : { PATH: `${dockerWithout(missing)}:${process.env['PATH'] ?? ''}` }
    const words = [
      'build',
      '--profile',
      'mail',
      '--hostname',
      'node3',
      '--image',
      'base.img',
      '--set',
      'boot_config=dtparam=audio=off',
    ]
    return piimgWithDocker(desk, [...words, '--engine', engine, '-o', output], { env })
  }

  it('are enough', async () => {
    const { exitCode, stderr } = await build([])
    expect(exitCode, stderr).toBe(0)
    expect(stderr).not.toContain('without a mount')
  })

  // To take away less is to give more.
  const each = [...privileges, ...devices].filter((word) => word !== '--cap-drop=ALL')
  it.each(each)('are too few without %s', async (word) => {
    const { exitCode, stderr } = await build([word])
    expect(exitCode === 1 || stderr.includes('writing the card without a mount'), stderr).toBe(true)
    console.log(
      `${word}: ${stderr
        .split('\n')
        .filter((line) => /without a mount|^ {2}\S/.test(line))
        .join(' ')
        .slice(0, 200)}`,
    )
  })

  it.each([[['--cap-add=SYS_ADMIN']], [[...devices, '--cap-add=MKNOD']]])(
    'are not needed to build without a mount (%j)',
    async (missing) => {
      const plain = await build([], 'rootless', 'rootless.img')
      expect(plain.exitCode, plain.stderr).toBe(0)
      const { exitCode, stderr } = await build(missing, 'loop', 'without.img')
      expect(exitCode, stderr).toBe(0)
      expect(stderr).toMatch(/could not attach a loop device: .*; writing the card without a mount/)
      const [one, other] = [join(desk.folder, 'rootless.img'), join(desk.folder, 'without.img')]
      expect([...(await kernelTree(other))]).toEqual([...(await kernelTree(one))])
      expect(bootFiles(other)).toEqual(bootFiles(one))
    },
  )
})
