import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { give, newDesk } from '../support/cli.js'
import { debugfs, fsck, packed, practiceImage } from '../support/images.js'
import { everywhere, noNamespace, without } from '../support/missing-programs.js'
import { devicesAndContainers, docker, piimgWithDocker, reason } from './docker.js'

const programs = [
  'debugfs',
  'e2fsck',
  'resize2fs',
  'mcopy',
  'mdeltree',
  'fsck.vfat',
  'xz',
  'zstd',
  'losetup',
  'apt-get',
  'dpkg-deb',
]
/** The tags of piimg's container images, sorted. */
const images = () =>
  docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', 'piimg')
    .split('\n')
    .filter((tag) => tag !== '')
    .sort()
const missing = reason === '' ? noNamespace : reason
const words = [
  'build',
  '--profile',
  'worker',
  '--hostname',
  'node3',
  '--set',
  'boot_config=dtparam=audio=off',
]

describe.skipIf(missing !== '')('a computer with Docker and Node, and nothing else', () => {
  const prefix = without(...programs.map(everywhere))

  it.each(['xz', 'zst'] as const)(
    'builds from a stock image packed by %s, the first time with the container image',
    async (kind) => {
      for (const tag of images()) docker('image', 'rm', '--force', tag)
      const desk = newDesk()
      packed(kind, await practiceImage('trixie'), join(desk.folder, `base.img.${kind}`))
      give(desk.folder)
      const first = await piimgWithDocker(desk, words, { prefix })
      expect(first.exitCode, first.stderr).toBe(0)
      const lines = first.stderr.split('\n')
      expect(lines[0]).toMatch(
        /^building the container image piimg:\S+, once for this version of piimg: a minute or two$/,
      )
      expect(lines[1]).toMatch(/^built piimg:\S+ in \d+ s$/)
      expect(first.stderr).toMatch(
        /^building in a container: debugfs, e2fsck, mcopy, mdeltree, fsck\.vfat are not installed$/m,
      )
      fsck(join(desk.folder, 'out/node3.img'))
      const second = await piimgWithDocker(desk, words, { prefix })
      expect(second.exitCode, second.stderr).toBe(0)
      expect(second.stderr).not.toContain('container image')
      const verified = await piimgWithDocker(desk, ['verify', 'out/node3.img'], { prefix })
      expect(verified.exitCode, verified.stderr).toBe(0)
      expect(verified.stderr).toBe('check file systems in a container: e2fsck, fsck.vfat are not installed\n')
      debugfs(join(desk.folder, 'out/node3.img'), 'sif /etc/motd links_count 5')
      const broken = await piimgWithDocker(desk, ['verify', 'out/node3.img'], { prefix })
      expect(broken.exitCode).toBe(1)
      expect(broken.stderr).toMatch(/e2fsck found errors:\n.*ref count is 5, should be 1/)
      expect(readdirSync(join(desk.folder, 'out'))).toEqual(['node3.img'])
      expect(devicesAndContainers()).toEqual([])
    },
  )

  it('has no old images, but those that somebody else made or uses', async () => {
    const [current = ''] = images().filter((tag) => tag !== 'piimg:latest')
    const container = docker('create', 'piimg-base', 'true')
    const image = (tag: string, ...more: string[]) => docker('commit', ...more, container, tag)
    image('piimg:0.0.1-unused', '--change=LABEL piimg=built')
    image('piimg:0.0.1-used', '--change=LABEL piimg=built')
    image('piimg:0.0.1-foreign')
    image('other/piimg', '--change=LABEL piimg=built')
    const user = docker('create', 'piimg:0.0.1-used', 'true')
    docker('image', 'rm', '--force', current)
    const desk = newDesk()
    const { exitCode, stderr } = await piimgWithDocker(desk, [
      ...words,
      '--engine',
      'loop',
      '--image',
      await practiceImage('trixie'),
    ])
    expect(exitCode, stderr).toBe(0)
    expect(images()).toEqual(['piimg:0.0.1-foreign', 'piimg:0.0.1-used', current, 'piimg:latest'].sort())
    expect(docker('image', 'ls', '--format', '{{.Repository}}', 'other/piimg')).toBe('other/piimg')
    docker('rm', user, container)
    docker('image', 'rm', 'piimg:0.0.1-foreign', 'piimg:0.0.1-used', 'other/piimg')
  })

  it('says so in doctor', async () => {
    const { exitCode, stdout } = await piimgWithDocker(newDesk(), ['doctor'], { prefix })
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^engine rootless +no +debugfs, /m)
    expect(stdout).toMatch(/^engine loop +ready +docker answers/m)
    expect(stdout).toContain('piimg can build on this computer, with the engine loop')
    expect(stdout).not.toContain('Raspberry Pi OS only')
  })

  it('gets a hint where Docker does not answer', async () => {
    const desk = newDesk()
    const image = await practiceImage('trixie')
    const env = { DOCKER_HOST: 'unix:///nowhere/socket' }
    const loop = await piimgWithDocker(desk, [...words, '--image', image, '--engine', 'loop'], { env })
    expect(loop.exitCode).toBe(1)
    expect(loop.stderr).toMatch(
      /^error: could not query the features of docker\n.*\n? {2}.*unix:\/\/\/nowhere\/socket.*\n {2}hint: start docker first$/m,
    )
    const auto = await piimgWithDocker(desk, [...words, '--image', image], { env, prefix })
    expect(auto.exitCode).toBe(1)
    expect(auto.stderr).toMatch(/is not installed\n {2}hint: sudo apt install/)
    expect(readdirSync(desk.folder)).toEqual([])
  })
})
