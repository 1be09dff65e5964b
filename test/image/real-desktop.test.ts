import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { file, type PracticeEntry, type Release } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'
import { treeOf } from '../support/practice-base.js'
import { ask, finalRoot, hasNoNamespaces } from '../support/real-programs.js'
import { commandsOf, hasNoSystemd, type Root, treeWith } from '../support/loaded-units.js'
import { unpacked } from '../support/unpacked.js'

const lightdm = join(unpacked('lightdm') ?? '', 'usr/sbin/lightdm')
const noLightdm = !existsSync(lightdm) || ask([lightdm, '--version']).status !== 0 || hasNoNamespaces()

const stockOf = (release: Release, extra: readonly PracticeEntry[] = []): Root =>
  new Map([...treeOf(release).root, ...extra].map((entry) => [entry.path, entry]))

/** The user that lightdm logs in on its first seat. */
function desktopLogin(root: Root): string | undefined {
  const tree = treeWith(root, '/etc', '/usr/share/lightdm', '/usr/local/share')
  const script = `mount --bind ${tree}/etc /etc; exec ${lightdm} --show-config`
  const env = { XDG_DATA_DIRS: `${tree}/usr/local/share:${tree}/usr/share`, XDG_CONFIG_DIRS: '/etc/xdg' }
  const { output, errors } = ask(['unshare', '--mount', 'sh', '-c', script], { env })
  const [, seats = ''] = `${output}${errors}`.split(/^ *\[Seat.*$/m)
  return /^[A-Z]\s+autologin-user=(.*)$/m.exec(seats)?.[1]
}

/** The first user that piimg finds. */
function firstFound(extra: readonly PracticeEntry[]): string | undefined {
  const [first = ''] = effectsOn('bookworm', { root: extra })
  return /: (\w+) logs in automatically/.exec(first)?.[1]
}

const wizard = 'rpi-first-boot-wizard'

describe.each(['bookworm-desktop', 'trixie-desktop'] as const)('the desktop of %s', (release) => {
  const card = finalRoot({ release, set: { user: 'ada' } })

  it.skipIf(noLightdm)('logs in the node’s user, and no longer the wizard’s', () => {
    expect(desktopLogin(stockOf(release))).toBe(wizard)
    expect(desktopLogin(card)).toBe('ada')
  })

  it.skipIf(hasNoSystemd)('does the same on the console', () => {
    const unit = 'getty@tty1.service'
    expect(commandsOf(stockOf(release), unit).join()).toContain(`--autologin ${wizard} `)
    expect(commandsOf(card, unit).join()).toContain('--autologin ada ')
  })
})

const lightdmFile = '/etc/lightdm/lightdm.conf'
const seat = (user: string, name = '*') => `[Seat:${name}]\nautologin-user=${user}\n`

/** Who logs in by these files, as lightdm and as piimg read them. */
const orders: readonly [Readonly<Record<string, string>>, string | undefined][] = [
  [{ '/usr/share/lightdm/lightdm.conf.d/a.conf': seat('bob') }, 'bob'],
  [
    {
      '/usr/local/share/lightdm/lightdm.conf.d/a.conf': seat('bob'),
      '/usr/share/lightdm/lightdm.conf.d/b.conf': seat('ann'),
    },
    'bob',
  ],
  [
    {
      '/etc/xdg/lightdm/lightdm.conf.d/a.conf': seat('bob'),
      '/usr/local/share/lightdm/lightdm.conf.d/b.conf': seat('ann'),
    },
    'bob',
  ],
  [
    {
      '/etc/lightdm/lightdm.conf.d/a.conf': seat('bob'),
      '/etc/xdg/lightdm/lightdm.conf.d/b.conf': seat('ann'),
    },
    'bob',
  ],
  [
    { '/etc/lightdm/lightdm.conf.d/a.conf': seat('ann'), '/etc/lightdm/lightdm.conf.d/b.conf': seat('bob') },
    'bob',
  ],
  [{ [lightdmFile]: seat('bob'), '/etc/lightdm/lightdm.conf.d/b.conf': seat('ann') }, 'bob'],
  [{ [lightdmFile]: seat(''), '/etc/lightdm/lightdm.conf.d/b.conf': seat('ann') }, undefined],
  [{ '/etc/lightdm/lightdm.conf.d/b.txt': seat('ann') }, undefined],
  [{ [lightdmFile]: '[SeatDefaults]\nautologin-user=bob\n' }, 'bob'],
  [{ [lightdmFile]: '[LightDM]\nautologin-user=ann\n' }, undefined],
]

describe.skipIf(noLightdm)('lightdm reads its files in the order of the effect', () => {
  it.each(orders)('%j', (files, user) => {
    const extra = Object.entries(files).map(([path, text]) => file(path, text))
    expect(desktopLogin(stockOf('bookworm', extra)) || undefined).toBe(user)
    expect(firstFound(extra)).toBe(user)
  })
})

const own = '/etc/systemd/system'
const agetty = (user: string) =>
  `[Service]\nExecStart=\nExecStart=-/sbin/agetty ${user === '' ? '' : `-a ${user} `}%I\n`
const units: readonly [Readonly<Record<string, string>>, string | undefined][] = [
  [{ [`${own}/getty@tty1.service`]: agetty('bob') }, 'bob'],
  [{ [`${own}/getty@tty1.service.d/a.conf`]: agetty('bob') }, 'bob'],
  [{ [`${own}/getty@.service.d/a.conf`]: agetty('bob') }, 'bob'],
  [
    {
      [`${own}/getty@tty1.service.d/a.conf`]: agetty('ann'),
      [`${own}/getty@.service.d/b.conf`]: agetty('bob'),
    },
    'bob',
  ],
  [
    {
      [`${own}/getty@tty1.service.d/a.conf`]: agetty('bob'),
      [`${own}/getty@.service.d/a.conf`]: agetty('ann'),
    },
    'bob',
  ],
  [
    {
      [`${own}/getty@tty1.service.d/a.conf`]: agetty('bob'),
      '/usr/local/lib/systemd/system/getty@tty1.service.d/a.conf': agetty('ann'),
    },
    'bob',
  ],
  [
    {
      [`${own}/getty@tty1.service.d/a.conf`]: agetty('ann'),
      '/usr/lib/systemd/system/getty@tty1.service.d/b.conf': agetty('bob'),
    },
    'bob',
  ],
  [
    {
      [`${own}/getty@tty1.service.d/a.conf`]: agetty('ann'),
      [`${own}/getty@tty1.service.d/b.conf`]: agetty(''),
    },
    undefined,
  ],
  [{ [`${own}/getty@tty1.service.d/a`]: agetty('ann') }, undefined],
]

describe.skipIf(hasNoSystemd)('systemd reads units in the order of the effects', () => {
  it.each(units)('%j', (files, user) => {
    const extra = Object.entries(files).map(([path, text]) => file(path, text))
    const commands = commandsOf(stockOf('bookworm', extra), 'getty@tty1.service')
    expect(commands.map((line) => /-a (\w+)/.exec(line)?.[1])).toEqual([user])
    expect(firstFound(extra)).toBe(user)
  })
})
