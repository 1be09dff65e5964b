import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { stockDifferences } from '../../builder/stock/differences.js'
import { file, type PracticeEntry, type Release, symlink } from '../../scripts/practice/entries.js'
import { practiceBase, stockText, treeOf } from '../support/practice-base.js'

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

/** What differs from the release's practice image. */
interface Changed {
  readonly root?: readonly PracticeEntry[]
  readonly boot?: readonly PracticeEntry[]
  readonly without?: readonly string[]
}

function found(
  release: Release,
  paths: readonly string[],
  { root, boot, without = [] }: Changed = {},
): string[] {
  const { image, facts } = practiceBase(release, root, boot)
  const hidden = new Set(without)
  const trees = {
    boot: image.boot,
    root: { ...image.root, stat: (path: string) => (hidden.has(path) ? undefined : image.root.stat(path)) },
  }
  return stockDifferences(trees, facts, paths).differences.map(({ path, change }) => `${change} ${path}`)
}

const stanza = (name: string, ...more: readonly string[]) =>
  ['', `Package: ${name}`, 'Status: install ok installed', 'Version: 2', ...more, ''].join('\n')

describe('a file of a package', () => {
  const sudoers = 'root/etc/sudoers'
  const unit = 'root/lib/systemd/system/userconfig.service'

  it('is as shipped with the sum that dpkg has for it, also in /lib, which is a link', () => {
    expect(found('bookworm', [sudoers, unit, 'root/usr/bin/sudo', 'root/etc/os-release'])).toEqual([])
  })

  it('is changed with any other bytes', () => {
    const root = [
      file('/etc/sudoers', `${stockText('bookworm', 'root/etc/sudoers') ?? ''}Defaults rootpw\n`),
      file('/lib/systemd/system/userconfig.service', '[Unit]\n'),
      file('/usr/lib/os-release', 'ID=debian\nVERSION_CODENAME=bookworm\n'),
    ]
    expect(found('bookworm', [sudoers, unit, 'root/etc/os-release'], { root })).toEqual([
      'changed root/etc/sudoers',
      'changed root/usr/lib/os-release',
      'changed root/usr/lib/systemd/system/userconfig.service',
    ])
  })

  it('is missing where it is not there', () => {
    const without = ['/etc/sudoers', '/usr/bin/sudo']
    expect(found('trixie', [sudoers, 'root/usr/bin/sudo'], { without })).toEqual([
      'missing root/etc/sudoers',
      'missing root/usr/bin/sudo',
    ])
  })

  it('is as shipped after an upgrade that brought the file, and changed after one whose file was refused', () => {
    const status = stockText('trixie', 'root/var/lib/dpkg/status') ?? ''
    const before = stockText('trixie', 'root/etc/sudoers') ?? ''
    const after = `${before}# of the new version\n`
    const upgraded = file('/var/lib/dpkg/status', status.replace(md5(before), md5(after)))
    expect(found('trixie', [sudoers], { root: [upgraded, file('/etc/sudoers', after)] })).toEqual([])
    expect(found('trixie', [sudoers], { root: [upgraded] })).toEqual(['changed root/etc/sudoers'])
  })

  it('can be of a package with an architecture in its name, and obsolete', () => {
    const status = stockText('trixie', 'root/var/lib/dpkg/status') ?? ''
    const info = '/var/lib/dpkg/info/libnss-x:arm64'
    const root = [
      file('/etc/modprobe.d/x.conf', 'blacklist x\n'),
      file('/usr/lib/modprobe.d/x.conf', 'blacklist y\n'),
      symlink('/usr/lib/modprobe.d/link.conf', '/dev/null'),
      file(`${info}.md5sums`, `${md5('blacklist y\n')}  usr/lib/modprobe.d/x.conf\n`),
      file(`${info}.list`, '/.\n/usr/lib/modprobe.d/link.conf\n'),
      file(
        '/var/lib/dpkg/status',
        status + stanza('libnss-x', 'Conffiles:', ` /etc/modprobe.d/x.conf ${md5('blacklist x\n')} obsolete`),
      ),
    ]
    const paths = ['/etc/modprobe.d/x.conf', '/usr/lib/modprobe.d/x.conf', '/usr/lib/modprobe.d/link.conf']
    expect(
      found(
        'trixie',
        paths.map((path) => `root${path}`),
        { root },
      ),
    ).toEqual([])
    expect(
      found(
        'trixie',
        paths.map((path) => `root${path}`),
        { root: root.slice(0, 3) },
      ),
    ).toEqual([
      'added root/etc/modprobe.d/x.conf',
      'added root/usr/lib/modprobe.d/link.conf',
      'added root/usr/lib/modprobe.d/x.conf',
    ])
  })

  it('has the sum of either package where one diverts the file of the other', () => {
    const sums = (name: string, text: string) =>
      file(`/var/lib/dpkg/info/${name}.md5sums`, `${md5(text)}  usr/bin/x\n`)
    const having = (text: string) => [file('/usr/bin/x', text), sums('a', 'of a'), sums('b', 'of b')]
    for (const text of ['of a', 'of b'])
      expect(found('trixie', ['root/usr/bin/x'], { root: having(text) })).toEqual([])
    expect(found('trixie', ['root/usr/bin/x'], { root: having('of c') })).toEqual(['changed root/usr/bin/x'])
  })
})

describe('a file that no package has', () => {
  it('is added where the list of the release lacks it', () => {
    const root = [file('/etc/network/interfaces.d/eth0', 'iface eth0 inet dhcp\n')]
    const boot = [file('/custom.toml', '')]
    expect(
      found('trixie', ['root/etc/network/interfaces.d/eth0', 'boot/custom.toml'], { root, boot }),
    ).toEqual(['added boot/custom.toml', 'added root/etc/network/interfaces.d/eth0'])
  })

  it('is missing or changed by the list, whether a promise reads it or not', () => {
    const without = ['/etc/hostname']
    const root = [file('/etc/resolv.conf', 'nameserver 127.0.0.1\n')]
    expect(found('trixie', [], { root, without })).toEqual([
      'missing root/etc/hostname',
      'changed root/etc/resolv.conf',
    ])
  })

  it('is as shipped with other comments and blanks', () => {
    const hosts = stockText('trixie', 'root/etc/hosts') ?? ''
    const root = [file('/etc/hosts', `# own comment\n\n${hosts.replace(/\t+/g, '   ')}`)]
    expect(found('trixie', [], { root })).toEqual([])
  })

  it.each<[Release, string, string, string]>([
    ['trixie', '/etc/hostname', 'raspberrypi', 'pihole'],
    ['trixie', '/etc/hosts', '127.0.1.1', '192.168.1.5'],
    ['trixie', '/etc/fstab', 'defaults,noatime', 'defaults,noatime,ro'],
    ['bullseye', '/etc/fstab', '-02', '-03'],
    ['trixie', '/etc/machine-id', 'uninitialized', '0123456789abcdef0123456789abcdef'],
    ['buster', '/etc/machine-id', '', '0123456789abcdef0123456789abcdef\n'],
    ['trixie', '/etc/nsswitch.conf', 'dns', 'resolve dns'],
    ['trixie', '/etc/ssh/sshd_config', 'UsePAM yes', 'UsePAM yes\nAllowUsers ann'],
    ['trixie', '/etc/ssh/sshd_config.d/rename_user.conf', 'Banner', 'PasswordAuthentication yes\nBanner'],
    ['trixie', '/etc/locale.gen', '# de_DE.UTF-8', 'de_DE.UTF-8'],
    ['bookworm', '/etc/default/locale', 'en_GB', 'en_GB.UTF-8\nLC_ALL=de_DE'],
    ['trixie', '/etc/default/keyboard', '"gb"', '"de"'],
    ['trixie', '/etc/timezone', 'London', 'Prague'],
    ['trixie', '/etc/network/interfaces', 'source', 'auto eth0\nsource'],
    ['trixie', '/etc/subuid', 'pi:100000:65536', 'ann:100000:65536'],
    ['buster', '/etc/wpa_supplicant/wpa_supplicant.conf', 'update_config=1', 'update_config=1\ncountry=GB'],
    [
      'trixie',
      '/var/lib/NetworkManager/NetworkManager.state',
      'WirelessEnabled=false',
      'WirelessEnabled=true',
    ],
    ['trixie-2025', '/etc/sudoers.d/010_pi-nopasswd', 'pi ALL', 'ann ALL'],
    ['trixie-desktop', '/etc/lightdm/lightdm.conf', 'rpi-first-boot-wizard', 'ann'],
    [
      'trixie-desktop',
      '/etc/systemd/system/getty@tty1.service.d/autologin.conf',
      'rpi-first-boot-wizard',
      'ann',
    ],
    ['trixie-desktop', '/etc/xdg/autostart/piwiz.desktop', 'Exec=piwiz', 'Exec=other'],
    ['debian', '/etc/hosts', 'localhost', 'localhost other'],
    ['debian', '/etc/default/raspi-firmware', '#CMA=64M', 'COLOUR=red'],
  ])('on %s is changed: %s with another %s', (release, path, before, after) => {
    const text = stockText(release, `root${path}` as `root/${string}`) ?? ''
    const key = `root${path === '/etc/default/locale' && release === 'trixie' ? '/etc/locale.conf' : path}`
    expect(found(release, [key])).toEqual([])
    const root = [file(path, before === '' ? text + after : text.replace(before, after))]
    expect(found(release, [key], { root })).toEqual([`changed ${key}`])
  })

  it('can be a link', () => {
    const link = 'root/etc/systemd/network/99-default.link'
    const root = [file('/etc/systemd/network/99-default.link', '[Match]\n')]
    expect(found('trixie', [link])).toEqual([])
    expect(found('trixie', [link], { root })).toEqual([`changed ${link}`])
    expect(
      found('trixie', [], { root: [symlink('/etc/localtime', '/usr/share/zoneinfo/Europe/Prague')] }),
    ).toEqual(['changed root/etc/localtime'])
    expect(
      found('trixie', [], { root: [symlink('/etc/resolv.conf', '/run/systemd/resolve/stub-resolv.conf')] }),
    ).toEqual(['changed root/etc/resolv.conf'])
  })

  it('is compared with the file that it is a copy of', () => {
    const path = 'root/home/pi/.bashrc'
    const own = file('/home/pi/.bashrc', 'export LC_ALL=C\n')
    const skeleton = file('/etc/skel/.bashrc', 'export LC_ALL=C\n')
    expect(found('trixie', [path])).toEqual([])
    expect(found('trixie', [path], { root: [own] })).toEqual([`changed ${path}`])
    expect(found('trixie', [path], { root: [own, skeleton] })).toEqual([])
  })

  it('is compared with the copy as pi-gen changes it', () => {
    const shipped = '  PATH="/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"\nexport PATH\n'
    const now =
      '  PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/games:/usr/games"\nexport PATH\n'
    const profile = (text: string) => [
      file('/usr/share/base-files/profile', shipped),
      file('/etc/profile', text),
    ]
    expect(found('trixie', ['root/etc/profile'], { root: profile(now) })).toEqual([])
    expect(found('trixie', ['root/etc/profile'], { root: profile(shipped) })).toEqual([])
    expect(found('trixie', ['root/etc/profile'], { root: profile(`${now}TZ=UTC\n`) })).toEqual([
      'changed root/etc/profile',
    ])
  })
})

describe('the boot partition', () => {
  const cmdline = stockText('trixie', 'boot/cmdline.txt') ?? ''
  const config = stockText('trixie', 'boot/config.txt') ?? ''

  it('has the words and lines of the release', () => {
    const others = ['boot/start4.elf', 'boot/kernel8.img', 'boot/bcm2711-rpi-4-b.dtb', 'boot/overlays/README']
    for (const release of ['buster', 'bullseye', 'bookworm', 'trixie'] as const)
      expect(
        found(
          release,
          others.filter((path) => release !== 'buster' || !path.includes('kernel8')),
        ),
      ).toEqual([])
  })

  it.each([
    ['cmdline.txt', cmdline.replace('5e2c0d13', 'deadbeef')],
    ['cmdline.txt', cmdline.replace('rootwait', 'rootwait systemd.run=/boot/firstrun.sh')],
    ['cmdline.txt', cmdline.replace(' resize', '')],
    ['cmdline.txt', `${cmdline}second\n`],
    ['config.txt', `${config}dtoverlay=disable-wifi\n`],
    ['config.txt', config.replace('[cm4]', '[pi4]')],
    ['config.txt', config.replace('arm_boost=1\n', '')],
    ['user-data', '#cloud-config\nhostname: other\n'],
    ['meta-data', 'dsmode: local\ninstance_id: other\n'],
  ])('is changed with another %s', (name, text) => {
    expect(found('trixie', [`boot/${name}`], { boot: [file(`/${name}`, text)] })).toEqual([
      `changed boot/${name}`,
    ])
  })

  it('has the lines of older images, too', () => {
    const older = config.replace('[pi5]\ndtoverlay=nospi10\n', '')
    expect(found('trixie', [], { boot: [file('/config.txt', older)] })).toEqual([])
  })
})

describe('the accounts', () => {
  const text = (name: string, release: Release = 'trixie') =>
    stockText(release, `root/etc/${name}` as `root/${string}`) ?? ''

  it.each<[string, string, string]>([
    ['passwd', 'a second person', `${text('passwd')}ann:x:1001:1001::/home/ann:/bin/bash\n`],
    ['passwd', 'a service with a shell', `${text('passwd')}git:x:130:130::/home/git:/bin/sh\n`],
    ['passwd', 'a second root', `${text('passwd')}toor:x:0:0::/root:/usr/sbin/nologin\n`],
    ['passwd', 'a password', text('passwd').replace('pi:x:', 'pi::')],
    ['passwd', "root's shell", text('passwd').replace('/root:/bin/bash', '/root:/bin/zsh')],
    ['passwd', "the first user's new name", text('passwd').replace(/^pi:/m, 'ann:')],
    ['shadow', 'a password', text('shadow').replace(/^pi:!/m, 'pi:$6$salt$hash')],
    ['shadow', 'an empty password', text('shadow').replace(/^root:\*/m, 'root:')],
    ['group', 'a member of sudo', text('group').replace(/^(sudo:.*)$/m, '$1,ann')],
    ['group', 'a person’s group', `${text('group')}ann:x:1001:\n`],
    ['gshadow', 'an unknown member', text('gshadow').replace(/^(adm:.*)$/m, '$1,ann')],
  ])('are changed in %s by %s', (name, _, changed) => {
    expect(changed).not.toBe(text(name))
    expect(found('trixie', [], { root: [file(`/etc/${name}`, changed)] })).toEqual([
      `changed root/etc/${name}`,
    ])
  })

  it('are as shipped with the services of further packages', () => {
    const root = [
      file('/etc/passwd', `${text('passwd')}mosquitto:x:130:130::/var/lib/mosquitto:/usr/sbin/nologin\n`),
      file('/etc/shadow', `${text('shadow')}mosquitto:!:20000::::::\n`),
      file('/etc/group', `${text('group')}mosquitto:x:130:\n`.replace(/^(audio:.*)$/m, '$1,mosquitto')),
    ]
    expect(found('trixie', [], { root })).toEqual([])
  })

  it('have the password of pi on Buster only', () => {
    expect(text('shadow', 'buster')).toMatch(/^pi:\$6\$/m)
    expect(found('buster', [])).toEqual([])
    const hash = /^pi:([^:]*)/m.exec(text('shadow', 'buster'))?.[1] ?? ''
    const root = [file('/etc/shadow', text('shadow', 'bookworm').replace(/^pi:!/m, `pi:${hash}`))]
    expect(found('bookworm', [], { root })).toEqual(['changed root/etc/shadow'])
  })
})

describe('a release of which no list is known', () => {
  it('has the files of its packages compared', () => {
    const release = stockText('debian', 'root/etc/os-release') ?? ''
    const root = [
      file('/usr/lib/os-release', release.replaceAll('trixie', 'bullseye')),
      file('/etc/hostname', 'other\n'),
      file('/etc/sudoers', 'changed\n'),
    ]
    const { image, facts } = practiceBase('debian', root)
    expect(facts.release).toBe('bullseye')
    const paths = ['root/etc/hostname', 'root/etc/sudoers', 'root/usr/bin/sudo']
    expect(stockDifferences(image, facts, paths)).toEqual({
      isKnown: false,
      differences: [{ path: 'root/etc/sudoers', change: 'changed' }],
    })
  })
})

it('every practice image has its own dpkg records', () => {
  for (const release of ['buster', 'bookworm', 'debian'] as const) {
    const names = treeOf(release).root.filter(({ path }) => path.startsWith('/var/lib/dpkg/info/'))
    expect(names.length).toBeGreaterThan(40)
  }
})
