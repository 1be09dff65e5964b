import { describe, expect, it } from 'vitest'
import { wholeOf } from '../../builder/model/content.js'
import { file, type PracticeEntry, type Release } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'
import { planOf } from '../support/node.js'
import { practiceBase } from '../support/practice-base.js'
import { finalRoot, textIn } from '../support/real-programs.js'

const wizard = 'rpi-first-boot-wizard'
const desktops = ['bookworm-desktop', 'trixie-desktop'] as const
const console = '/etc/systemd/system/getty@tty1.service.d/autologin.conf'
const desktop = '/etc/lightdm/lightdm.conf'

describe.each(desktops)('the wizard of %s', (release) => {
  it.each(['pi', 'ada'])('is gone, and %s logs in as the image was made to', (user) => {
    const root = finalRoot({ release, set: { user } })
    for (const { path, content } of root.values()) {
      if (path.startsWith('/etc/'))
        expect([path, String(content ?? '').includes(wizard)]).toEqual([path, false])
    }
    expect([...root.keys()].filter((path) => path.includes(wizard))).toEqual([])
    expect(textIn(root, console)).toContain(`--autologin ${user} `)
    expect(textIn(root, desktop)).toContain(`\nautologin-user=${user}\n`)
    expect(effectsOn(release, { set: { user } })).toEqual([])
  })

  it('leaves no automatic login where the image was made without', () => {
    const stock = practiceBase(release)
    const tags = { ...stock.facts.tags, wizard_only: true }
    const { plan } = planOf({ base: { ...stock, facts: { ...stock.facts, tags } } })
    expect(plan.root.find(({ path }) => path === console)?.kind).toBe('removal')
    const entry = plan.root.find(({ path }) => path === desktop)
    expect(entry?.kind === 'file' ? wholeOf(entry.content).toString() : '').toContain('\n#autologin-user=\n')
  })
})

describe('another account of the base image', () => {
  const places: readonly [string, string][] = [
    [
      '/etc/systemd/system/getty@tty1.service.d/x.conf',
      'ExecStart=-/sbin/agetty --autologin bob --noclear %I',
    ],
    ['/etc/systemd/system/serial-getty@ttyS0.service.d/x.conf', 'ExecStart=-/sbin/agetty -a bob %I'],
    ['/etc/lightdm/lightdm.conf', 'autologin-user=bob'],
    ['/etc/lightdm/lightdm.conf.d/10-x.conf', 'autologin-user = bob'],
    ['/etc/gdm3/daemon.conf', 'AutomaticLogin=bob'],
    ['/etc/sddm.conf', 'User=bob'],
    ['/etc/sddm.conf.d/autologin.conf', 'User=bob'],
    ['/etc/greetd/config.toml', 'user = "bob"'],
  ]
  const on = (release: Release, root: readonly PracticeEntry[], set = {}) => effectsOn(release, { root, set })

  it.each(places)('that logs in automatically by %s is listed', (path, text) => {
    const root = [file(path, `[x]\n${text}\n`)]
    expect(on('bookworm', root)).toEqual([
      `bookworm.img: root${path}, line 2: bob logs in automatically at the screen, without a password`,
    ])
  })

  it.each(places)('the node’s user is not, by %s', (path, text) => {
    expect(on('bookworm', [file(path, `[x]\n${text.replace('bob', 'pi')}\n`)])).toEqual([])
  })

  it.each(['/etc/gdm3/daemon.conf', '/etc/sddm.conf', '/etc/sddm.conf.d/a.conf', '/etc/greetd/config.toml'])(
    'the user of %s gets its new name',
    (path) => {
      const text = (places.find(([other]) => path.startsWith(other.slice(0, 12)))?.[1] ?? '').replace(
        'bob',
        'pi',
      )
      expect(on('bookworm', [file(path, `${text}\n`)], { user: 'ada' })).toEqual([])
    },
  )
})
