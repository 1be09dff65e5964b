import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { directory, file, type PracticeEntry, symlink } from '../../scripts/practice/entries.js'
import { type Desk, type Finished, give, listing, newDesk, newFolder, piimg } from './cli.js'
import { bootOf, copyImage, debugfs, fsck, practiceImage, rootOf, tool } from './images.js'

/** How the card is built: piimg, or piimg with an engine. */
let start: typeof piimg = piimg

/** A folder of this computer that links in the images lead to; piimg may write to it, and must not. */
let canary = ''
let canaryBefore: string[] = []

function makeCanary(): void {
  canary = newFolder()
  for (const name of ['system-connections', 'etc', 'sshd_config.d', 'lib']) mkdirSync(join(canary, name))
  for (const name of ['hosts', 'hostname', 'etc/passwd', 'lib/plan.json'])
    writeFileSync(join(canary, name), name)
  symlinkSync('hosts', join(canary, 'link'))
  give(canary)
  canaryBefore = contents()
}

function contents(): string[] {
  const files = readdirSync(canary, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  return [
    ...listing(canary),
    ...files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')),
  ]
}

interface Built extends Finished {
  readonly desk: Desk
  readonly card: string
}

interface Hostile {
  readonly extra?: readonly PracticeEntry[]
  readonly change?: (image: string) => void
  readonly words?: readonly string[]
}

/** Builds node3 from a base image with such files; whatever comes of it, nothing of this computer has changed. */
async function build({ extra = [], change, words = [] }: Hostile): Promise<Built> {
  const desk = newDesk()
  const base = copyImage(await practiceImage('bookworm', { extra }), join(desk.folder, 'base.img'))
  change?.(base)
  give(desk.folder)
  const before = listing(desk.folder)
  const finished = await start(desk, ['build', '--profile', 'worker', '--hostname', 'node3', ...words])
  expect(finished.stderr).not.toMatch(/^ {4}at |piimg itself/m)
  expect(contents()).toEqual(canaryBefore)
  const card = join(desk.folder, 'out/node3.img')
  if (finished.exitCode === 0) {
    fsck(card)
    expect(listing(join(desk.folder, 'out'))).toHaveLength(1)
    expect((await piimg(desk, ['verify', 'out/node3.img'])).exitCode).toBe(0)
  } else {
    expect([1, 2]).toContain(finished.exitCode)
    expect(finished.stdout).toBe('')
    expect(listing(desk.folder).map(withoutTime)).toEqual(before.map(withoutTime))
  }
  return { ...finished, desk, card }
}

function withoutTime(line: string): string {
  return line.replace(/ [\d.]+$/, '')
}

/** What a card holds at a path; debugfs follows no link there. */
function read(card: string, path: string): string {
  return debugfs(card, `cat "${path}"`)
}

function typeOf(card: string, path: string): string {
  return /Type: (\w+)/.exec(debugfs(card, `stat "${path}"`))?.[1] ?? 'none'
}

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKaPF9xjdGp8NUcJHdlKJlv1jvzdFKfXbDNwzKuYxEb0 me'
const withKey = ['--set', `authorized_keys=${key}`]

/** Tests of base images that mean ill, or have gone wrong. */
export function testHostileImages(run: typeof piimg): void {
  start = run
  beforeAll(makeCanary)
  describe.concurrent('links in the base image', () => {
    it('to a folder of this computer are not followed out of the image', async () => {
      const target = join(canary, 'system-connections')
      const { stderr, exitCode } = await build({
        extra: [symlink('/etc/NetworkManager/system-connections', target)],
      })
      expect(exitCode).toBe(2)
      expect(stderr).toContain(`root/etc/NetworkManager/system-connections is a link to ${target}`)
    })

    it('to a folder that is in the image as well are followed there', async () => {
      const target = join(canary, 'system-connections')
      const inside = [directory(target), symlink('/etc/NetworkManager/system-connections', target)]
      const { exitCode, stderr, card } = await build({ extra: inside })
      expect(exitCode, stderr).toBe(0)
      expect(read(card, `${target}/eth0.nmconnection`)).toContain('address1=10.0.0.3/24')
      expect(typeOf(card, '/etc/NetworkManager/system-connections')).toBe('symlink')
    })

    it('that climb stop at the root of the image', async () => {
      const { exitCode, stderr, card } = await build({
        extra: [symlink('/home/pi/.ssh', '../../../..')],
        words: withKey,
      })
      expect([0, 2], stderr).toContain(exitCode)
      if (exitCode === 0) expect(read(card, '/home/pi/.ssh/authorized_keys')).toContain(key)
      else expect(stderr).toContain('root/home/pi/.ssh')
    })

    it('in a circle are an error that names them', async () => {
      const { exitCode, stderr } = await build({
        change(image) {
          debugfs(image, 'rm /etc/ssh/sshd_config.d/rename_user.conf', 'rmdir /etc/ssh/sshd_config.d')
          debugfs(image, 'symlink /etc/ssh/sshd_config.d b', 'symlink /etc/ssh/b sshd_config.d')
        },
      })
      expect(exitCode).toBe(2)
      expect(stderr).toContain('/etc/ssh/sshd_config.d')
      expect(stderr).toContain('more than 40 symbolic links')
    })

    it.each([
      ['/../../../tmp/x', 'symlink'],
      ['/dev/null', 'character'],
      ['/proc/self/environ', 'symlink'],
      ['CANARY/hosts', 'symlink'],
    ])('at /etc/hosts to %s are no text to edit', async (target, kind) => {
      const { exitCode, stderr } = await build({
        extra: [symlink('/etc/hosts', target.replace('CANARY', canary))],
      })
      expect(exitCode).toBe(2)
      expect(stderr).toContain(`root/etc/hosts is a ${kind}`)
      expect(stderr).toContain('not a text that can be edited')
    })

    it('at /usr/lib/piimg lead inside the image or nowhere', async () => {
      const outside = await build({ extra: [symlink('/usr/lib/piimg', join(canary, 'lib'))] })
      expect(outside.exitCode).toBe(2)
      expect(outside.stderr).toContain('root/usr/lib/piimg is a link to')
      const inside = await build({ extra: [symlink('/usr/lib/piimg', '../share/doc')] })
      expect(inside.exitCode, inside.stderr).toBe(0)
      expect(read(inside.card, '/usr/share/doc/plan.json')).toContain('"hostname": "node3"')
    })

    it('at plan.json itself are replaced', async () => {
      const { exitCode, stderr, card } = await build({
        extra: [symlink('/usr/lib/piimg/plan.json', '/etc/motd')],
      })
      expect([0, 2], stderr).toContain(exitCode)
      if (exitCode === 0) expect(read(card, '/etc/motd')).toBe('Welcome to a practice image.\n')
    })

    it('at /etc are followed', async () => {
      const { exitCode, stderr, card } = await build({
        extra: [symlink('/etc/os-release', '/usr/lib/os-release')],
        change(image) {
          debugfs(image, 'ln /etc /usr/etc2', 'unlink /etc', 'symlink /etc usr/etc2')
          // The folder's parent is another one now.
          tool('e2fsck', ['-fy', rootOf(image)], [1])
        },
      })
      expect(exitCode, stderr).toBe(0)
      expect(read(card, '/usr/etc2/hostname')).toBe('node3\n')
      expect(typeOf(card, '/etc')).toBe('symlink')
    })

    it('in a chain of 300 end in an error, of 30 where they lead', async () => {
      const chain = (length: number) => [
        ...Array.from({ length }, (_, index) => symlink(`/srv/l${index}`, `l${index + 1}`)),
        file(`/srv/l${length}`, '127.0.0.1\tfar\n'),
        symlink('/etc/hosts', '/srv/l0'),
      ]
      const long = await build({ extra: chain(300) })
      expect(long.exitCode).toBe(2)
      expect(long.stderr).toContain('/etc/hosts on')
      expect(long.stderr).toContain('more than 40 symbolic links')
      const short = await build({ extra: chain(30) })
      expect(short.exitCode, short.stderr).toBe(0)
      expect(read(short.card, '/srv/l30')).toMatch(/far\n[^]*10\.0\.0\.3\tnode3/)
      expect(typeOf(short.card, '/etc/hosts')).toBe('symlink')
    })
  })

  describe.concurrent('files that are something else', () => {
    it.each([
      ['a FIFO', 'p'],
      ['a character device', 'c 1 3'],
      ['a block device', 'b 8 0'],
    ])('%s at /etc/hosts is no text to edit', async (_, kind) => {
      const { exitCode, stderr } = await build({
        change: (image) => {
          debugfs(image, 'rm /etc/hosts', `mknod hosts ${kind}`, 'ln /hosts /etc/hosts', 'unlink /hosts')
        },
      })
      expect(exitCode).toBe(2)
      expect(stderr).toContain('root/etc/hosts is a')
      expect(stderr).toContain('not a text that can be edited')
    })

    it('a FIFO and a device where a whole file goes are replaced', async () => {
      const { exitCode, stderr, card } = await build({
        change: (image) =>
          debugfs(
            image,
            'rm /etc/hostname',
            'mknod hostname p',
            'ln /hostname /etc/hostname',
            'unlink /hostname',
          ),
      })
      expect(exitCode, stderr).toBe(0)
      expect(typeOf(card, '/etc/hostname')).toBe('regular')
    })

    it('a folder where a file goes is an error', async () => {
      const { exitCode, stderr } = await build({
        extra: [directory('/etc/ssh/sshd_config.d/01-piimg.conf'), directory('/etc/sudoers.d/zz_piimg')],
      })
      expect(exitCode).toBe(2)
      expect(stderr).toContain('root/etc/sudoers.d/zz_piimg is a folder in the base image')
    })

    it('a file where a folder goes is an error', async () => {
      const { exitCode, stderr } = await build({ extra: [file('/home/pi/.ssh', 'x')], words: withKey })
      expect([0, 2], stderr).toContain(exitCode)
      if (exitCode === 2) expect(stderr).toContain('root/home/pi/.ssh')
    })

    it('a further name of /etc/hosts keeps the old content', async () => {
      const { exitCode, stderr, card } = await build({
        extra: [{ ...file('/srv/hosts.old'), hardLinkTo: '/etc/hosts' }],
      })
      expect(exitCode, stderr).toBe(0)
      expect(read(card, '/srv/hosts.old')).toContain('127.0.1.1\t\traspberrypi')
      expect(read(card, '/etc/hosts')).toContain('10.0.0.3\tnode3')
      expect(debugfs(card, 'stat /srv/hosts.old')).toContain('Links: 1')
    })

    it('a size that no computer has memory for is an error', async () => {
      const { exitCode, stderr } = await build({
        change: (image) => debugfs(image, 'sif /etc/hosts size 0x100000000000'),
      })
      expect(exitCode).toBe(2)
      expect(stderr).toContain('/etc/hosts')
      expect(stderr).toMatch(/too large|damaged/)
    })
  })

  describe.concurrent('names that are hard to quote', () => {
    const names = [
      'a b',
      'quote"s',
      "it's",
      'semi;colon',
      '%s%n',
      '-w',
      '--help',
      '$(touch x)',
      '`x`',
      '~',
      'back\\slash',
      '#',
    ]

    it('stay as they are in a folder that is edited', async () => {
      const content = 'pi ALL=(ALL) NOPASSWD: ALL\n'
      const { exitCode, stderr, card } = await build({
        extra: names.map((name) => file(`/etc/sudoers.d/${name}`, content, { mode: 0o440 })),
        words: ['--set', 'user=anna'],
      })
      expect(exitCode, stderr).toBe(0)
      const found = names.map((name) => [name, read(card, `/etc/sudoers.d/${name.replaceAll('"', '""')}`)])
      expect(found).toEqual(names.map((name) => [name, content.replace('pi', 'anna')]))
    })

    it('with line ends are no commands of debugfs', async () => {
      const climb = 'lcd ..\n'.repeat(4)
      const name = (inode: string) =>
        `${'x'.repeat(6 - inode.length)}\n${climb}lcd ${basename(canary)}\ndump <${inode}> hosts\nq`
      const { length } = name('1')
      const { exitCode, stderr } = await build({
        extra: [file(`/etc/sudoers.d/${'n'.repeat(length)}`, 'pi ALL=(ALL) ALL\n', { mode: 0o440 })],
        change(image) {
          const inode = /Inode: (\d+)/.exec(debugfs(image, 'stat /etc/motd'))?.[1] ?? ''
          rename(image, 'n'.repeat(length), name(inode))
        },
        words: ['--set', 'user=anna'],
      })
      expect(exitCode).not.toBe(0)
      expect(stderr).toMatch(/sudoers\.d\/x+\\n/)
      expect(stderr).toContain('cannot be written with debugfs')
    })

    it('of bytes that are no UTF-8 are an error where they would be edited', async () => {
      const { exitCode, stderr } = await build({
        extra: [file('/etc/sudoers.d/latin_1', 'pi ALL=(ALL) ALL\n', { mode: 0o440 })],
        change: (image) => rename(image, 'latin_1', 'latin\xe9\xff'),
        words: ['--set', 'user=anna'],
      })
      expect(exitCode).not.toBe(0)
      expect(stderr).toContain('sudoers.d/latin')
      expect(stderr).toContain('cannot be written with debugfs')
    })

    it('and longer than a line of debugfs are an error', async () => {
      const target = `/srv/${Array.from({ length: 3 }, (_, index) => String(index).padStart(250, 'd')).join('/')}`
      const { exitCode, stderr } = await build({
        extra: [directory(target), symlink('/etc/NetworkManager/system-connections', target)],
      })
      expect(exitCode).not.toBe(0)
      expect(stderr).toContain('cannot be written with debugfs')
    })

    it('harm nothing in folders that are only listed, moved or removed', async () => {
      const { exitCode, stderr, card } = await build({
        extra: names.map((name) => file(`/home/pi/${name}`, name, { uid: 1000, gid: 1000 })),
        words: ['--set', 'user=anna'],
      })
      expect(exitCode, stderr).toBe(0)
      expect(read(card, '/home/anna/-w')).toBe('-w')
    })
  })

  describe.concurrent('text files in unusual forms', () => {
    /** Puts a file onto the boot partition. */
    function onBoot(image: string, name: string, content: string): void {
      const path = join(newFolder(), name)
      writeFileSync(path, content, 'latin1')
      tool('mcopy', ['-o', '-i', bootOf(image), path, `::${name}`])
    }

    const readBoot = (card: string, name: string) => tool('mtype', ['-i', bootOf(card), `::${name}`])
    const line = 'console=tty1 root=PARTUUID=5e2c0d12-02 rootfstype=ext4 fsck.repair=yes rootwait'
    const words = ['--set', 'kernel_args=quiet', '--set', 'boot_config=gpu_mem=16']

    it.each([
      ['without a line end', line],
      ['with CRLF', `${line}\r\n`],
      ['of two lines', `${line}\nsecond=line\n`],
      ['with spaces at both ends', `  ${line}  \n`],
      ['with a byte that is no UTF-8', `${line} name=\xe9\n`],
    ])('a cmdline.txt %s keeps its words and is one line', async (_, text) => {
      const { exitCode, stderr, card } = await build({
        change: (image) => onBoot(image, 'cmdline.txt', text),
        words,
      })
      expect(exitCode, stderr).toBe(0)
      const result = readBoot(card, 'cmdline.txt')
      const [first = ''] = result.split(/\r?\n/).filter((each) => each.trim() !== '')
      for (const word of line.split(' ')) expect(first.split(/\s+/)).toContain(word)
      expect(first.split(/\s+/)).toContain('quiet')
      if (text.includes('\xe9')) expect(result).toContain('name=\xe9')
    })

    it('a config.txt with CRLF keeps its lines', async () => {
      const text = 'dtparam=audio=on\r\n[pi4]\r\narm_boost=1\r\n'
      const { exitCode, stderr, card } = await build({
        change: (image) => onBoot(image, 'config.txt', text),
        words,
      })
      expect(exitCode, stderr).toBe(0)
      const lines = readBoot(card, 'config.txt')
        .split('\n')
        .map((each) => each.trimEnd())
      expect(lines).toEqual(
        expect.arrayContaining(['dtparam=audio=on', '[pi4]', 'arm_boost=1', 'gpu_mem=16']),
      )
      // The lines after [pi4] apply to a Pi 4 only.
      expect(lines.slice(0, lines.indexOf('gpu_mem=16')).findLast((each) => each.startsWith('['))).not.toBe(
        '[pi4]',
      )
    })

    it('a hosts file with CRLF, and one without a last line end, keep their lines', async () => {
      for (const text of [
        '127.0.0.1\tlocalhost\r\n10.9.9.9\tprinter\r\n',
        '127.0.0.1\tlocalhost\n10.9.9.9\tprinter',
      ]) {
        const { exitCode, stderr, card } = await build({ extra: [file('/etc/hosts', text)] })
        expect(exitCode, stderr).toBe(0)
        expect(read(card, '/etc/hosts')).toMatch(/^10\.9\.9\.9\tprinter\r?$/m)
        expect(read(card, '/etc/hosts')).toMatch(/^10\.0\.0\.3\tnode3/m)
      }
    })
  })
}

/** Another name of the same length in a folder's block, which debugfs itself would not write. */
function rename(image: string, from: string, to: string): void {
  const bytes = readFileSync(image)
  const [a, b] = [Buffer.from(from), Buffer.from(to, 'latin1')]
  for (let at = bytes.indexOf(a); at >= 0; at = bytes.indexOf(a, at + 1)) b.copy(bytes, at)
  writeFileSync(image, bytes)
  tool('e2fsck', ['-fyD', rootOf(image)], [0, 1])
}
