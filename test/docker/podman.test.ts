import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Call, type Desk, give, isRoot, newFolder, ordinary, piimg, startPiimg } from '../support/cli.js'
import { isFull } from '../support/full.js'
import { bootFiles, fsck, packed, practiceImage } from '../support/images.js'
import { kernelTree, noKernelTree } from '../support/kernel-tree.js'
import { everywhere, noNamespace, without } from '../support/missing-programs.js'
import { whyNoSignatures } from '../support/signed-repository.js'
import { baseLayer } from './daemon.js'
import { DemoMirror } from './demo.js'

const port = 3143
const onlyApt = without(everywhere('docker'), everywhere('podman'))
const programs = [
  'docker',
  'debugfs',
  'e2fsck',
  'mcopy',
  'mdeltree',
  'fsck.vfat',
  'xz',
  'apt-get',
  'dpkg-deb',
]
const onlyPodman = without(...programs.map(everywhere))
const words = ['build', '--profile', 'worker', '--hostname', 'node3', '--packages-from', 'bundle', '--image']

function whyNot(): string {
  if (!isFull) return 'takes 3 minutes: scripts/test --full'
  if (!isRoot) return 'only root can be root of Podman'
  if (spawnSync('podman', ['--version']).status !== 0) return 'podman is not installed'
  const layer = baseLayer()
  return 'reason' in layer ? layer.reason : noNamespace || noKernelTree() || whyNoSignatures()
}

/** Limits that root of any computer may set, and the tests' own network. */
const containersConf = `[containers]
default_ulimits = ["nofile=1000:1000", "nproc=1000:1000"]
netns = "host"
[engine]
lock_type = "file"
`
/** For a user who has no further user ids (subuid(5)). */
const storageConf = `[storage]
driver = "vfs"
[storage.options]
ignore_chown_errors = "true"
`

/** A Podman with a place of its own; `env` is what finds it, as the ordinary user. */
interface Podman {
  readonly env: Readonly<Record<string, string>>
  stop(): void
}

/** As on a Linux computer: no daemon, and no rights but the user's. */
function podmanOfUser(): Podman {
  const place = newFolder()
  const config = join(place, 'home/.config/containers')
  mkdirSync(config, { recursive: true })
  mkdirSync(join(place, 'run'), { mode: 0o700 })
  writeFileSync(join(config, 'containers.conf'), containersConf)
  writeFileSync(join(config, 'storage.conf'), storageConf)
  give(place)
  const env = { HOME: join(place, 'home'), XDG_RUNTIME_DIR: join(place, 'run') }
  // The process that holds the user's namespace.
  const stop = () => process.kill(Number(readFileSync(join(place, 'run/libpod/tmp/pause.pid'), 'utf8')))
  return { env, stop }
}

/** As on macOS: a service of another computer's root. */
async function podmanOfRoot(): Promise<Podman> {
  const place = newFolder()
  const socket = join(place, 'socket')
  writeFileSync(join(place, 'containers.conf'), containersConf)
  const folders = [
    '--root',
    join(place, 'root'),
    '--runroot',
    join(place, 'run'),
    '--tmpdir',
    join(place, 'tmp'),
  ]
  const service = spawn(
    'setpriv',
    [
      '--pdeathsig',
      'TERM',
      'podman',
      ...folders,
      '--storage-driver=vfs',
      'system',
      'service',
      '--time=0',
      `unix://${socket}`,
    ],
    { env: { ...process.env, CONTAINERS_CONF: join(place, 'containers.conf') }, stdio: 'ignore' },
  )
  while (!existsSync(socket) && service.exitCode === null) await delay(100)
  chmodSync(socket, 0o777)
  mkdirSync(join(place, 'user'), { mode: 0o700 })
  give(join(place, 'user'))
  const env = { CONTAINER_HOST: `unix://${socket}`, XDG_RUNTIME_DIR: join(place, 'user') }
  return { env, stop: () => service.kill() }
}

const reason = whyNot()

describe.skipIf(reason !== '').each([
  ['of the user', podmanOfUser, /could not attach a loop device: .*; writing the card without a mount/],
  ['of root', podmanOfRoot, /^(?![^]*without a mount)/],
] as const)(`with Podman %s, and nothing else (${reason})`, (_, open, mounts) => {
  let podman: Podman
  let mirror: DemoMirror

  const ask = (args: readonly string[], stdin: number | 'ignore' = 'ignore') => {
    const env = { PATH: process.env['PATH'] ?? '', ...podman.env }
    const { status, stdout, stderr } = spawnSync('podman', args, {
      ...ordinary,
      env,
      stdio: [stdin, 'pipe', 'pipe'],
      encoding: 'utf8',
      cwd: '/',
    })
    expect(status, stderr).toBe(0)
    return stdout.trim()
  }
  const call = (): Call => ({ prefix: onlyPodman, env: podman.env, patience: 200_000 })
  const left = () =>
    [ask(['ps', '--all', '--quiet']), ask(['volume', 'ls', '--quiet'])].filter((line) => line !== '')
  const demoDesk = async (): Promise<Desk> => {
    const desk = mirror.desk(`127.0.0.1:${port}`)
    packed('xz', await practiceImage('trixie'), join(desk.folder, 'base.img.xz'))
    give(desk.folder)
    return desk
  }

  beforeAll(async () => {
    podman = await open()
    const layer = baseLayer()
    if ('reason' in layer) throw new Error(layer.reason)
    ask(['import', '-', 'piimg-base'], openSync(layer.file, 'r'))
    mirror = new DemoMirror()
    await mirror.listen(port)
    // The container's image is made first, which takes its time.
    const { exitCode, stderr } = await piimg(await demoDesk(), [...words, 'base.img.xz'], call())
    expect(exitCode, stderr).toBe(0)
  })
  afterAll(() => {
    mirror.close()
    podman.stop()
  })
  beforeEach(() => {
    mirror.asked = []
    mirror.isMute = false
  })

  it('a card has the same trees and the same packages as one made here', async () => {
    const here = await demoDesk()
    const first = await piimg(here, [...words, 'base.img.xz'], { prefix: onlyApt })
    expect(first.exitCode, first.stderr).toBe(0)
    const there = await demoDesk()
    cpSync(join(here.folder, '.piimg'), join(there.folder, '.piimg'), { recursive: true })
    give(there.folder)
    const { exitCode, stderr } = await piimg(there, [...words, 'base.img.xz'], call())
    expect(exitCode, stderr).toBe(0)
    expect(stderr).toMatch(mounts)
    const [one, other] = [here, there].map(({ folder }) => join(folder, 'out/node3.img')) as [string, string]
    fsck(other)
    expect([...(await kernelTree(other))]).toEqual([...(await kernelTree(one))])
    expect(bootFiles(other)).toEqual(bootFiles(one))
    const lockOf = ({ folder }: Desk) => readFileSync(join(folder, 'packages.lock'), 'utf8')
    expect(lockOf(there)).toBe(lockOf(here))
    const verified = await piimg(there, ['verify', 'out/node3.img'], call())
    expect(verified.exitCode, verified.stderr).toBe(0)
    expect(left()).toEqual([])
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'no container stays when piimg is ended by %s while apt waits',
    async (signal) => {
      mirror.isMute = true
      const desk = await demoDesk()
      const { child, finished } = startPiimg(desk, [...words, 'base.img.xz'], call())
      await ended(child, signal, () => mirror.asked.length > 0)
      expect((await finished).exitCode).toBe(signal === 'SIGKILL' ? null : 130)
      for (let tries = 0; left().length > 0 && tries < 3000; tries++) await delay(100)
      expect(left()).toEqual([])
    },
  )

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'nor when it is ended by %s while a card is written',
    async (signal) => {
      const desk = await demoDesk()
      const { child, finished } = startPiimg(desk, [...words, 'base.img.xz'], call())
      const isWriting = () => ask(['ps', '--format', '{{.Command}}']).split('\n').includes('apply')
      await ended(child, signal, isWriting)
      await finished
      for (let tries = 0; left().length > 0 && tries < 3000; tries++) await delay(100)
      expect(left()).toEqual([])
      expect(
        existsSync(join(desk.folder, 'out'))
          ? readdirSync(join(desk.folder, 'out')).filter((name) => !name.startsWith('.piimg-'))
          : [],
      ).toEqual([])
    },
  )
})

/** Sends a signal to a running piimg when it is time. */
async function ended(child: ChildProcess, signal: NodeJS.Signals, isTime: () => boolean): Promise<void> {
  while (!isTime() && child.exitCode === null) await delay(20)
  child.kill(signal)
}
