import { describe, expect, it } from 'vitest'
import { checkEffects } from '../../builder/effects/check-effects.js'
import type { Facts } from '../../builder/model/facts.js'
import { file, type PracticeEntry, type Release, symlink } from '../../scripts/practice/entries.js'
import { planOf } from '../support/node.js'
import { practiceBase, releases, stockText } from '../support/practice-base.js'

const small = { free: { boot: 2 ** 27, root: 250 * 2 ** 20 } }

/** What is reported about the growth on a card with little free space. */
function growth(
  release: Release,
  root: readonly PracticeEntry[] = [],
  boot: readonly PracticeEntry[] = [],
  more: Partial<Facts> = {},
): string[] {
  const base = practiceBase(release, root, boot)
  const facts = { ...base.facts, root: { ...base.facts.root, size: 3 * 2 ** 30 }, ...small, ...more }
  const { plan } = planOf({ base })
  return checkEffects(base.image, facts, plan)
    .filter(({ what }) => what.includes('grow'))
    .map(({ where, what }) => `${where.key ?? ''}: ${what}`)
}

const words = (release: Release, change: (line: string) => string) => [
  file('/cmdline.txt', change(stockText(release, 'boot/cmdline.txt') ?? '')),
]
const none = (release: Release) => words(release, (line) => line.replace(/ (resize|init=\S+)/g, ''))
const stays = 'boot/cmdline.txt: nothing grows the root on a larger card: it stays at 3072 MiB, 250 MiB free'

describe('the root grows', () => {
  it.each([...releases, 'bookworm-desktop', 'trixie-2025', 'trixie-desktop', 'trixie-preseed'] as const)(
    'on the stock image of %s',
    (release) => {
      expect(growth(release)).toEqual([])
    },
  )

  it.each(['buster', 'bullseye', 'bookworm', 'trixie'] as const)(
    'on no image of %s that ran before, unless it has space',
    (release) => {
      expect(growth(release, [], none(release))).toEqual([stays])
      expect(growth(release, [], none(release), { free: { boot: 2 ** 27, root: 2 ** 31 } })).toEqual([])
    },
  )

  it('by other programs', () => {
    const shrunk = file('/etc/rc.local', '#!/bin/bash\ndo_expand_rootfs() {\n', { mode: 0o755 })
    expect(growth('bookworm', [shrunk], none('bookworm'))).toEqual([])
    const packages = new Map([['cloud-initramfs-growroot', '1']])
    expect(growth('bookworm', [], none('bookworm'), { packages })).toEqual([])
    expect(growth('debian', [], none('debian'))).toEqual([])
  })

  it('never, where a partition follows it', () => {
    expect(growth('trixie', [], [], { rootIsLast: false })).toEqual([
      'partition table: the root is not the last partition, so it will not grow',
    ])
  })

  const against = (what: string) => [`boot/cmdline.txt: the root does not grow: ${what}`]
  const removed = (path: string) => symlink(path, '/nowhere')
  const config = (release: Release) => [
    file(
      '/config.txt',
      (stockText(release, 'boot/config.txt') ?? '').replace('auto_initramfs=1', 'auto_initramfs=0'),
    ),
  ]

  it.each<[Release, string, PracticeEntry[], PracticeEntry[]]>([
    [
      'buster',
      'there is no /usr/lib/raspi-config/init_resize.sh',
      [removed('/usr/lib/raspi-config/init_resize.sh')],
      [],
    ],
    ['buster', 'resize2fs_once is not enabled', [file('/etc/rc3.d', '')], []],
    [
      'bullseye',
      'there is no /usr/lib/raspberrypi-sys-mods/firstboot',
      [removed('/usr/lib/raspberrypi-sys-mods/firstboot')],
      [],
    ],
    ['bookworm', 'config.txt loads no initramfs', [], config('bookworm')],
    ['trixie', 'config.txt loads no initramfs', [], config('trixie')],
    [
      'trixie',
      'rpi-resize.service is not enabled',
      [symlink('/etc/systemd/system/rpi-resize.service', '/dev/null')],
      [],
    ],
    [
      'trixie',
      'systemd.condition_first_boot=no',
      [],
      words('trixie', (line) => `${line.trim()} systemd.condition_first_boot=no\n`),
    ],
  ])('on %s, unless %s', (release, what, root, boot) => {
    expect(growth(release, root, boot)).toEqual(against(what))
  })

  it('at the first boot of Trixie, whose machine ID the overlay identity takes away', () => {
    const used = [file('/etc/machine-id', '0123456789abcdef0123456789abcdef\n')]
    expect(growth('trixie', used)).toEqual([])
    const base = practiceBase('trixie', used)
    const { plan } = planOf({ base, overlays: [] })
    const found = checkEffects(base.image, base.facts, plan).map(({ what }) => what)
    expect(found).toContain('the root does not grow: /etc/machine-id is not uninitialized')
  })
})
