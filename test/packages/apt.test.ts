import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { StepError, UserError } from '../../builder/errors.js'
import { sha256Of } from '../../builder/model/sha256.js'
import { fetchPackages, makeAptRoot, resolvePackages } from '../../builder/packages/apt.js'
import { temporaryFolder } from '../support/temporary.js'

type Root = Parameters<typeof resolvePackages>[0]
type Run = Root['run']

const bytes = Buffer.from('a package')
const sha256 = sha256Of(bytes)
const line = (file: string, size = bytes.length) =>
  `'http://mirror/pool/${file}' ${file} ${size} SHA256:${sha256}`

/** apt-get as it would answer; every call is noted. */
function aptAnswering(answers: Readonly<Record<string, { stdout?: string; exitCode?: number }>>) {
  const calls: {
    words: readonly string[]
    env: Readonly<Record<string, string>>
    fetchesTo: string | undefined
  }[] = []
  const run: Run = (command, shown) => {
    calls.push({ words: command.args, env: command.env ?? {}, fetchesTo: shown.fetchesTo })
    const verb = command.args.find((word) => word in answers) ?? ''
    return Promise.resolve({ stdout: '', stderr: '', exitCode: 0, ...answers[verb] })
  }
  return { calls, run }
}

const files = {
  status: Buffer.from('Package: base-files\n'),
  files: new Map([
    [
      '/etc/apt/sources.list',
      Buffer.from('deb [signed-by=/usr/share/keyrings/a.gpg] http://mirror trixie main\n'),
    ],
    ['/usr/share/keyrings/a.gpg', Buffer.from('key')],
    ['/etc/apt/apt.conf.d/90piimg-proxy', Buffer.from('Acquire::http::Proxy "http://10.0.0.1:3142";')],
  ]),
}

describe('the root in which apt takes itself for a node', () => {
  it('has the files of the node, and keyrings by where they are now', () => {
    const folder = temporaryFolder()
    const { config } = makeAptRoot(folder, aptAnswering({}).run, 'arm64', files)
    expect(readFileSync(join(folder, 'status'))).toEqual(files.status)
    expect(readFileSync(join(folder, 'etc/apt/sources.list'), 'utf8')).toBe(
      `deb [signed-by=${folder}/usr/share/keyrings/a.gpg] http://mirror trixie main\n`,
    )
    expect(readFileSync(join(folder, 'usr/share/keyrings/a.gpg'), 'utf8')).toBe('key')
    const settings = readFileSync(config, 'utf8')
    expect(settings).toContain(`Dir "${folder}/";\n`)
    expect(settings).toContain('APT::Architecture "arm64";\n')
    expect(settings).toContain('APT::Install-Recommends "false";\n')
    expect(settings).toContain('Acquire::http::Proxy "http://10.0.0.1:3142";\n')
    expect(statSync(config).mode & 0o777).toBe(0o600)
    expect(existsSync(join(folder, 'var/cache/apt/archives/partial'))).toBe(true)
  })
})

describe('what apt has to install', () => {
  const rootOf = (run: Run) => makeAptRoot(temporaryFolder(), run, 'arm64', files)
  const nobody = () => []

  it('is read from its output, sorted, whatever else it says', async () => {
    const stdout = [
      'Reading package lists...',
      line('zlib1g_1%3a1.2-1_arm64.deb', 7),
      line('hello_2.10-3_all.deb'),
      'done',
      '',
    ].join('\n')
    const { calls, run } = aptAnswering({ install: { stdout } })
    const root = rootOf(run)
    expect(await resolvePackages(root, ['hello', 'zlib1g=1:1.2-1'], nobody)).toEqual([
      {
        name: 'hello',
        version: '2.10-3',
        architecture: 'all',
        sha256,
        size: bytes.length,
        file: 'hello_2.10-3_all.deb',
      },
      {
        name: 'zlib1g',
        version: '1:1.2-1',
        architecture: 'arm64',
        sha256,
        size: 7,
        file: 'zlib1g_1%3a1.2-1_arm64.deb',
      },
    ])
    expect(calls.map(({ words }) => words)).toEqual([
      ['update'],
      ['-q', '--print-uris', 'install', 'hello', 'zlib1g=1:1.2-1'],
    ])
    for (const { env, fetchesTo } of calls) {
      expect(env).toMatchObject({ APT_CONFIG: root.config, DEBIAN_FRONTEND: 'noninteractive' })
      expect(fetchesTo).toBe(root.folder)
    }
  })

  it('is nothing where everything is installed', async () => {
    expect(await resolvePackages(rootOf(aptAnswering({}).run), ['hello'], nobody)).toEqual([])
  })

  it.each([
    "'http://mirror/hello.deb' hello_2.10-3_arm64.deb 53052 MD5Sum:0123",
    "'http://mirror/hello.deb' hello_2.10-3_arm64.deb 53052",
    `'http://mirror/hello.deb' hello.deb 53052 SHA256:${sha256}`,
    `'http://mirror/hello.deb' hello_2.10-3.deb 53052 SHA256:${sha256}`,
    "'cut off",
  ])('is refused where a line is not understood: %s', async (stdout) => {
    const found = resolvePackages(rootOf(aptAnswering({ install: { stdout } }).run), ['hello'], nobody)
    await expect(found).rejects.toThrow(StepError)
    await expect(found).rejects.toMatchObject({
      failure: { reason: expect.stringContaining(stdout) as string },
    })
  })

  it('names each package that does not exist, with the place that asks for it', async () => {
    const stdout = 'E: Unable to locate package helo\nE: Unable to locate package wrld\n'
    const asked = (name: string) => (name === 'helo' ? [{ file: 'cluster.ini', line: 7 }] : [])
    const found = resolvePackages(
      rootOf(aptAnswering({ install: { stdout, exitCode: 100 } }).run),
      ['helo', 'wrld'],
      asked,
    )
    await expect(found).rejects.toThrow(UserError)
    await expect(found).rejects.toMatchObject({
      problems: [
        { where: { file: 'cluster.ini', line: 7 }, what: expect.stringContaining('helo') as string },
        { where: { file: 'base image' }, what: expect.stringContaining('wrld') as string },
      ],
    })
  })

  it('reports the last lines of apt where it finds no way', async () => {
    const stdout = `noise\n${'more noise\n'.repeat(10)}E: Unable to correct problems, you have held broken packages.`
    const found = resolvePackages(
      rootOf(aptAnswering({ install: { stdout, exitCode: 100 } }).run),
      ['hello'],
      nobody,
    )
    await expect(found).rejects.toMatchObject({
      failure: {
        reason: expect.stringMatching(/^apt-get: (more noise\n){5}E: Unable to correct problems/) as string,
      },
    })
  })
})

describe('packages that are fetched', () => {
  const each = {
    name: 'hello',
    version: '1',
    architecture: 'all',
    sha256,
    size: bytes.length,
    file: 'hello_1_all.deb',
  }
  const other = { ...each, name: 'other', file: 'other_1_all.deb' }

  /** A root whose apt downloads `content` for what is not in its archives. */
  function downloading(content: Buffer) {
    const calls: (readonly string[])[] = []
    const root = makeAptRoot(
      temporaryFolder(),
      (command) => {
        calls.push(command.args)
        for (const { file } of [each, other]) {
          const path = join(root.folder, 'var/cache/apt/archives', file)
          if (!existsSync(path)) writeFileSync(path, content)
        }
        return Promise.resolve({ stdout: '', stderr: '', exitCode: 0 })
      },
      'arm64',
      files,
    )
    return { calls, root }
  }

  it('are moved to their places', async () => {
    const { calls, root } = downloading(bytes)
    const target = join(temporaryFolder(), 'kept')
    await fetchPackages(root, ['hello'], [each], { have: () => undefined, target: () => target })
    expect(readFileSync(target)).toEqual(bytes)
    expect(calls).toEqual([['--yes', '-qq', '--download-only', 'install', 'hello']])
  })

  it('are not fetched where all are there', async () => {
    const { calls, root } = downloading(bytes)
    await fetchPackages(root, ['hello'], [each], { have: () => '/somewhere', target: () => '/nowhere' })
    expect(calls).toEqual([])
  })

  it('are shown to apt where they are there, so that it fetches the others only', async () => {
    const kept = join(temporaryFolder({ kept: bytes }), 'kept')
    const { root } = downloading(bytes)
    const target = join(temporaryFolder(), 'new')
    await fetchPackages(root, ['hello', 'other'], [each, other], {
      have: ({ name }) => (name === 'hello' ? kept : undefined),
      target: () => target,
    })
    expect(readFileSync(target)).toEqual(bytes)
    expect(statSync(kept).nlink).toBe(2)
  })

  it('are refused where they are not what the signed lists say, and are not kept', async () => {
    const { root } = downloading(Buffer.from('something else'))
    const target = join(temporaryFolder(), 'kept')
    const fetched = fetchPackages(root, ['hello'], [each], { have: () => undefined, target: () => target })
    await expect(fetched).rejects.toMatchObject({ failure: { step: 'fetch hello' } })
    expect(existsSync(target)).toBe(false)
  })
})
