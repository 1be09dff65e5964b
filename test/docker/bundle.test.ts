import type { ChildProcess } from 'node:child_process'
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Desk, give, newFolder, ordinary, startPiimg } from '../support/cli.js'
import { fsck, practiceImage, sha256 } from '../support/images.js'
import { everywhere, noNamespace, without } from '../support/missing-programs.js'
import { openRelay } from '../support/relay.js'
import { signedRepository, whyNoSignatures } from '../support/signed-repository.js'
import { bridge } from './daemon.js'
import { DemoMirror } from './demo.js'
import { devicesAndContainers, docker, host, pid, piimgWithDocker, reason } from './docker.js'

const port = 3142
const words = ['build', '--profile', 'worker', '--hostname', 'node3', '--packages-from', 'bundle', '--image']
const withoutApt = without(everywhere('apt-get'), everywhere('dpkg-deb'))
const withApt = ['nsenter', '--net', `--target=${pid}`]
const missing = [reason, noNamespace, whyNoSignatures()].find((why) => why !== '') ?? ''

describe.skipIf(missing !== '')('packages on a card, where this computer has no apt but Docker', () => {
  let mirror: DemoMirror
  let relay: ChildProcess

  beforeAll(async () => {
    mirror = new DemoMirror()
    const socket = join(newFolder(), 'mirror')
    await mirror.listen(socket)
    relay = await openRelay((command) => [...withApt, ...command], port, socket)
    // The container's image is made first, which takes its time.
    const { exitCode, stderr } = await build(demoDesk(), withoutApt)
    expect(exitCode, stderr).toBe(0)
  })
  afterAll(() => {
    relay.kill()
    mirror.close()
  })
  beforeEach(() => {
    mirror.asked = []
    mirror.isMute = false
  })

  const demoDesk = (key?: string) => mirror.desk(`${bridge}:${port}`, key)
  const build = async (desk: Desk, prefix: readonly string[], env = {}) =>
    await piimgWithDocker(desk, [...words, await practiceImage('trixie')], { prefix, env })
  const lockOf = (desk: Desk) => readFileSync(join(desk.folder, 'packages.lock'), 'utf8')
  const cardOf = (desk: Desk) => sha256(join(desk.folder, 'out/node3.img'))

  it('are the same bytes as with apt, and the same lock', async () => {
    const here = demoDesk()
    const first = await build(here, withApt)
    expect(first.exitCode, first.stderr).toBe(0)
    expect(first.stderr).not.toContain('container')
    const there = demoDesk()
    cpSync(join(here.folder, '.piimg'), join(there.folder, '.piimg'), { recursive: true })
    give(there.folder)
    mirror.asked = []
    const { exitCode, stderr } = await build(there, withoutApt)
    expect(exitCode, stderr).toBe(0)
    expect(stderr).toMatch(/^bundle packages in a container: apt-get, dpkg-deb are not installed$/m)
    expect(mirror.asked).toContain('/./demo.deb')
    expect(lockOf(there)).toBe(lockOf(here))
    expect(await cardOf(there)).toBe(await cardOf(here))
    fsck(join(there.folder, 'out/node3.img'))
    expect(readdirSync(join(there.cache, 'packages'))).toEqual(readdirSync(join(here.cache, 'packages')))
    // Then from the cache.
    mirror.asked = []
    expect((await build(there, withoutApt)).exitCode).toBe(0)
    expect(mirror.asked).toEqual([])
    expect(await cardOf(there)).toBe(await cardOf(here))
    expect(devicesAndContainers()).toEqual([])
  })

  it('are refused from a mirror that another key has signed', async () => {
    const { exitCode, stderr } = await build(demoDesk(signedRepository([]).key), withoutApt)
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/could not download the package lists[^]*(not signed|verif|NO_PUBKEY)/i)
    expect(devicesAndContainers()).toEqual([])
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'leave no container when piimg is ended by %s',
    async (signal) => {
      mirror.isMute = true
      const desk = demoDesk()
      const { child, finished } = startPiimg(desk, [...words, await practiceImage('trixie')], {
        prefix: withoutApt,
        env: { DOCKER_HOST: host },
      })
      // What the mirror was asked can be a late word of the container before.
      const running = () =>
        docker('ps', '--format', '{{.Names}}')
          .split('\n')
          .find((each) => each.includes(`-${child.pid}-`))
      while ((mirror.asked.length === 0 || running() === undefined) && child.exitCode === null)
        await delay(20)
      const name = running() ?? ''
      expect(name).toContain(`-${child.pid}-`)
      expect(wallsOf(name)).toEqual({
        dropped: ['ALL'],
        added: null,
        isPrivileged: false,
        isReadOnly: true,
        user: `${ordinary.uid}:${ordinary.gid}`,
        log: 'none',
        shown: [expect.stringMatching(/packages\/\.piimg-[^/]*\.partial$/)],
      })
      child.kill(signal)
      const { exitCode, stderr, ms } = await finished
      expect(exitCode, stderr).toBe(signal === 'SIGKILL' ? null : 130)
      for (let tries = 0; devicesAndContainers().length > 0 && tries < 3000; tries++) await delay(100)
      expect(devicesAndContainers()).toEqual([])
      expect(readdirSync(desk.folder).sort()).toEqual(['overlays', 'profiles'])
      console.log(`${signal}: ended after ${(ms / 1000).toFixed(1)} s`)
    },
  )

  it('are refused where there is no container either, and the hint says how to get them', async () => {
    const { exitCode, stderr } = await build(demoDesk(), withoutApt, {
      DOCKER_HOST: 'unix:///nowhere/socket',
    })
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(
      /^error: could not bundle packages\n {2}apt-get, dpkg-deb are not installed\n {2}hint: apt-get, dpkg-deb: on Debian, Ubuntu and Raspberry Pi OS only; or use a container: docker: .*\(start docker first\)$/m,
    )
  })
})

/** What a running container may do, and what of this computer it sees. */
function wallsOf(name: string) {
  const [{ Config, HostConfig, Mounts }] = JSON.parse(docker('inspect', name)) as [
    {
      Config: { User: string }
      HostConfig: {
        CapDrop: string[]
        CapAdd: string[] | null
        Privileged: boolean
        ReadonlyRootfs: boolean
        LogConfig: { Type: string }
      }
      Mounts: { Source: string }[]
    },
  ]
  return {
    dropped: HostConfig.CapDrop,
    added: HostConfig.CapAdd,
    isPrivileged: HostConfig.Privileged,
    isReadOnly: HostConfig.ReadonlyRootfs,
    user: Config.User,
    log: HostConfig.LogConfig.Type,
    shown: Mounts.map(({ Source }) => Source),
  }
}
