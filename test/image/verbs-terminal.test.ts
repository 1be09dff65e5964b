import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Desk, environment, give, newDesk, piimg, piimgCommand } from '../support/cli.js'
import { packed, practiceImage } from '../support/images.js'
import { everywhere, noNamespace, without } from '../support/missing-programs.js'

let node3: string[] = []
beforeAll(async () => {
  node3 = ['--profile', 'worker', '--hostname', 'node3', '--image', await practiceImage('bookworm')]
})

const escape = '\u001b'
const noScript =
  spawnSync('env', ['script', '-qec', 'true', '/dev/null']).status === 0
    ? ''
    : 'no script(1) from util-linux, or no /dev/pts, to make a terminal'

/** What a terminal receives from piimg. */
function onTerminal(desk: Desk, words: readonly string[], env: Record<string, string> = {}): string {
  const line = [...piimgCommand(), ...words].map((word) => `'${word}'`).join(' ')
  const run = spawnSync('env', ['script', '-qec', line, '/dev/null'], {
    encoding: 'utf8',
    cwd: desk.folder,
    env: { ...environment(desk, { env }), TERM: 'xterm', SHELL: '/bin/sh' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return run.stdout
}

/** A desk with a slow cp, which makes `bin/used` when it runs. */
function slowDesk(): { desk: Desk; env: Record<string, string>; used: () => boolean } {
  const desk = newDesk()
  const bin = join(desk.home, 'bin')
  mkdirSync(bin)
  // A tenth of the image, a pause, and the rest: the bar has something to show.
  writeFileSync(join(bin, 'cp'), `#!/bin/sh\ntouch "${bin}/used"\nsleep 2\nexec /bin/cp "$@"\n`)
  chmodSync(join(bin, 'cp'), 0o755)
  give(desk.home)
  return {
    desk,
    env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    used: () => existsSync(join(bin, 'used')),
  }
}

describe('on a terminal', () => {
  it('a slow copy shows a bar, and takes it away at its end', (ctx) => {
    if (noScript !== '') ctx.skip(noScript)
    const { desk, env, used } = slowDesk()
    const text = onTerminal(desk, ['build', ...node3], env)
    if (!used()) ctx.skip('this file system shares blocks: nothing is copied')
    const [, ...redrawn] = text.split(`\r${escape}[K`)
    expect(redrawn[0]).toMatch(/^copying to node3\.img \[[#.]{20}\] \d+ % /)
    expect(redrawn.at(-1)).toMatch(/^copying to node3\.img: \d+\.\d s\r\n/)
    expect(text).toContain('done in')
  })

  it('a quick build shows no bar', (ctx) => {
    if (noScript !== '') ctx.skip(noScript)
    const text = onTerminal(newDesk(), ['plan', ...node3])
    expect(text).toContain('node3')
    expect(text).not.toContain(`${escape}[K`)
  })

  it('--quiet shows no bar', (ctx) => {
    if (noScript !== '') ctx.skip(noScript)
    const { desk, env } = slowDesk()
    expect(onTerminal(desk, ['build', '--quiet', ...node3], env)).toBe('out/node3.img\r\n')
  })

  it('errors are red, but not where NO_COLOR is set', (ctx) => {
    if (noScript !== '') ctx.skip(noScript)
    const words = ['build', ...node3, '--set', 'locale=x']
    expect(onTerminal(newDesk(), words)).toContain(`${escape}[31merror:${escape}[0m`)
    expect(onTerminal(newDesk(), words, { NO_COLOR: '1' })).not.toContain(escape)
    expect(onTerminal(newDesk(), words, { NO_COLOR: '' })).toContain(`${escape}[31m`)
  })
})

describe('elsewhere', () => {
  it('a slow copy is one plain line', async (ctx) => {
    const { desk, env, used } = slowDesk()
    const { stderr } = await piimg(desk, ['build', ...node3], { env })
    if (!used()) ctx.skip('this file system shares blocks: nothing is copied')
    expect(stderr).toMatch(/^copying to node3\.img: \d+\.\d s$/m)
    expect(stderr).not.toContain('\r')
    expect(stderr).not.toContain(escape)
  })
})

describe('on a computer that lacks programs', () => {
  it('doctor names them, and the command that installs them', async (ctx) => {
    if (noNamespace !== '') ctx.skip(noNamespace)
    const prefix = without(...['debugfs', 'fsck.vfat', 'docker', 'podman'].map(everywhere))
    const { exitCode, stdout } = await piimg(newDesk(), ['doctor'], { prefix })
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/^debugfs +missing /m)
    expect(stdout).toMatch(/^engine rootless +no +debugfs, fsck\.vfat are not installed$/m)
    expect(stdout).toContain('install what is missing: sudo apt install dosfstools e2fsprogs')
    const json = await piimg(newDesk(), ['doctor', '--json'], { prefix })
    expect(json.exitCode).toBe(1)
    const { tools, engine } = JSON.parse(json.stdout) as {
      tools: { name: string; path: string | null }[]
      engine: string | null
    }
    const missing = tools.filter(({ path }) => path === null).map(({ name }) => name)
    expect(missing.filter((name) => name !== 'docker' && name !== 'podman')).toEqual(['debugfs', 'fsck.vfat'])
    expect(engine).toBe(null)
  })

  it('doctor is content without what only packed images need', async (ctx) => {
    if (noNamespace !== '') ctx.skip(noNamespace)
    const { exitCode, stdout } = await piimg(newDesk(), ['doctor'], { prefix: without(everywhere('xz')) })
    expect(exitCode).toBe(0)
    expect(stdout).toContain('sudo apt install xz-utils')
  })

  it('doctor is content here', async () => {
    const { exitCode, stdout } = await piimg(newDesk(), ['doctor'])
    expect(stdout).toContain('ready')
    expect(exitCode).toBe(0)
  })

  it.each(['debugfs', 'e2fsck', 'mcopy', 'fsck.vfat'])(
    'build without %s says how to install it',
    async (name) => {
      const desk = newDesk()
      const words = ['build', ...node3, '--set', 'boot_config=gpu_mem=16']
      const { exitCode, stderr } = await piimg(desk, words, { prefix: without(everywhere(name)) })
      expect(exitCode).toBe(1)
      expect(stderr).toContain(`${name} is not installed`)
      expect(stderr).toContain('hint: sudo apt install')
      expect(existsSync(join(desk.folder, 'out'))).toBe(false)
      expect(existsSync(join(desk.folder, '.piimg'))).toBe(false)
    },
  )

  it('build from an .xz without xz says how to install it', async (ctx) => {
    if (noNamespace !== '') ctx.skip(noNamespace)
    const desk = newDesk()
    const archive = packed('xz', await practiceImage('bookworm'), join(desk.folder, 'base.img.xz'))
    const words = ['build', '--profile', 'worker', '--hostname', 'node3', '--image', archive]
    const { exitCode, stderr } = await piimg(desk, words, { prefix: without(everywhere('xz')) })
    expect(exitCode).toBe(1)
    expect(stderr).toContain('xz is not installed')
    expect(stderr).toContain('hint: sudo apt install xz-utils')
  })
})
