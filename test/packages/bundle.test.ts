import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { configureHost } from '../../builder/host/here.js'
import type { Bundle } from '../../builder/model/bundle.js'
import { wholeOf } from '../../builder/model/content.js'
import type { Plan } from '../../builder/model/plan.js'
import { sha256Of } from '../../builder/model/sha256.js'
import { openBundler } from '../../builder/packages/bundle.js'
import { memoryTree } from '../support/memory-tree.js'
import { testPlace } from '../support/place.js'
import { planOf } from '../support/node.js'
import { practiceBase } from '../support/practice-base.js'
import { temporaryFolder } from '../support/temporary.js'

type Runner = Awaited<ReturnType<Parameters<typeof openBundler>[3]>>

const debs = {
  hello_1_all: Buffer.from('the bytes of hello'),
  libc6_2_arm64: Buffer.from('the bytes of libc6'),
}
const locked = Object.entries(debs).map(([file, bytes]) => {
  const [name = '', version = '', architecture = ''] = file.split('_')
  return { name, version, architecture, sha256: sha256Of(bytes), size: bytes.length }
})

/** A mirror with `debs`, behind an apt-get that downloads them, and a shell that reads their control files. */
function mirror(content: Readonly<Record<string, Buffer>> = debs) {
  const calls: string[] = []
  const run: Runner = ({ tool, args, env }) => {
    calls.push([tool.name, ...args].join(' '))
    const answer = (stdout: string) => Promise.resolve({ stdout, stderr: '', exitCode: 0 })
    if (tool.name === 'sh')
      return answer(
        args
          .slice(3)
          .map((path) => `Package: of ${readFileSync(path, 'utf8')}\n\n`)
          .join(''),
      )
    if (args.includes('--print-uris'))
      return answer(
        Object.entries(content)
          .map(
            ([file, bytes]) =>
              `'http://m/${file}.deb' ${file}.deb ${bytes.length} SHA256:${sha256Of(bytes)}\n`,
          )
          .join(''),
      )
    const archives = join(env?.['APT_CONFIG'] ?? '', '../var/cache/apt/archives')
    if (args.includes('--download-only'))
      for (const [file, bytes] of Object.entries(content)) {
        const path = join(archives, `${file}.deb`)
        if (!existsSync(path)) writeFileSync(path, bytes)
      }
    return answer('')
  }
  return { calls, open: () => Promise.resolve(run) }
}

/** A cache of its own for one test. @returns its folder of packages */
function ownCache(): string {
  const cache = temporaryFolder()
  configureHost({ ...testPlace, environment: { ...testPlace.environment, PIIMG_CACHE: cache } })
  onTestFinished(() => configureHost(testPlace))
  return join(cache, 'packages')
}

const base = practiceBase('trixie')
const planFor = (packages: string): Plan => planOf({ base, set: { packages, mpi: 'none' } }).plan
const wanted = planFor('hello').values.get('packages')?.value
const tree = memoryTree([])

/** The packages with their bytes read, which may come from files of different caches. */
function read(bundle: Bundle | undefined) {
  return bundle?.map((each) => ({ ...each, deb: wholeOf(each.deb).toString() }))
}

describe('the packages that a card brings along', () => {
  it('are asked for, fetched, and locked', async () => {
    const cache = ownCache()
    const { calls, open } = mirror()
    const bundler = openBundler(tree, 'arm64', undefined, open)
    const bundle = await bundler.bundleOf(planFor('hello'))
    expect(read(bundle)).toEqual(
      locked.map((each, index) => {
        const deb = Object.values(debs)[index]
        return { ...each, deb: String(deb), control: `Package: of ${String(deb)}` }
      }),
    )
    const lock = bundler.newLock()
    expect(lock).toEqual({
      base: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      sets: [{ wanted, packages: locked }],
    })
    for (const { sha256 } of locked) expect(existsSync(join(cache, `${sha256}.deb`))).toBe(true)
    expect(calls.map((call) => call.split(' ').slice(0, 3).join(' '))).toEqual([
      'apt-get update',
      'apt-get -q --print-uris',
      'apt-get --yes -qq',
      expect.stringMatching(/^sh -c/) as string,
    ])
  })

  it('are asked for once, however many nodes want the same', async () => {
    ownCache()
    const { calls, open } = mirror()
    const bundler = openBundler(tree, 'arm64', undefined, open)
    const [one, other] = await Promise.all([
      bundler.bundleOf(planFor('hello')),
      bundler.bundleOf(planFor('hello')),
    ])
    expect(one).toBe(other)
    expect(calls.filter((call) => call.endsWith('update'))).toHaveLength(1)
  })

  it('are taken from the cache where the lock names them, and the lock stays as it is', async () => {
    ownCache()
    const first = openBundler(tree, 'arm64', undefined, mirror().open)
    const bundle = await first.bundleOf(planFor('hello'))
    const { calls, open } = mirror()
    const second = openBundler(tree, 'arm64', first.newLock(), open)
    expect(read(await second.bundleOf(planFor('hello')))).toEqual(read(bundle))
    expect(second.newLock()).toBeUndefined()
    expect(calls.filter((call) => call.startsWith('apt-get'))).toEqual([])
  })

  it('are fetched in the versions of the lock where the cache lacks them', async () => {
    ownCache()
    const first = openBundler(tree, 'arm64', undefined, mirror().open)
    const contents = read(await first.bundleOf(planFor('hello')))
    ownCache()
    const { calls, open } = mirror()
    const second = openBundler(tree, 'arm64', first.newLock(), open)
    expect(read(await second.bundleOf(planFor('hello')))).toEqual(contents)
    expect(calls).toContain('apt-get -q --print-uris install hello=1 libc6=2')
  })

  it.each([
    ['another package', { ...debs, hello_1_all: Buffer.from('other bytes') }, 'another hello'],
    ['one more', { ...debs, more_3_all: Buffer.from('more') }, 'more'],
  ])('are refused where the mirror has %s than the lock names', async (_, content, what) => {
    ownCache()
    const first = openBundler(tree, 'arm64', undefined, mirror().open)
    await first.bundleOf(planFor('hello'))
    ownCache()
    const again = openBundler(tree, 'arm64', first.newLock(), mirror(content).open).bundleOf(planFor('hello'))
    await expect(again).rejects.toMatchObject({
      failure: { reason: `the mirror has ${what} than packages.lock says` },
    })
  })

  it('are refused where their file in the cache has changed', async () => {
    const cache = ownCache()
    const first = openBundler(tree, 'arm64', undefined, mirror().open)
    await first.bundleOf(planFor('hello'))
    writeFileSync(join(cache, `${locked[0]?.sha256 ?? ''}.deb`), 'changed')
    const again = openBundler(tree, 'arm64', first.newLock(), mirror().open).bundleOf(planFor('hello'))
    await expect(again).rejects.toMatchObject({ failure: { step: 'take hello from the cache' } })
  })

  it('are resolved again for another architecture, and for other sources', async () => {
    ownCache()
    const first = openBundler(tree, 'arm64', undefined, mirror().open)
    await first.bundleOf(planFor('hello'))
    const armhf = openBundler(tree, 'armhf', first.newLock(), mirror().open)
    await armhf.bundleOf(planFor('hello'))
    const sources = {
      path: '/etc/apt/sources.list',
      kind: 'file' as const,
      mode: 0o644,
      uid: 0,
      gid: 0,
      content: 'deb http://m x y\n',
    }
    const etc = ['/etc', '/etc/apt'].map((path) => ({
      path,
      kind: 'directory' as const,
      mode: 0o755,
      uid: 0,
      gid: 0,
    }))
    const other = openBundler(memoryTree([...etc, sources]), 'arm64', first.newLock(), mirror().open)
    await other.bundleOf(planFor('hello'))
    const bases = [first, armhf, other].map((each) => each.newLock()?.base)
    expect(new Set(bases).size).toBe(3)
    expect(bases).not.toContain(undefined)
  })
})
