import { describe, expect, it } from 'vitest'
import { file, type PracticeEntry, symlink } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'
import { planOf } from '../support/node.js'
import { practiceBase, stockText } from '../support/practice-base.js'

const root = 'root=/dev/mmcblk0p2'
const withWords = (words: string) =>
  effectsOn('bookworm', { boot: [file('/cmdline.txt', `${root} ${words}\n`)] })
const place = 'bookworm.img: boot/cmdline.txt, line 1: '

describe('the start of the node', () => {
  it.each([
    'quiet init=/usr/lib/raspberrypi-sys-mods/firstboot',
    'init=/sbin/init',
    'init=/bin/sh init=/lib/systemd/systemd',
    'systemd.unit=multi-user.target',
    'systemd.unit=rescue.target systemd.unit=graphical.target',
    'single 3',
    'rdinit=/init',
    'overlayroot=disabled',
    'overlayroot=',
    'systemd.volatile=no',
  ])('is the usual one: %s', (words) => {
    expect(withWords(words)).toEqual([])
  })

  it.each([
    ['init=/bin/sh', '/bin/sh runs in the place of systemd'],
    ['init=/sbin/init init=/bin/bash', '/bin/bash runs in the place of systemd'],
    ['rdinit=/bin/sh', "/bin/sh runs in the place of the initramfs' own program"],
    ['break', 'the start stops in a shell'],
    ['break=premount', 'the start stops in a shell'],
    ['systemd.unit=rescue.target', 'systemd starts rescue.target in the place of its services'],
    ['systemd.unit=mine.target', 'systemd starts mine.target in the place of its services'],
    ['single', 'systemd starts rescue.target in the place of its services'],
    ['1', 'systemd starts rescue.target in the place of its services'],
    ['S', 'systemd starts rescue.target in the place of its services'],
    ['3 emergency', 'systemd starts emergency.target in the place of its services'],
    ['-b', 'systemd starts emergency.target in the place of its services'],
    ['overlayroot=tmpfs', 'the root is kept in memory: at each start the node loses what it has changed'],
    ['boot=overlay', 'the root is kept in memory: at each start the node loses what it has changed'],
    [
      'systemd.volatile=overlay',
      'the root is kept in memory: at each start the node loses what it has changed',
    ],
    ['systemd.mask=ssh.service', 'systemd does not start ssh.service'],
  ])('is another one: %s', (words, what) => {
    expect(withWords(words)).toEqual([`${place}by ${words.split(' ').at(-1)} ${what}`])
  })

  it('is a warning where a person asked for it', () => {
    const asked = planOf({
      base: practiceBase('bookworm'),
      set: { kernel_args: 'systemd.unit=rescue.target' },
    })
    expect(asked.problems.map(({ severity }) => severity)).toEqual(['warning'])
    expect(asked.problems[0]?.hint).toBe('remove systemd.unit=rescue.target from kernel_args')
  })

  const link = '/etc/systemd/system/default.target'
  it.each(['graphical.target', 'multi-user.target', 'runlevel5.target'])(
    'is that of the link to %s',
    (target) => {
      expect(effectsOn('bookworm', { root: [symlink(link, `/lib/systemd/system/${target}`)] })).toEqual([])
    },
  )

  it('is another one by the link default.target, unless the kernel command line has a word', () => {
    const rescue = symlink(link, '/lib/systemd/system/rescue.target')
    expect(effectsOn('bookworm', { root: [rescue] })).toEqual([
      `bookworm.img: root${link}: systemd starts rescue.target in the place of its services`,
    ])
    const boot = [file('/cmdline.txt', `${root} systemd.unit=multi-user.target\n`)]
    expect(effectsOn('bookworm', { root: [rescue], boot })).toEqual([])
  })

  const status = stockText('bookworm', 'root/var/lib/dpkg/status') ?? ''
  const installed = file(
    '/var/lib/dpkg/status',
    `${status}\nPackage: overlayroot\nStatus: install ok installed\nVersion: 1\n\n`,
  )
  const conf = (name: string, value: string) =>
    file(`/etc/overlayroot${name}.conf`, `# x\noverlayroot=${value}\n`)
  const lost = 'the root is kept in memory: at each start the node loses what it has changed'
  it.each<[string, PracticeEntry[], string | undefined, string]>([
    ['the file', [conf('', '"tmpfs"')], '', 'quiet'],
    ['the local file before it', [conf('', '""'), conf('.local', 'tmpfs')], '.local', 'quiet'],
    [
      'the local file that disables it',
      [conf('', 'tmpfs'), conf('.local', '"disabled"')],
      undefined,
      'quiet',
    ],
    ['the kernel command line before both', [conf('.local', 'tmpfs')], undefined, 'overlayroot=disabled'],
  ])('keeps its root by %s', (_, files, name, word) => {
    const boot = [file('/cmdline.txt', `${root} ${word}\n`)]
    expect(effectsOn('bookworm', { root: files, boot })).toEqual([])
    expect(effectsOn('bookworm', { root: [...files, installed], boot })).toEqual(
      name === undefined ? [] : [`bookworm.img: root/etc/overlayroot${name}.conf, line 2: ${lost}`],
    )
  })
})
