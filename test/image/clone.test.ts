import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { newDesk, newFolder } from '../support/cli.js'
import { practiceImage, sha256 } from '../support/images.js'

const noGit = existsSync('.git') ? '' : 'this is no git repository'
if (noGit !== '') console.warn(`clone: skipped: ${noGit}`)

const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.org']
const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }

function git(folder: string, ...words: readonly string[]): void {
  execFileSync('git', [...identity, ...words], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** What the program is made of, as it lies here, committed or not; in a repository of its own. */
function repository(): string {
  const folder = join(newFolder(), 'origin')
  git('.', 'clone', '--quiet', '--no-hardlinks', '.', folder)
  for (const name of ['builder', 'overlays', 'profiles', 'scripts']) {
    execFileSync('rm', ['-r', join(folder, name)])
    cpSync(name, join(folder, name), { recursive: true, verbatimSymlinks: true })
  }
  for (const name of ['package.json', 'tsconfig.json', 'tsconfig.build.json', '.gitattributes']) {
    if (existsSync(name)) cpSync(name, join(folder, name))
  }
  git(folder, 'add', '--all')
  git(folder, 'commit', '--quiet', '--allow-empty', '--no-verify', '-m', 'as it is')
  return folder
}

/** Builds node3 with the program in `folder`, in the cluster of `state`. @returns the card's hash */
async function build(folder: string, state: string): Promise<string> {
  const desk = newDesk()
  cpSync(state, join(desk.folder, '.piimg'), { recursive: true })
  const words = [
    'build',
    '--profile',
    'worker',
    '--hostname',
    'node3',
    '--set',
    'wifi_ssid=home',
    '--set',
    'wifi_country=GB',
  ]
  execFileSync(
    process.execPath,
    [
      join(folder, 'dist/piimg/main.cjs'),
      ...words,
      '--set',
      'user=anna',
      '--image',
      await practiceImage('trixie'),
    ],
    {
      cwd: desk.folder,
      env: { PATH: process.env['PATH'], HOME: desk.home, TMPDIR: desk.tmp },
      stdio: 'pipe',
    },
  )
  return await sha256(join(desk.folder, 'out/node3.img'))
}

/** Compiles a clone, whose packages are those of this folder; or takes what was compiled of the same bytes. */
function compile(folder: string, compiled?: string): string {
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  if (compiled !== undefined) cpSync(join(compiled, 'dist'), join(folder, 'dist'), { recursive: true })
  else {
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: folder, stdio: 'pipe' })
  }
  return folder
}

describe.skipIf(noGit !== '')('a clone of the repository', () => {
  let origin = ''
  let plain = ''
  let state = ''
  let wanted = ''

  beforeAll(async () => {
    origin = repository()
    plain = join(newFolder(), 'plain')
    git('.', 'clone', '--quiet', origin, plain)
    compile(plain)
    const desk = newDesk()
    const image = await practiceImage('trixie')
    const words = ['build', '--profile', 'worker', '--hostname', 'node9', '--image', image]
    execFileSync(process.execPath, [join(plain, 'dist/piimg/main.cjs'), ...words], {
      cwd: desk.folder,
      env: { PATH: process.env['PATH'], HOME: desk.home },
      stdio: 'pipe',
    })
    state = join(desk.folder, '.piimg')
    wanted = await build(plain, state)
  })

  it.each([
    ['made with umask 077', '077', [] as string[]],
    ['made with umask 000', '000', []],
    ['with line ends of Windows', '022', ['-c', 'core.autocrlf=true']],
    ['without symbolic links', '022', ['-c', 'core.symlinks=false']],
    ['without modes', '022', ['-c', 'core.fileMode=false']],
  ])('%s makes the same card', async (_, umask, options) => {
    const folder = join(newFolder(), 'clone')
    const words = ['git', ...options, 'clone', '--quiet', ...options, origin, folder]
    execFileSync('sh', ['-c', `umask ${umask} && exec "$@"`, 'sh', ...words], { env, stdio: 'pipe' })
    if (umask === '077') expect((statSync(join(folder, 'overlays')).mode & 0o777).toString(8)).toBe('700')
    // Other line ends are other bytes to compile.
    const same = options.includes('core.autocrlf=true') ? undefined : plain
    expect(await build(compile(folder, same), state)).toBe(wanted)
  })

  it('whose files lost their modes makes the same card', async () => {
    const folder = join(newFolder(), 'clone')
    git('.', 'clone', '--quiet', origin, folder)
    for (const entry of readdirSync(join(folder, 'overlays'), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) chmodSync(join(entry.parentPath, entry.name), 0o777)
    }
    expect(await build(compile(folder, plain), state)).toBe(wanted)
  })
})
