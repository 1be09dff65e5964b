import { describe, expect, it } from 'vitest'
import { wholeOf } from '../../builder/model/content.js'
import { file, type PracticeEntry, type Release, symlink } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'
import { planOf } from '../support/node.js'
import { practiceBase, stockText } from '../support/practice-base.js'
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

const units = '/etc/systemd/system'
const agetty = (words: string) => `[Service]\nExecStart=\nExecStart=-/sbin/agetty ${words} %I $TERM\n`
const on = (
  release: Release,
  root: readonly PracticeEntry[],
  set = {},
  boot: readonly PracticeEntry[] = [],
) => effectsOn(release, { root, set, boot })
const listed = (place: string, user = 'bob') => [
  `bookworm.img: root${place}: ${user} logs in automatically at the screen, without a password`,
]

describe('another account of the base image', () => {
  /** The line with the user is the last one. */
  const places: readonly [path: string, text: string][] = [
    [`${units}/getty@tty1.service.d/x.conf`, agetty('--autologin bob --noclear')],
    [`${units}/getty@tty1.service.d/x.conf`, agetty('--autologin=bob')],
    [`${units}/getty@.service.d/x.conf`, agetty('-a bob')],
    [`${units}/serial-getty@ttyS0.service.d/x.conf`, agetty('-a bob')],
    [`${units}/getty@tty3.service`, agetty('-abob')],
    [`${units}/autologin@.service`, agetty('--autologin bob')],
    ['/usr/local/lib/systemd/system/getty@tty1.service.d/x.conf', agetty('-a bob')],
    ['/usr/share/lightdm/lightdm.conf.d/10-x.conf', '[Seat:*]\nautologin-user=bob\n'],
    ['/usr/local/share/lightdm/lightdm.conf.d/10-x.conf', '[Seat:*]\nautologin-user=bob\n'],
    ['/etc/xdg/lightdm/lightdm.conf.d/10-x.conf', '[Seat:*]\nautologin-user=bob\n'],
    ['/etc/lightdm/lightdm.conf.d/10-x.conf', '[Seat:seat0]\nautologin-user = bob\n'],
    ['/etc/lightdm/lightdm.conf', '[SeatDefaults]\nautologin-user=bob\n'],
    ['/etc/gdm3/daemon.conf', '[daemon]\nAutomaticLoginEnable = true\nAutomaticLogin = bob\n'],
    ['/etc/gdm3/daemon.conf', '[daemon]\nTimedLoginEnable=True\nTimedLogin=bob\n'],
    ['/usr/lib/sddm/sddm.conf.d/x.conf', '[Autologin]\nUser=bob\n'],
    ['/etc/sddm.conf.d/autologin.conf', '[Autologin]\nUser=bob\n'],
    ['/etc/sddm.conf', '[Autologin]\nUser=bob\n'],
    ['/etc/greetd/config.toml', '[default_session]\nuser = "_greetd"\n[initial_session]\nuser = "bob"\n'],
    ['/etc/default/nodm', 'NODM_ENABLED=true\nNODM_USER=bob\n'],
  ]

  it.each(places)('that logs in automatically by %s is listed: %j', (path, text) => {
    const line = text.split('\n').length - 1
    expect(on('bookworm', [file(path, text)])).toEqual(listed(`${path}, line ${line}`))
  })

  it.each(places)('is not listed where %s has the node’s user: %j', (path, text) => {
    expect(on('bookworm', [file(path, text.replace('bob', 'pi'))])).toEqual([])
  })

  it.each(places.slice(-1))('is kept on purpose, by %s: %j', (path, text) => {
    const bob = ['passwd', 'shadow'].map((name) =>
      file(`/etc/${name}`, `${stockText('bookworm', `root/etc/${name}`) ?? ''}${account[name] ?? ''}\n`),
    )
    expect(on('bookworm', [...bob, file(path, text)], { keep_users: 'bob' })).toEqual([])
  })

  it.each(places.filter(([path]) => !/usr|@\.|tty3/.test(path)))(
    'has the place of the node’s user under its new name in %s: %j',
    (path, text) => {
      expect(on('bookworm', [file(path, text.replace('bob', 'pi'))], { user: 'ada' })).toEqual([])
    },
  )

  const seat = (user: string) => `[Seat:*]\nautologin-user=${user}\n`
  it.each<[string, Readonly<Record<string, string>>, string[]]>([
    [
      'the last drop-in of a unit',
      {
        [`${units}/getty@tty1.service.d/a.conf`]: agetty('-a bob'),
        [`${units}/getty@tty1.service.d/b.conf`]: agetty('--noclear'),
      },
      [],
    ],
    [
      'the drop-in of /etc before one of the same name',
      {
        [`${units}/getty@tty1.service.d/a.conf`]: agetty('--noclear'),
        '/usr/lib/systemd/system/getty@tty1.service.d/a.conf': agetty('-a bob'),
      },
      [],
    ],
    [
      'lightdm.conf before its folder',
      { '/etc/lightdm/lightdm.conf': seat(''), '/etc/lightdm/lightdm.conf.d/z.conf': seat('bob') },
      [],
    ],
    [
      'the later file of a folder',
      {
        '/etc/lightdm/lightdm.conf.d/a.conf': seat('ann'),
        '/etc/lightdm/lightdm.conf.d/b.conf': seat('bob'),
      },
      listed('/etc/lightdm/lightdm.conf.d/b.conf, line 2'),
    ],
    [
      'sddm.conf before its folder',
      { '/etc/sddm.conf': '[Autologin]\nUser=\n', '/etc/sddm.conf.d/a.conf': '[Autologin]\nUser=bob\n' },
      [],
    ],
    ['no key of another section', { '/etc/sddm.conf': '[X]\nUser=bob\n' }, []],
    ['what is switched on', { '/etc/gdm3/daemon.conf': '[daemon]\nAutomaticLogin=bob\n' }, []],
    ['the switch of nodm', { '/etc/default/nodm': 'NODM_ENABLED=false\nNODM_USER=bob\n' }, []],
  ])('counts by %s', (_, files, found) => {
    expect(
      on(
        'bookworm',
        Object.entries(files).map(([path, text]) => file(path, text)),
      ),
    ).toEqual(found)
  })
})

const account: Readonly<Record<string, string>> = {
  passwd: 'bob:x:1001:1001::/home/bob:/bin/bash',
  shadow: 'bob:*:20000:0:99999:7:::',
}

describe('a shell without a login', () => {
  const root = 'root has a shell on a screen, without a password'
  const line = (words: string) => [file('/cmdline.txt', `root=/dev/mmcblk0p2 ${words}\n`)]

  it('is that of the debug shell, by a link or the kernel command line', () => {
    const link = `${units}/sysinit.target.wants/debug-shell.service`
    expect(on('bookworm', [symlink(link, '/lib/systemd/system/debug-shell.service')])).toEqual([
      `bookworm.img: root${link}: ${root}`,
    ])
    for (const word of ['systemd.debug_shell', 'systemd.debug-shell=1'])
      expect(on('bookworm', [], {}, line(word))).toEqual([
        `bookworm.img: boot/cmdline.txt, line 1: by ${word} ${root}`,
      ])
    expect(on('bookworm', [], {}, line('systemd.debug_shell=no'))).toEqual([])
  })

  it.each(['-n -l /bin/bash', '--skip-login --login-program=/bin/bash'])('is that of agetty %s', (words) => {
    const path = `${units}/getty@tty1.service.d/x.conf`
    expect(on('bookworm', [file(path, agetty(words))])).toEqual(listed(`${path}, line 3`, 'root'))
    expect(on('bookworm', [file(path, agetty('-l /bin/login'))])).toEqual([])
  })

  it('is given by a credential, where the unit imports it', () => {
    const imports = file('/usr/lib/systemd/system/getty@.service', '[Service]\nImportCredential=agetty.*\n')
    const words = line('systemd.set_credential=agetty.autologin:root')
    const store = file('/etc/credstore/agetty.autologin', 'bob')
    const what = 'logs in automatically at the screen, without a password'
    expect(on('bookworm', [store], {}, words)).toEqual([])
    expect(on('bookworm', [imports, store], {}, words)).toEqual([
      `bookworm.img: boot/cmdline.txt, line 1: root ${what}`,
      `bookworm.img: root/etc/credstore/agetty.autologin: bob ${what}`,
    ])
  })
})
