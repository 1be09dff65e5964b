import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { EntryRecord } from '../../builder/model/plan-record.js'
import { type Desk, listing, newDesk, piimg } from '../support/cli.js'
import { bootOf, practiceImage, tool, debugfs } from '../support/images.js'

const releases = ['buster', 'bullseye', 'bookworm', 'trixie', 'debian'] as const
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKaPF9xjdGp8NUcJHdlKJlv1jvzdFKfXbDNwzKuYxEb0 me@home'
let base = ''
let node3: string[] = []

beforeAll(async () => {
  base = await practiceImage('bookworm')
  node3 = ['--profile', 'worker', '--hostname', 'node3', '--image', base]
})

/** All that a verb could change. */
function everything(desk: Desk): string[] {
  const folders = Object.values(desk) as string[]
  return folders.flatMap((folder) => [`${folder} ${statSync(folder).mtimeMs}`, ...listing(folder)])
}

describe('verbs that show', () => {
  it.each([
    ['plan', ...['--json']],
    ['plan', ...[]],
    ['check', ...[]],
  ])('%s writes nothing, and no .piimg', async (...words) => {
    const desk = newDesk({ 'notes.txt': 'x' })
    const before = everything(desk)
    const { exitCode, stdout, stderr } = await piimg(desk, [...words, ...node3])
    expect(exitCode, stderr).toBe(0)
    if (words[0] === 'plan') expect(stdout).toContain('node3')
    expect(everything(desk)).toEqual(before)
  })

  it('show a placeholder for a key that is not made yet', async () => {
    const { stdout } = await piimg(newDesk(), [
      'render',
      'node3',
      'root/home/pi/.ssh/authorized_keys',
      '--profile',
      'worker',
      '--image',
      base,
    ])
    expect(stdout).not.toMatch(/^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43} /)
    expect(stdout.trim()).not.toBe('')
  })

  it("take the user's own key, and make none", async () => {
    const desk = newDesk({ '../home/.ssh/id_ed25519.pub': `${key}\n` })
    const { exitCode, stderr } = await piimg(desk, ['build', ...node3])
    expect(exitCode, stderr).toBe(0)
    expect(debugfs(join(desk.folder, 'out/node3.img'), 'cat /home/pi/.ssh/authorized_keys')).toBe(`${key}\n`)
    expect(listing(join(desk.folder, '.piimg')).map((line) => line.split(' ')[0])).toEqual([
      '.gitignore',
      'ca',
      'cluster.json',
      'known_hosts',
      'nodes',
      'nodes/node3.json',
      'ssh_config',
    ])
  })
})

describe('plan', () => {
  it('says who asked for each package', async () => {
    const words = [
      'plan',
      '--profile',
      'worker',
      '--hostname',
      'node3',
      '--set',
      'packages=tcpdump openmpi-bin',
    ]
    const { stdout, stderr, exitCode } = await piimg(newDesk(), [
      ...words,
      '--image',
      await practiceImage('trixie'),
    ])
    expect(exitCode, stderr).toBe(0)
    expect(stdout).toMatch(
      /^ {4}openmpi-bin +\(command line --set packages, .*mpi\/overlay\.ini:\d+ \[packages openmpi\]\)$/m,
    )
    expect(stdout).toMatch(/^ {4}python3-mpi4py +\([^,]*\[packages openmpi\]\)$/m)
    expect(stdout).toMatch(/^ {4}tcpdump +\(command line --set packages\)$/m)
  })
})

describe('render', () => {
  it.each(releases)('prints the bytes that build writes on %s', async (release) => {
    const desk = newDesk()
    const image = await practiceImage(release)
    const words = [
      '--profile',
      'worker',
      '--image',
      image,
      '--set',
      'boot_config=gpu_mem=16',
      '--set',
      `authorized_keys=${key}`,
    ]
    const built = await piimg(desk, ['build', '--hostname', 'node3', ...words])
    expect(built.exitCode, built.stderr).toBe(0)
    const plan = await piimg(desk, ['plan', '--hostname', 'node3', ...words, '--json'])
    const [{ entries } = { entries: [] }] = JSON.parse(plan.stdout) as { entries: EntryRecord[] }[]
    const card = join(desk.folder, 'out/node3.img')
    const files = entries.filter(({ kind }) => kind === 'file').slice(0, 8)
    expect(files.length).toBeGreaterThan(5)
    await Promise.all(
      files.map(async ({ partition, path }) => {
        const call = ['render', 'node3', `${partition}${path}`, '--show-secrets', ...words]
        const { stdout, stderr, exitCode } = await piimg(desk, call)
        expect([exitCode, stderr]).toEqual([0, ''])
        const found =
          partition === 'boot'
            ? tool('mtype', ['-i', bootOf(card), `::${path}`])
            : debugfs(card, `cat ${path}`)
        expect(Buffer.from(stdout).toString('latin1')).toBe(found)
      }),
    )
  })
})

describe('inspect', () => {
  const systems = {
    buster: ['Raspberry Pi OS buster, armhf, image of 2023-05-03', 'mounted at /boot;', 'dhcpcd'],
    bullseye: ['Raspberry Pi OS bullseye, armhf', 'mounted at /boot;', 'dhcpcd'],
    bookworm: ['Raspberry Pi OS bookworm, arm64', 'mounted at /boot/firmware;', 'NetworkManager'],
    trixie: ['Raspberry Pi OS trixie, arm64', 'mounted at /boot/firmware;', 'NetworkManager'],
    debian: ['Debian trixie, arm64', 'predictable names', 'NetworkManager'],
  }
  it.each(releases)('says what %s is', async (release) => {
    const { exitCode, stdout, stderr } = await piimg(newDesk(), ['inspect', await practiceImage(release)])
    expect([exitCode, stderr]).toEqual([0, ''])
    for (const text of [...systems[release], 'FAT32', 'ext4', 'pi, /home/pi']) expect(stdout).toContain(text)
    expect(stdout).not.toContain('built by piimg')
  })
})

describe('piimg diff', () => {
  it('says that files of one size and time may have other bytes', async () => {
    const desk = newDesk()
    const words = [
      'build',
      '--profile',
      'worker',
      '--hostname',
      'node2',
      '--hostname',
      'node3',
      '--image',
      base,
    ]
    expect((await piimg(desk, words)).exitCode).toBe(0)
    const cards = ['diff', 'out/node2.img', 'out/node3.img']
    expect((await piimg(desk, cards)).stderr).toMatch(
      /^no differences but perhaps in bytes, which --contents compares$/m,
    )
    expect((await piimg(desk, [...cards, '--contents'])).stdout).toMatch(/^root\/etc\/hostname {2}bytes$/m)
    const same = ['diff', 'out/node2.img', 'out/node2.img', '--contents']
    expect((await piimg(desk, same)).stderr).toMatch(/^no differences$/m)
  })
})

describe('--json', () => {
  const keysOf = (text: string): string[] => {
    const value = JSON.parse(text) as unknown
    const first: unknown = Array.isArray(value) ? value[0] : value
    return Object.keys(first as object).sort()
  }
  let desk: Desk
  beforeAll(async () => {
    desk = newDesk()
    expect((await piimg(desk, ['build', ...node3])).exitCode).toBe(0)
  })

  const facts =
    'architecture boot bootMount commandLines diskSignature distribution facts file firstBoot groups imageDate interfaceNames locales networkStack packages partitions release root rootDevice rootIsLast size stock users'
  it.each([
    ['build --profile worker --hostname node3 --image BASE', 'cards planSeconds'],
    ['plan --profile worker --hostname node3 --image BASE', 'entries hostname profile values'],
    ['list profiles', 'name summary'],
    ['list overlays', 'name summary'],
    ['list variables', 'name overlay summary type'],
    ['inspect BASE', facts],
    ['inspect out/node3.img', facts.replace(' release', ' piimg release').replace(' stock', '')],
    ['verify out/node3.img', 'differences entries image problems'],
    ['diff BASE out/node3.img', 'partition path what'],
    ['doctor', 'engine engines tools'],
  ])('%s has the keys %s', async (line, keys) => {
    const words = line.split(' ').map((word) => (word === 'BASE' ? base : word))
    const { exitCode, stdout, stderr } = await piimg(desk, [...words, '--json'])
    expect(exitCode, stderr).toBe(0)
    expect(keysOf(stdout)).toEqual(keys.split(' '))
  })

  it('of check is an empty list where nothing is wrong, else a list of problems', async () => {
    const good = await piimg(desk, ['check', ...node3, '--json'])
    expect([good.exitCode, JSON.parse(good.stdout)]).toEqual([0, []])
    const bad = await piimg(desk, ['check', ...node3, '--json', '--set', 'locale=x'])
    expect(bad.exitCode).toBe(2)
    expect(JSON.parse(bad.stdout)).toMatchObject([
      {
        severity: 'error',
        where: { file: 'command line' },
        what: expect.stringContaining('locale') as string,
      },
    ])
  })
})

describe('exit codes and messages', () => {
  it('are 0 with nothing on stderr for help and version', async () => {
    for (const words of [['--help'], ['build', '--help'], ['--version'], ['help', 'plan']]) {
      const { exitCode, stdout, stderr } = await piimg(newDesk(), words)
      expect([exitCode, stderr]).toEqual([0, ''])
      expect(stdout.trim()).not.toBe('')
    }
  })

  it('--quiet leaves nothing but the result', async () => {
    const desk = newDesk()
    const { exitCode, stdout, stderr } = await piimg(desk, ['build', '--quiet', ...node3])
    expect([exitCode, stdout, stderr]).toEqual([0, 'out/node3.img\n', ''])
  })

  it('--quiet leaves warnings', async () => {
    const desk = newDesk({
      'overlays/doubt/overlay.ini':
        '[overlay]\nsummary = x\n[warn doubt]\nwhat = are you sure, {{hostname}}?\n',
      'profiles/worker.ini': '[profile]\nsummary = x\nextends = node\noverlays = doubt\n',
    })
    const { exitCode, stderr } = await piimg(desk, ['build', '--quiet', ...node3])
    expect(exitCode).toBe(0)
    expect(stderr).toMatch(/^warning: .*are you sure, node3\?/)
  })

  it('--quiet leaves errors', async () => {
    const { exitCode, stderr } = await piimg(newDesk(), ['build', '--quiet', ...node3, '--set', 'locale=x'])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/^error: /)
  })

  it('hold no escapes where stderr is no terminal', async () => {
    for (const words of [['build', '--verbose'], ['build', '--set', 'locale=x'], ['plan']]) {
      const { stdout, stderr } = await piimg(newDesk(), [...words, ...node3], {
        env: { TERM: 'xterm-256color' },
      })
      expect(stdout + stderr).not.toContain('\u001b')
      expect(stdout + stderr).not.toContain('\r')
    }
  })

  it('--verbose shows commands that work as they are', async () => {
    const { stderr } = await piimg(newDesk(), ['build', '--verbose', ...node3])
    for (const name of ['debugfs', 'e2fsck', 'fsck.vfat'])
      expect(stderr).toMatch(new RegExp(`^\\$ .*${name} `, 'm'))
  })

  it('a result that nobody reads to its end is no error', async () => {
    const desk = newDesk()
    writeFileSync(join(desk.folder, 'run.sh'), '"$@" | head -n 1\nexit "${PIPESTATUS[0]}"\n')
    const { piimgCommand, environment } = await import('../support/cli.js')
    const { spawnSync } = await import('node:child_process')
    const command = [...piimgCommand(), 'diff', base, await practiceImage('trixie')]
    const run = spawnSync('bash', [join(desk.folder, 'run.sh'), ...command], {
      encoding: 'utf8',
      cwd: desk.folder,
      env: environment(desk),
    })
    expect(run.stderr).not.toMatch(/EPIPE|^ {4}at /m)
    expect(run.status).toBe(0)
    expect(readFileSync(join(desk.folder, 'run.sh'), 'utf8')).toContain('head')
  })
})
