import { spawnSync } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { partialName } from '../../builder/host/owner.js'
import { type Desk, type Finished, give, newDesk, newFolder, piimg } from '../support/cli.js'
import { type Deb, flatRepository, makeDeb } from '../support/debs.js'
import {
  debugfs,
  fsck,
  partition,
  practiceImage,
  readBytes,
  rootOf,
  sha256,
  tool,
} from '../support/images.js'

const missing = ['apt-get', 'dpkg-deb'].filter((name) => spawnSync(name, ['--version']).status !== 0)
const reason = missing.length === 0 ? '' : `no ${missing.join(', ')} on this computer`

/** What the mirror has at the moment. */
let files = new Map<string, Buffer>()
let asked: string[] = []
let server: Server
let port = 0

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const file = files.get((request.url ?? '').replace('/./', '/'))
    response.writeHead(file === undefined ? 404 : 200).end(file)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  port = (server.address() as AddressInfo).port
})
afterAll(() => server.close())

const overlay = `[overlay]
summary = "what is bundled, from one mirror only"

[packages demo]
names = demo

[remove root/etc/apt/sources.list.d/debian.sources]

[remove root/etc/apt/sources.list.d/raspi.sources]
`
const profile = '[profile]\nsummary = small\noverlays = hostname network user ssh first-boot demo\n'

/** A folder whose workers install `demo` from the mirror of this test. */
function demoDesk(trust = '[trusted=yes] '): Desk {
  return newDesk({
    'profiles/worker.ini': profile,
    'overlays/demo/overlay.ini': overlay,
    'overlays/demo/root/etc/apt/sources.list.d/demo.list': `deb ${trust}http://127.0.0.1:${port}/ ./\n`,
  })
}

function serve(...debs: readonly Deb[]): void {
  files = flatRepository(debs)
  asked = []
}

async function build(desk: Desk, hostname = 'node3', ...words: string[]): Promise<Finished> {
  const image = await practiceImage('trixie')
  return await piimg(desk, [
    'build',
    '--profile',
    'worker',
    '--hostname',
    hostname,
    '--packages-from',
    'bundle',
    '--image',
    image,
    ...words,
  ])
}

const lockOf = (desk: Desk) => readFileSync(join(desk.folder, 'packages.lock'), 'utf8')
const cacheOf = (desk: Desk) => join(desk.cache, 'packages')
const bundle = '/var/lib/piimg/packages'

describe.skipIf(reason !== '')('packages that a card brings along', () => {
  const library = makeDeb('demo-library', { version: '1:2.0+b1-3' })
  const demo = makeDeb('demo', { depends: 'demo-library' })
  const other = makeDeb('other')
  let desk: Desk

  beforeEach(() => {
    desk = demoDesk()
    serve(demo, library, other)
  })

  it('are those that apt names, with what they need, and a repository of them', async () => {
    const { exitCode, stderr } = await build(desk)
    expect(exitCode, stderr).toBe(0)
    const lock = JSON.parse(lockOf(desk)) as { sets: { wanted: string[]; packages: object[] }[] }
    expect(lock.sets).toMatchObject([
      {
        wanted: ['demo'],
        packages: [
          { name: 'demo', version: '1', architecture: 'all', size: demo.bytes.length },
          { name: 'demo-library', version: '1:2.0+b1-3', architecture: 'all', size: library.bytes.length },
        ],
      },
    ])
    const card = join(desk.folder, 'out/node3.img')
    const names = debugfs(card, `ls -p ${bundle}`)
      .split('\n')
      .map((line) => line.split('/')[5] ?? '')
    expect(names.filter((name) => /^[^.]/.test(name)).sort()).toEqual([
      'Packages',
      'SHA256SUMS',
      'demo-library_all.deb',
      'demo_all.deb',
      'sources.list',
    ])
    const cat = (name: string) => debugfs(card, `cat ${bundle}/${name}`)
    expect(Buffer.from(cat('demo_all.deb'), 'latin1').equals(demo.bytes)).toBe(true)
    expect(cat('Packages')).toContain(`Package: demo-library\nVersion: 1:2.0+b1-3\n`)
    expect(cat('sources.list')).toBe(`deb [trusted=yes] file:${bundle} ./\n`)
    expect(cat('SHA256SUMS').match(/^[0-9a-f]{64} {2}\S+$/gm)).toHaveLength(4)
    fsck(card)
    expect((await piimg(desk, ['verify', 'out/node3.img'])).exitCode).toBe(0)
    expect(readdirSync(cacheOf(desk)).every((name) => /^[0-9a-f]{64}\.deb$/.test(name))).toBe(true)
  })

  it('are asked for once: the next build asks nobody, and gives the same bytes', async () => {
    expect((await build(desk)).exitCode).toBe(0)
    const [lock, card] = [lockOf(desk), await sha256(join(desk.folder, 'out/node3.img'))]
    serve()
    expect((await build(desk)).exitCode).toBe(0)
    expect(asked).toEqual([])
    expect(lockOf(desk)).toBe(lock)
    expect(await sha256(join(desk.folder, 'out/node3.img'))).toBe(card)
  })

  it('are the same in another folder, from the same base image', async () => {
    const again = demoDesk()
    for (const each of [desk, again]) expect((await build(each)).exitCode).toBe(0)
    expect(lockOf(again)).toBe(lockOf(desk))
  })

  it('are shown by plan, which leaves no lock', async () => {
    const image = await practiceImage('trixie')
    const { exitCode, stdout, stderr } = await piimg(desk, [
      'plan',
      '--profile',
      'worker',
      '--hostname',
      'node3',
      '--packages-from',
      'bundle',
      '--image',
      image,
    ])
    expect(exitCode, stderr).toBe(0)
    expect(stdout).toMatch(/root\/var\/lib\/piimg\/packages\/demo-library_all\.deb .*\(packages\.lock\)/)
    expect(existsSync(join(desk.folder, 'packages.lock'))).toBe(false)
  })

  it('are others for nodes that want others, in one lock', async () => {
    expect((await build(desk)).exitCode).toBe(0)
    expect((await build(desk, 'node4', '--set', 'packages=other')).exitCode).toBe(0)
    const { sets } = JSON.parse(lockOf(desk)) as { sets: { wanted: string[] }[] }
    expect(sets.map(({ wanted }) => wanted)).toEqual([['demo'], ['demo', 'other']])
  })

  it('are refused where a byte of one has changed in the cache', async () => {
    expect((await build(desk)).exitCode).toBe(0)
    rmSync(join(desk.folder, 'out'), { recursive: true })
    for (const name of readdirSync(cacheOf(desk))) {
      const bytes = readFileSync(join(cacheOf(desk), name))
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
      writeFileSync(join(cacheOf(desk), name), bytes)
    }
    const { exitCode, stderr } = await build(desk)
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/does not match packages\.lock: the file has changed\n {2}hint: remove this file/)
    expect(existsSync(join(desk.folder, 'out'))).toBe(false)
  })

  it('are refused where the mirror sends other bytes than its lists say', async () => {
    files.set('/demo.deb', Buffer.from(demo.bytes).fill('x', 100, 101))
    const { exitCode, stderr } = await build(desk)
    expect(exitCode, stderr).toBe(1)
    expect(stderr).toContain('could not fetch the packages')
    expect(existsSync(join(desk.folder, 'packages.lock'))).toBe(false)
    expect(readdirSync(cacheOf(desk)).filter((name) => name.startsWith('.'))).toEqual([])
  })

  it('are refused from a mirror whose lists nobody signed', async () => {
    const { exitCode, stderr } = await build(demoDesk(''))
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(
      /could not download the package lists[^]*(does not have a Release file|is not signed)/,
    )
  })

  it('come from the lock on another computer, and are downloaded again', async () => {
    expect((await build(desk)).exitCode).toBe(0)
    const lock = lockOf(desk)
    rmSync(cacheOf(desk), { recursive: true })
    asked = []
    expect((await build(desk)).exitCode).toBe(0)
    expect(asked).toContain('/./demo.deb')
    expect(lockOf(desk)).toBe(lock)
  })

  it('are refused where the mirror has other files than the lock', async () => {
    expect((await build(desk)).exitCode).toBe(0)
    rmSync(cacheOf(desk), { recursive: true })
    serve(makeDeb('demo', { depends: 'demo-library', size: 11 }), library)
    const { exitCode, stderr } = await build(desk)
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(
      /the mirror has another demo than packages\.lock says\n {2}hint: remove packages\.lock/,
    )
  })

  it('are all reported where the mirror does not have them, each with the line that asks for it', async () => {
    serve(library)
    const { exitCode, stderr } = await build(desk, 'node3', '--set', 'packages=odd', '--set', 'user=root')
    expect(exitCode).toBe(2)
    expect(stderr).not.toContain('no package')
    const second = await build(desk, 'node3', '--set', 'packages=odd')
    expect(second.exitCode).toBe(2)
    expect(second.stderr).toMatch(
      /demo\/overlay\.ini:4 \[packages demo\]: there is no package demo for this base image/,
    )
    expect(second.stderr).toMatch(/command line --set packages: there is no package odd for this base image/)
    expect(existsSync(join(desk.folder, 'packages.lock'))).toBe(false)
  })

  it('are refused where the mirror does not have a dependency', async () => {
    serve(demo)
    const { exitCode, stderr } = await build(desk)
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/could not resolve the dependencies of the packages\n[^]*demo-library/)
  })

  it('leave nothing of a lock that a killed run was writing', async () => {
    // As of a process 1 that began at another time.
    const dead = join(desk.folder, partialName().replace(/^(\.piimg-\w+-)\d+-\w+/, '$11-0'))
    mkdirSync(dead)
    give(desk.folder)
    expect((await build(desk)).exitCode).toBe(0)
    expect(readdirSync(desk.folder).filter((name) => name.startsWith('packages.lock'))).toEqual([
      'packages.lock',
    ])
    expect(existsSync(dead)).toBe(false)
  })

  it.each(['', 'nothing', '{"base": "x", "sets": [{"wanted": ["a"], "packages": [{"name": "../a"}]}]}'])(
    'are not taken from a lock that piimg did not write (%j)',
    async (text) => {
      writeFileSync(join(desk.folder, 'packages.lock'), text)
      give(desk.folder)
      const { exitCode, stderr } = await build(desk)
      expect(exitCode).toBe(2)
      expect(stderr).toMatch(/packages\.lock: this is not a file that piimg wrote\n {2}hint: /)
    },
  )
})

describe.skipIf(reason !== '')('packages that do not fit into the root partition', () => {
  it('make it grow, and nothing else on the card', async () => {
    const desk = demoDesk()
    serve(makeDeb('demo', { size: 200 * 1024 * 1024 }))
    const { exitCode, stderr } = await build(desk)
    expect(exitCode, stderr).toBe(0)
    const [base, card] = [await practiceImage('trixie'), join(desk.folder, 'out/node3.img')]
    const [before, after] = [partition(base, 2), partition(card, 2)]
    expect(after.offset).toBe(before.offset)
    expect(after.size).toBeGreaterThan(before.size + 40 * 1024 * 1024)
    expect(partition(card, 1)).toEqual(partition(base, 1))
    // The disk signature, which the kernel finds its root by.
    expect(readBytes(card, 440, 6)).toEqual(readBytes(base, 440, 6))
    const blocks = (image: string) =>
      Number(/^Block count: +(\d+)$/m.exec(tool('dumpe2fs', ['-h', rootOf(image)]))?.[1])
    expect(blocks(card) * 4096).toBe(after.size)
    fsck(card)
    expect((await piimg(desk, ['verify', 'out/node3.img'])).exitCode).toBe(0)
    const uuid = (image: string) =>
      /^Filesystem UUID: +(\S+)$/m.exec(tool('dumpe2fs', ['-h', rootOf(image)]))?.[1]
    expect(uuid(card)).toBe(uuid(base))
    // Built again, from the same state: the same bytes.
    const again = demoDesk()
    cpSync(join(desk.folder, '.piimg'), join(again.folder, '.piimg'), { recursive: true })
    give(again.folder)
    expect((await build(again)).exitCode).toBe(0)
    expect(await sha256(join(again.folder, 'out/node3.img'))).toBe(await sha256(card))
    // As on a card: what the release's own first boot does.
    tool('truncate', ['-s', '+64M', card])
    const alone = join(newFolder(), 'root')
    tool('dd', [
      `if=${card}`,
      `of=${alone}`,
      'bs=1M',
      'conv=sparse',
      'iflag=skip_bytes',
      `skip=${after.offset}`,
    ])
    tool('resize2fs', ['-f', alone])
    tool('e2fsck', ['-fn', alone])
  })
})
