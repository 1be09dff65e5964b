import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePracticeImage } from '../../scripts/practice/image.js'
import type { PracticeEntry, Release } from '../../scripts/practice/tree.js'

const MiB = 1024 * 1024
const env = { ...process.env, LC_ALL: 'C', PATH: `${process.env['PATH']}:/usr/sbin:/sbin` }
const releases = ['buster', 'bullseye', 'bookworm', 'trixie', 'debian'] as const

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'practice-image-test-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What the tool prints; throws where it does not exit with 0. */
function tool(command: string, ...args: string[]): string {
  return execFileSync(command, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

function bytes(image: string, offset: number, length: number): Buffer {
  const buffer = Buffer.alloc(length)
  const descriptor = openSync(image, 'r')
  readSync(descriptor, buffer, 0, length, offset)
  closeSync(descriptor)
  return buffer
}

function sha256(image: string): string {
  return createHash('sha256').update(readFileSync(image)).digest('hex')
}

/** One of the two partitions, as the partition table places it. */
function partition(image: string, number: 1 | 2): { offset: number; size: number } {
  const entry = bytes(image, 446 + 16 * (number - 1), 16)
  return { offset: 512 * entry.readUInt32LE(8), size: 512 * entry.readUInt32LE(12) }
}

function ext4(image: string): string {
  return `${image}?offset=${partition(image, 2).offset}`
}

function debugfs(image: string, request: string): string {
  return tool('debugfs', '-R', request, ext4(image))
}

/** `Mode`, `User` and `Group` as debugfs shows them, e.g. `0440 0 0`. */
function modeAndOwner(image: string, path: string): string {
  const stat = debugfs(image, `stat ${path}`)
  return [/Mode: +(\d+)/, /User: +(\d+)/, /Group: +(\d+)/].map((field) => field.exec(stat)?.[1]).join(' ')
}

function fsck(image: string): void {
  tool('e2fsck', '-fn', ext4(image))
  const { offset, size } = partition(image, 1)
  const boot = `${image}.boot`
  writeFileSync(boot, bytes(image, offset, size))
  tool('fsck.vfat', '-n', boot)
  rmSync(boot)
}

describe.each(releases)('practice image of %s', (release: Release) => {
  let image = ''
  beforeAll(async () => {
    image = join(folder, `${release}.img`)
    await makePracticeImage(release, image)
  })

  it('has two clean file systems', () => {
    fsck(image)
    expect([bytes(image, 450, 1)[0], bytes(image, 466, 1)[0]]).toEqual([0x0c, 0x83])
  })

  it('takes little room', () => {
    expect(statSync(image).blocks * 512).toBeLessThan(12 * MiB)
  })

  it('is the same at every run', async () => {
    const again = join(folder, `${release}-again.img`)
    await makePracticeImage(release, again)
    expect(sha256(again)).toBe(sha256(image))
    rmSync(again)
  })

  it('mounts and boots by the PARTUUID of its own table', () => {
    const signature = bytes(image, 440, 4).readUInt32LE(0).toString(16).padStart(8, '0')
    const devices = debugfs(image, 'cat /etc/fstab').match(/^PARTUUID=\S+/gm)
    expect(devices).toEqual([`PARTUUID=${signature}-01`, `PARTUUID=${signature}-02`])
    const kernelArguments = tool('mtype', '-i', `${image}@@${partition(image, 1).offset}`, '::cmdline.txt')
    expect(kernelArguments).toMatch(new RegExp(`^[^\\n]* root=PARTUUID=${signature}-02 [^\\n]*\\n$`))
  })

  it('keeps modes, owners, links and attributes', () => {
    const home = release === 'buster' || release === 'bullseye' ? '0755' : '0700'
    expect(modeAndOwner(image, '/etc/sudoers')).toBe('0440 0 0')
    expect(modeAndOwner(image, '/etc/shadow')).toBe('0640 0 42')
    expect(modeAndOwner(image, '/home/pi')).toBe(`${home} 1000 1000`)
    expect(modeAndOwner(image, '/usr/bin/sudo')).toBe('04755 0 0')
    expect(debugfs(image, 'stat /usr/bin/perl5')).toContain('Links: 2')
    expect(debugfs(image, `stat ${release === 'buster' ? '' : '/usr'}/bin/ping`)).toContain(
      'security.capability (20)',
    )
    expect(debugfs(image, 'stat /dev/null')).toContain('Type: character special')
    expect(debugfs(image, 'htree_dump /usr/share/ca-certificates/mozilla')).toContain('Number of entries')
  })
})

describe('the options of a practice image', () => {
  const hello: PracticeEntry = {
    path: '/lib/systemd/system/hello.service',
    kind: 'file',
    mode: 0o600,
    uid: 70_000,
    gid: 8,
    content: 'hello\n',
  }
  const otherHosts: PracticeEntry = { ...hello, path: '/etc/hosts', content: 'replaced\n' }

  it('add and replace files, also below linked directories', async () => {
    const image = join(folder, 'extra.img')
    await makePracticeImage('bookworm', image, { extra: [hello, otherHosts] })
    fsck(image)
    expect(modeAndOwner(image, '/usr/lib/systemd/system/hello.service')).toBe('0600 70000 8')
    expect(debugfs(image, 'cat /etc/hosts')).toBe('replaced\n')
  })

  it('set sizes and ext4 features', async () => {
    const image = join(folder, 'sizes.img')
    const sizes = { bootSize: 64 * MiB, rootSize: 300 * MiB, diskSize: 1024 * MiB }
    await makePracticeImage('bullseye', image, { ...sizes, ext4Features: '64bit,^metadata_csum' })
    fsck(image)
    expect(statSync(image).size).toBe(sizes.diskSize)
    expect(partition(image, 1)).toEqual({ offset: 4 * MiB, size: 64 * MiB })
    expect(partition(image, 2)).toEqual({ offset: 68 * MiB, size: 300 * MiB })
    const features = /features:(.*)/.exec(tool('dumpe2fs', '-h', ext4(image)))?.[1]
    expect(features).toContain('64bit')
    expect(features).not.toContain('metadata_csum')
  })

  it('leave nothing behind where they cannot be met', async () => {
    const target = join(folder, 'failed')
    mkdirSync(target)
    const tooLarge: PracticeEntry = { ...hello, content: Buffer.alloc(20 * MiB, 'x') }
    const options = { rootSize: 16 * MiB, extra: [tooLarge] }
    await expect(makePracticeImage('trixie', join(target, 'a.img'), options)).rejects.toThrow(
      'debugfs failed',
    )
    await expect(makePracticeImage('trixie', join(target, 'a.img'), { bootSize: MiB })).rejects.toThrow(
      'FAT32',
    )
    expect(readdirSync(target)).toEqual([])
  })
})

describe('scripts/practice-image', () => {
  let program = ''
  beforeAll(() => {
    program = join(folder, 'program')
    const [sources, compiled] = ['scripts/practice', join(program, 'dist/scripts/practice')]
    mkdirSync(compiled, { recursive: true })
    writeFileSync(join(program, 'package.json'), '{ "type": "module" }')
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 }
    for (const name of readdirSync(sources)) {
      const { outputText } = ts.transpileModule(readFileSync(join(sources, name), 'utf8'), {
        compilerOptions,
      })
      writeFileSync(join(compiled, name.replace(/ts$/, 'js')), outputText)
    }
    mkdirSync(join(program, 'scripts'))
    copyFileSync('scripts/practice-image', join(program, 'scripts/practice-image'))
  })

  it('works for an ordinary user, and leaves only the image', () => {
    const target = join(folder, 'ordinary')
    mkdirSync(target)
    chmodSync(folder, 0o755)
    chmodSync(target, 0o777)
    const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups']
    const user = process.getuid?.() === 0 ? ['setpriv', ...nobody] : []
    const command = [...user, 'env', `TMPDIR=${target}`, join(program, 'scripts/practice-image')]
    tool(command[0] ?? '', ...command.slice(1), 'debian', join(target, 'debian.img'))
    expect(readdirSync(target)).toEqual(['debian.img'])
    expect(sha256(join(target, 'debian.img'))).toBe(sha256(join(folder, 'debian.img')))
  })

  it.each([[[]], [['trixie']], [['wheezy', 'a.img']], [['trixie', 'a.img', 'b.img']]])(
    'refuses %j with its usage',
    (args) => {
      expect(() => tool(join(program, 'scripts/practice-image'), ...args)).toThrow(
        expect.objectContaining({ status: 2, stderr: expect.stringContaining('usage: ') as string }),
      )
    },
  )
})
