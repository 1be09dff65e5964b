import { createCipheriv } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { file } from '../../scripts/practice/entries.js'
import {
  type Desk,
  type Finished,
  give,
  listing,
  newDesk,
  newFolder,
  piimg,
  seat,
  startPiimg,
} from '../support/cli.js'
import { packed, practiceImage, sha256 } from '../support/images.js'
import { isFull, seed } from '../support/full.js'

const count = isFull ? 20 : 10
const build = ['build', '--profile', 'worker', '--hostname', 'node3', '--image']
const old = 'the card of yesterday'

/** Numbers from 0 to 1 that are the same for the same seed (Numerical Recipes' generator). */
function random(from: number): () => number {
  let state = from
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
}

/** Bytes that neither xz nor a file system can make smaller, the same every time. */
function noise(length: number): Buffer {
  const nothing = Buffer.alloc(16)
  return createCipheriv('aes-128-ctr', nothing, nothing).update(Buffer.alloc(length))
}

let base = ''
let archive = ''
/** Milliseconds that a build takes, with an image and with an archive. */
const whole = { plain: 0, packed: 0 }

beforeAll(async () => {
  console.warn(`interrupt: seed ${seed} (PIIMG_SEED), ${count} signals of each kind`)
  const large = file('/srv/large', noise(3 * 2 ** 22))
  base = await practiceImage('bookworm', { extra: [large], rootSize: 2 ** 26 })
  archive = packed('xz', base, join(newFolder(), 'base.xz'))
  // Two at a time, as the tests run.
  const times = (image: string) =>
    Promise.all([1, 2].map(async () => (await piimg(newDesk(), [...build, image])).ms))
  whole.plain = Math.max(...(await times(base)))
  whole.packed = Math.max(...(await times(archive)))
})
afterAll(() =>
  console.warn(`interrupt: ended ${[...endings].map(([how, times]) => `${times} ${how}`).join(', ')}`),
)

interface Run extends Finished {
  readonly desk: Desk
  readonly before: string[]
  readonly card: string
  readonly hadOld: boolean
}

interface Kind {
  readonly signal: NodeJS.Signals
  /** To all processes of the group, as a terminal sends it. */
  readonly group?: boolean
  readonly image?: 'packed'
}

interface Moment {
  readonly name: string
  readonly hadOld: boolean
  /** After this share of the time that a build takes; else once this is in the work folder. */
  readonly share?: number
  readonly sight?: string
}

/** How the builds ended, and where the signal found them. */
const endings = new Map<string, number>()

/** Starts a build and sends it a signal. */
async function interrupted({ share, sight, hadOld }: Moment, { signal, group, image }: Kind): Promise<Run> {
  const leave = await seat()
  try {
    const desk = newDesk(hadOld ? { 'out/node3.img': old } : {})
    const before = names(desk)
    const { child, finished } = startPiimg(desk, [...build, image === 'packed' ? archive : base], {
      ownGroup: group === true,
    })
    if (sight === undefined) await delay((share ?? 0) * 1.05 * whole[image ?? 'plain'])
    else while (child.exitCode === null && !isInWork(desk, sight)) await delay(1)
    const hit = isInWork(desk, '') ? 'in its work folder' : isUnpacking(desk) ? 'unpacking' : 'elsewhere'
    if (child.exitCode === null && child.pid !== undefined) {
      process.kill(group === true ? -child.pid : child.pid, signal)
    }
    const end = await finished
    const how = end.exitCode === 0 ? 'whole' : `by ${signal} ${hit}`
    endings.set(how, (endings.get(how) ?? 0) + 1)
    return { ...end, desk, before, hadOld, card: join(desk.folder, 'out/node3.img') }
  } finally {
    leave()
  }
}

function isInWork({ folder }: Desk, name: string): boolean {
  const out = join(folder, 'out')
  return (
    existsSync(out) &&
    readdirSync(out).some((each) => each.startsWith('.piimg-') && existsSync(join(out, each, name)))
  )
}

function isUnpacking({ cache }: Desk): boolean {
  const folder = join(cache, 'base')
  return existsSync(folder) && readdirSync(folder).some((name) => name.startsWith('.piimg-'))
}

/** Everything on the desk but the cache, without times. */
function names({ folder, home, tmp }: Desk): string[] {
  return [folder, home, tmp].flatMap((each) =>
    listing(each).map((line) => line.replace(/(?<= 4\d+ \d+:\d+ )[\d. ]+$| [\d.]+$/, '')),
  )
}

async function isWhole({ desk, card }: Run): Promise<boolean> {
  expect(existsSync(card)).toBe(true)
  const { exitCode, stderr } = await piimg(desk, ['verify', card])
  expect(exitCode, stderr).toBe(0)
  return true
}

/** Whether the card is what it was before the build. */
function isOld({ hadOld, card }: Run): boolean {
  return hadOld ? readFileSync(card, 'latin1') === old : !existsSync(card)
}

/** The programs that work in a folder. */
function workers({ folder }: Desk): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1')
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder) || words.includes(folder)
      } catch {
        return false
      }
    })
}

async function noWorkers(desk: Desk): Promise<void> {
  for (const end = performance.now() + 600_000; workers(desk).length > 0 && performance.now() < end;)
    await delay(50)
  expect(workers(desk)).toEqual([])
}

/** What comes into the work folder, in order: the copy, what is staged, the copy for fsck.vfat. */
const sights = ['card.img', 'root', 'debugfs', 'boot.fat']

/** One test for each moment; the moments are spread over the whole build. */
function moments(from: number, watch: boolean): Moment[] {
  const next = random(seed + from)
  const shares = Array.from({ length: count }, (_, index) => ({ share: (index + next()) / count }))
  const all = [...shares, ...(watch ? sights.map((sight) => ({ sight })) : [])]
  return all.map((moment, index) => {
    const hadOld = index % 2 === 0
    const when = 'share' in moment ? `${Math.round(moment.share * 100)} %` : `the sight of ${moment.sight}`
    return { ...moment, hadOld, name: `${when}, ${hadOld ? 'over an old card' : 'in a new folder'}` }
  })
}

const polite: (Kind & { name: string })[] = [
  { name: 'SIGINT', signal: 'SIGINT' },
  { name: 'SIGTERM', signal: 'SIGTERM' },
  { name: 'SIGINT to the whole group', signal: 'SIGINT', group: true },
  { name: 'SIGINT while unpacking', signal: 'SIGINT', image: 'packed' },
]

describe.each(polite)('$name', (kind) => {
  it.concurrent.each(moments(polite.indexOf(kind), kind.image === undefined))(
    'at $name leaves nothing or all',
    async (moment) => {
      const run = await interrupted(moment, kind)
      await noWorkers(run.desk)
      // Before piimg listens, the signal itself ends it.
      if (run.signal !== null) expect(run.signal).toBe(kind.signal)
      else if (run.exitCode !== 0) {
        expect(run.exitCode, run.stderr).toBe(130)
        expect(run.stderr).toContain(`stopped by ${kind.signal}; nothing unfinished was left behind`)
      }
      expect(run.stderr).not.toMatch(/error|^ {4}at /m)
      if (run.exitCode === 0 || !isOld(run)) expect(await isWhole(run)).toBe(true)
      else expect(names(run.desk)).toEqual(run.before)
      expect(listing(run.desk.cache).filter((line) => !/^base |^base\/\w{32}\.img /.test(line))).toEqual([])
      rmSync(join(run.desk.folder, '..'), { recursive: true })
    },
  )
})

const deadly: (Kind & { name: string })[] = [
  { name: 'SIGKILL', signal: 'SIGKILL' },
  { name: 'SIGKILL while unpacking', signal: 'SIGKILL', image: 'packed' },
]

describe.each(deadly)('$name', (kind) => {
  it.concurrent.each(moments(10 + deadly.indexOf(kind), kind.image === undefined))(
    'at $name leaves nothing that counts',
    async (moment) => {
      const run = await interrupted(moment, kind)
      if (existsSync(run.card) && !isOld(run)) expect(await isWhole(run)).toBe(true)
      await noWorkers(run.desk)
      const again = await piimg(run.desk, [...build, kind.image === 'packed' ? archive : base])
      expect(again.exitCode, again.stderr).toBe(0)
      expect(await isWhole(run)).toBe(true)
      expect(readdirSync(run.desk.folder).sort()).toEqual(['.piimg', 'out'])
      expect(readdirSync(join(run.desk.folder, 'out'))).toEqual(['node3.img'])
      const state = [
        '.gitignore',
        'ca',
        'cluster.json',
        'id_ed25519',
        'id_ed25519.pub',
        'known_hosts',
        'nodes',
        'ssh_config',
      ]
      expect(readdirSync(join(run.desk.folder, '.piimg')).sort()).toEqual(state)
      expect(listing(run.desk.cache).filter((line) => !/^base |^base\/\w{32}\.img /.test(line))).toEqual([])
      rmSync(join(run.desk.folder, '..'), { recursive: true })
    },
  )
})

describe('temporary files', () => {
  it('of a dead process are removed; those of a running process and of the user stay', async () => {
    const desk = newDesk()
    mkdirSync(join(desk.folder, 'out/.piimg-mine'), { recursive: true })
    writeFileSync(join(desk.folder, 'out/.piimg-notes.txt'), 'mine')
    writeFileSync(join(desk.folder, 'out/node3.img.partial'), 'mine')
    give(desk.folder)
    const living = startPiimg(desk, [...build, base, '-o', 'out/other.img'])
    await delay(whole.plain * 0.5)
    const { exitCode, stderr } = await piimg(desk, [...build, base])
    expect(exitCode, stderr).toBe(0)
    const other = await living.finished
    expect(other.exitCode, other.stderr).toBe(0)
    expect(readdirSync(join(desk.folder, 'out')).sort()).toEqual([
      '.piimg-mine',
      '.piimg-notes.txt',
      'node3.img',
      'node3.img.partial',
      'other.img',
    ])
  })

  it('of two builds that start together do not conflict: they make one cluster', async () => {
    const desk = newDesk()
    const words = ['build', '--profile', 'worker', '--image', base, '--hostname']
    const both = await Promise.all(
      ['node2', 'node3'].map((name) => startPiimg(desk, [...words, name]).finished),
    )
    for (const { exitCode, stderr } of both) expect(exitCode, stderr).toBe(0)
    const alone = newDesk()
    expect((await piimg(desk, [...words, 'node2', '-o', '../home/'])).exitCode).toBe(0)
    expect((await piimg(desk, [...words, 'node3', '-o', '../home/'])).exitCode).toBe(0)
    for (const name of ['node2.img', 'node3.img']) {
      expect(await sha256(join(desk.folder, 'out', name))).toBe(await sha256(join(desk.home, name)))
    }
    expect(readdirSync(alone.folder)).toEqual([])
  })

  it('of a build that received SIGINT twice are removed by the next build', async () => {
    const desk = newDesk()
    const { child, finished } = startPiimg(desk, [...build, base])
    await delay(whole.plain * 0.6)
    child.kill('SIGINT')
    child.kill('SIGINT')
    const { exitCode } = await finished
    expect([0, 130, null]).toContain(exitCode)
    await noWorkers(desk)
    expect((await piimg(desk, [...build, base])).exitCode).toBe(0)
    expect(readdirSync(join(desk.folder, 'out'))).toEqual(['node3.img'])
  })
})
