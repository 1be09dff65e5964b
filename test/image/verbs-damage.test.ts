import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Desk, give, newDesk, newFolder, piimg } from '../support/cli.js'
import {
  bootOf,
  copyImage,
  debugfs,
  partition,
  practiceImage,
  readBytes,
  tool,
  writeBytes,
} from '../support/images.js'

const node3 = ['--profile', 'worker', '--hostname', 'node3', '--set', 'boot_config=gpu_mem=16']

interface Damage {
  readonly name: string
  /** Does it to a card. */
  readonly to: (card: string) => unknown
  /** What `verify` says, each a line of its own. */
  readonly verify: readonly (string | RegExp)[]
  /** What `diff` with the whole card prints. */
  readonly diff: readonly string[]
}

function onBoot(card: string, name: string, content: string): void {
  const path = join(newFolder(), name)
  writeFileSync(path, content)
  tool('mcopy', ['-o', '-i', bootOf(card), path, `::${name}`])
}

/** Another first byte in a file of the root, and nothing else. */
function otherByte(card: string, path: string): void {
  const block = Number(debugfs(card, `blocks ${path}`).trim())
  writeBytes(card, partition(card, 2).offset + 4096 * block, Buffer.from('X'))
}

const hosts = 'root/etc/hosts'
const damages: Damage[] = [
  {
    name: 'a byte',
    to: (card) => otherByte(card, '/etc/hosts'),
    verify: [`${hosts} has other bytes`],
    diff: [`${hosts}  bytes`],
  },
  {
    name: 'a mode',
    to: (card) => debugfs(card, 'sif /etc/hosts mode 0100600'),
    verify: [`${hosts} has mode 600, not 644`],
    diff: [`${hosts}  mode`],
  },
  {
    name: 'an owner',
    to: (card) => debugfs(card, 'sif /etc/hosts uid 1000'),
    verify: [`${hosts} has owner 1000, not 0`],
    diff: [`${hosts}  uid`],
  },
  {
    name: 'a group',
    to: (card) => debugfs(card, 'sif /etc/hosts gid 1000'),
    verify: [`${hosts} has group 1000, not 0`],
    diff: [`${hosts}  gid`],
  },
  {
    name: 'a set-uid bit',
    to: (card) => debugfs(card, 'sif /etc/hosts mode 0104644'),
    verify: [`${hosts} has mode 4644, not 644`],
    diff: [`${hosts}  mode`],
  },
  {
    name: 'a file that went',
    to: (card) => debugfs(card, 'rm /etc/hostname'),
    verify: ['root/etc/hostname is missing'],
    diff: ['root/etc/hostname  only in A'],
  },
  {
    name: 'a file that became a folder',
    to: (card) => debugfs(card, 'rm /etc/hostname', 'mkdir /etc/hostname'),
    verify: ['root/etc/hostname is a directory, not a file'],
    diff: ['root/etc  links', 'root/etc/hostname  kind, mode, links'],
  },
  {
    name: 'a link',
    to: (card) =>
      debugfs(
        card,
        'rm /etc/systemd/system/sshd.service',
        'symlink /etc/systemd/system/sshd.service /lib/other',
      ),
    verify: [
      'root/etc/systemd/system/sshd.service has target /lib/other, not /lib/systemd/system/ssh.service',
    ],
    diff: ['root/etc/systemd/system/sshd.service  target'],
  },
  {
    name: 'a file that came back',
    to: (card) =>
      debugfs(card, 'ln /etc/motd /etc/ssh/sshd_config.d/rename_user.conf', 'sif /etc/motd links_count 2'),
    verify: ['root/etc/ssh/sshd_config.d/rename_user.conf is still there'],
    diff: ['root/etc/motd  links', 'root/etc/ssh/sshd_config.d/rename_user.conf  only in B'],
  },
  {
    name: 'several at once',
    to: (card) => debugfs(card, 'rm /etc/hostname', 'sif /etc/hosts mode 0100600'),
    verify: ['root/etc/hostname is missing', `${hosts} has mode 600`],
    diff: ['root/etc/hostname  only in A', `${hosts}  mode`],
  },
  {
    name: 'a boot file',
    to: (card) => onBoot(card, 'config.txt', '# mine\n'),
    verify: ['boot/config.txt has size 7, not'],
    diff: ['boot/config.txt  size'],
  },
  {
    name: 'a boot file that went',
    to: (card) => tool('mdel', ['-i', bootOf(card), '::config.txt']),
    verify: ['boot/config.txt is missing'],
    diff: ['boot/config.txt  only in A'],
  },
  // What the plan does not name, the file systems' own checks and diff see.
  {
    name: 'a count of links',
    to: (card) => debugfs(card, 'sif /etc/motd links_count 5'),
    verify: [/e2fsck found errors:\n.*ref count is 5, should be 1/],
    diff: ['root/etc/motd  links'],
  },
  {
    name: 'one of the two file allocation tables',
    to: (card) => {
      const { offset } = partition(card, 1)
      const [reserved, sectors] = [
        readBytes(card, offset + 14, 2).readUInt16LE(),
        readBytes(card, offset + 36, 4).readUInt32LE(),
      ]
      writeBytes(card, offset + 512 * (reserved + sectors) + 40, Buffer.from('damage!!'))
    },
    verify: ['fsck.vfat found errors', 'FATs differ'],
    diff: [],
  },
]

describe('verify and diff of a card', () => {
  let whole = ''
  let desk: Desk

  beforeAll(async () => {
    desk = newDesk()
    const base = await practiceImage('bookworm')
    expect((await piimg(desk, ['build', ...node3, '--image', base])).exitCode).toBe(0)
    whole = join(desk.folder, 'out/node3.img')
  })

  it('find nothing where nothing is', async () => {
    const verified = await piimg(desk, ['verify', whole])
    expect(verified.exitCode).toBe(0)
    expect(verified.stdout).toContain('worker node3')
    const same = await piimg(desk, ['diff', whole, whole, '--contents'])
    expect([same.exitCode, same.stdout]).toEqual([0, ''])
  })

  it('find what is against a promise of the card, where every file is as planned', async () => {
    const place = newDesk()
    const card = copyImage(whole, join(place.folder, 'card.img'))
    const words = tool('mtype', ['-i', bootOf(card), '::cmdline.txt']).trim()
    onBoot(card, 'cmdline.txt', `${words} systemd.hostname=old\n`)
    give(place.folder)
    const { exitCode, stdout, stderr } = await piimg(place, ['verify', 'card.img'])
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toContain('the kernel command line names the node old, not node3')
    const { stdout: json } = await piimg(place, ['verify', 'card.img', '--json'])
    expect(JSON.parse(json)).toMatchObject({ differences: [], problems: [{ severity: 'error' }] })
  })

  it.concurrent.each(damages)('find $name', async ({ to, verify, diff }) => {
    const place = newDesk()
    const card = copyImage(whole, join(place.folder, 'card.img'))
    to(card)
    give(place.folder)
    const verified = await piimg(place, ['verify', 'card.img'])
    expect(verified.exitCode).toBe(1)
    expect(verified.stdout).toBe('')
    for (const text of verify) {
      if (typeof text === 'string') expect(verified.stderr).toContain(text)
      else expect(verified.stderr).toMatch(text)
    }
    const compared = await piimg(place, ['diff', whole, 'card.img', '--contents'])
    expect(compared.exitCode).toBe(0)
    // Whether times differ depends only on whether the damage was done within the second of the build.
    const lines = compared.stdout.split('\n').map((line) => line.replace(/mtime(, )?|, mtime/, ''))
    expect(lines.filter((line) => !/^(\S+ {2})?$/.test(line))).toEqual(diff)
    const json = await piimg(place, ['diff', whole, 'card.img', '--contents', '--json'])
    const found = JSON.parse(json.stdout) as { partition: string; path: string; what: string[] }[]
    expect(found.map(({ partition, path, what }) => `${partition}${path}  ${what.join(', ')}`)).toEqual(
      compared.stdout.split('\n').filter((line) => line !== ''),
    )
  })

  it('report as JSON what differs', async () => {
    const place = newDesk()
    const card = copyImage(whole, join(place.folder, 'card.img'))
    debugfs(card, 'sif /etc/hosts mode 0100600')
    give(place.folder)
    const { exitCode, stdout } = await piimg(place, ['verify', 'card.img', '--json'])
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      image: 'card.img',
      differences: [`${hosts} has mode 600, not 644`],
    })
  })
})
