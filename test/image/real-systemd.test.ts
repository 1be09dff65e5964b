import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { build } from '../../builder/commands/build.js'
import { report } from '../../builder/host/report.js'
import { file } from '../../scripts/practice/entries.js'
import { makePracticeImage } from '../../scripts/practice/image.js'
import { releases as facts } from '../../scripts/practice/releases.js'
import type { PracticeEntry, Release } from '../../scripts/practice/tree.js'
import { loginKey } from '../support/node.js'
import { placeOf } from '../support/place.js'
import { releases } from '../support/practice-base.js'
import { ask, isMissing, sharedFolder } from '../support/real-programs.js'

const noSystemd = isMissing({ 'systemd-analyze': 'systemd', systemctl: 'systemd', debugfs: 'e2fsprogs' })
const folder = sharedFolder()

const networkd = ['systemd-networkd.service', 'systemd-networkd-wait-online.service']

/** What the practice images lack and the programs look at. */
const extra = (release: Release): PracticeEntry[] => [
  ...['/usr/sbin/sshd', '/usr/bin/ssh-keygen', '/sbin/agetty'].map((path) =>
    file(path, '#!/bin/sh\n', { mode: 0o755 }),
  ),
  file('/lib/systemd/network/99-default.link', '[Link]\nNamePolicy=keep kernel database onboard slot path\n'),
  ...['setup_keyboard.sh', 'setup_terminal.sh', 'setup_font.sh', 'UTF-8_del.kmap.gz'].map((name) =>
    file(`/etc/console-setup/cached_${name}`, `#!/bin/sh\n# ${release}\n`, { mode: 0o755 }),
  ),
  ...networkd.map((unit) =>
    file(
      `/lib/systemd/system/${unit}`,
      '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n',
    ),
  ),
]

/** What of the card's root partition `debugfs` finds, in a folder. */
function extract(image: string, release: Release, offset: number): string {
  const tree = join(folder, `${release}-${image}`)
  mkdirSync(tree)
  const { errors } = ask(['debugfs', '-R', `rdump / ${tree}`, `${join(folder, image)}?offset=${offset}`])
  // Only root may give files away.
  if (process.getuid?.() === 0) expect(errors.replace(/^debugfs .*\n/, '')).toBe('')
  return tree
}

const settings = {
  authorized_keys: loginKey,
  boot_config: 'dtparam=spi=on\nenable_uart=0',
  kernel_args: 'quiet loglevel=3 systemd.show_status=1',
  keyboard: 'de',
  locale: 'C.UTF-8',
  timezone: 'Europe/Prague',
}

describe.skipIf(noSystemd).each([...releases, 'trixie-preseed'] as const)('a card of %s', (release) => {
  const { version, raspberryPiOS, seed } = facts[release]
  let stock = ''
  let card = ''
  let offset = 0
  const read = (path: string): string => readFileSync(join(card, path), 'utf8')

  beforeAll(async () => {
    const image = join(folder, `${release}.img`)
    offset = (await makePracticeImage(release, image, { extra: extra(release) })).root.offset
    stock = extract(`${release}.img`, release, offset)
    const result = vi.spyOn(report, 'result').mockReturnValue()
    report.configure({ quiet: true, verbose: false })
    try {
      const set = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
      const output = join(folder, `${release}-card.img`)
      await build(placeOf(folder), { profile: 'worker', hostname: ['node3'], image, output, set })
    } finally {
      result.mockRestore()
    }
    card = extract(`${release}-card.img`, release, offset)
  })

  const isEnabled = (tree: string, unit: string): string =>
    ask(['systemctl', `--root=${tree}`, 'is-enabled', unit]).output.trim()

  it('starts sshd and a login, not the wizard', () => {
    for (const tree of [stock, card]) expect(isEnabled(tree, 'multi-user.target')).toBe('static')
    expect(isEnabled(card, 'ssh.service')).toBe('enabled')
    expect(isEnabled(card, 'sshd.service')).toBe('alias')
    const wanted = (target: string) => readdirSync(join(card, `etc/systemd/system/${target}.target.wants`))
    expect(wanted('multi-user')).toContain('ssh.service')
    expect(wanted('getty')).toContain('getty@tty1.service')
    expect(isEnabled(card, 'ssh.socket')).toBe('disabled')
    expect(isEnabled(card, 'getty@tty1.service')).toBe('enabled')
    if (raspberryPiOS) expect(isEnabled(stock, 'ssh.service')).toBe('disabled')
    if (!raspberryPiOS || version < 11) return
    expect(isEnabled(stock, 'userconfig.service')).toBe('enabled')
    expect(isEnabled(stock, 'getty@tty1.service')).toBe('disabled')
    expect(isEnabled(card, 'userconfig.service')).toBe('masked')
  })

  it('stays so at a first boot that can write to /etc, where systemd applies all presets', () => {
    const presets = '/usr/lib/systemd/system-preset/90-systemd.preset'
    const enabledAfter = (tree: string) => {
      const copy = `${tree}-first-boot`
      ask(['cp', '-a', tree, copy])
      ask(['install', '-D', presets, `${copy}${presets}`])
      const { errors } = ask(['systemctl', `--root=${copy}`, '--preset-mode=enable-only', 'preset-all'])
      expect(errors).not.toMatch(/fail/i)
      return firstBoot.filter((unit) => isEnabled(copy, unit) === 'enabled')
    }
    const firstBoot = ['userconfig', 'cloud-init-local', 'cloud-final', 'rpi-preseed']
      .map((name) => `${name}.service`)
      .concat(networkd, 'ssh.socket')
    const enabled = enabledAfter(stock)
    expect(enabled).toEqual(expect.arrayContaining(['systemd-networkd.service', 'ssh.socket']))
    if (raspberryPiOS && version >= 11) expect(enabled).toContain('userconfig.service')
    if (seed === 'cloud-init') expect(enabled).toContain('cloud-init-local.service')
    if (seed === 'rpi-preseed') expect(enabled).toContain('rpi-preseed.service')
    expect(enabledAfter(card)).toEqual([])
  })

  it('enables units of packages that are installed later', () => {
    const copy = `${card}-later`
    const unit = '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n'
    ask(['cp', '-a', card, copy])
    mkdirSync(join(copy, 'usr/lib/systemd/system'), { recursive: true })
    writeFileSync(join(copy, 'usr/lib/systemd/system/later.service'), unit)
    const env = { DPKG_ROOT: copy, DPKG_MAINTSCRIPT_PACKAGE: 'later' }
    expect(ask(['deb-systemd-helper', 'enable', 'later.service'], { env })).toMatchObject({ status: 0 })
    expect(isEnabled(copy, 'later.service')).toBe('enabled')
  })

  it('leaves on what was on: the network, and what the first boot runs', () => {
    const listed = (tree: string) =>
      ask(['systemctl', `--root=${tree}`, '--no-legend', '--no-pager', 'list-unit-files', '--state=enabled'])
        .output.split('\n')
        .map((line) => line.split(' ', 1)[0] ?? '')
    const lost = listed(stock).filter((unit) => !listed(card).includes(unit))
    expect(listed(stock).length).toBeGreaterThan(5)
    const wizard = raspberryPiOS && version >= 11 ? ['userconfig.service'] : []
    const isMasked = (unit: string) =>
      seed !== 'none' && unit.startsWith(seed === 'cloud-init' ? 'cloud-' : seed)
    expect(lost).toEqual(listed(stock).filter((unit) => wizard.includes(unit) || isMasked(unit)))
    const added = listed(card).filter((unit) => !listed(stock).includes(unit))
    expect(added).toEqual([
      'piimg-announce.service',
      'piimg-first-boot.service',
      ...(raspberryPiOS ? ['ssh.service'] : []),
    ])
  })

  it('has units that systemd loads without a word', () => {
    const units = ['piimg-first-boot.service', 'ssh.service', 'getty@tty1.service', 'multi-user.target']
    const answer = ask(['systemd-analyze', 'verify', '--man=no', `--root=${card}`, ...units])
    expect(answer).toEqual({ status: 0, output: '', errors: '' })
  })

  it('keeps eth0 by a masked link file', () => {
    const words = (tree: string) =>
      ask([
        'systemd-analyze',
        '--no-pager',
        `--root=${tree}`,
        'cat-config',
        'systemd/network/99-default.link',
      ]).output
    expect(words(card)).not.toContain('NamePolicy')
    expect(readlinkSync(join(card, 'etc/systemd/network/99-default.link'))).toBe('/dev/null')
    if (!raspberryPiOS) expect(words(stock)).toContain('NamePolicy')
  })

  it('has a clock in its time zone', () => {
    const target = readlinkSync(join(card, 'etc/localtime'))
    const { output } = ask(['date', '+%Z'], { env: { TZ: `:${join(card, target)}` } })
    expect(output).toBe('PRX\n')
    expect(read('etc/timezone')).toBe(`${target.replace('/usr/share/zoneinfo/', '')}\n`)
  })

  /** The variables that a file of assignments leaves behind in a shell that allows no mistake. */
  const sourced = (path: string, ...names: readonly string[]): string[] => {
    const script = `. ${join(card, path)}; printf '%s\\n' ${names.map((name) => `"$${name}"`).join(' ')}`
    const { status, output, errors } = ask(['sh', '-euc', script], { env: { LANG: '' } })
    expect({ status, errors }).toEqual({ status: 0, errors: '' })
    return output.trimEnd().split('\n')
  }

  it('has a keyboard and a language that shells understand', () => {
    const names = ['XKBMODEL', 'XKBLAYOUT', 'BACKSPACE', 'XKBVARIANT']
    expect(sourced('etc/default/keyboard', ...names)).toEqual(['pc105', 'de', 'guess'])
    expect(sourced('etc/default/locale', 'LANG')).toEqual(['C.UTF-8'])
    // Since Trixie systemd reads locale.conf, and the old name is a link to it.
    const isLink = lstatSync(join(card, 'etc/default/locale')).isSymbolicLink()
    expect([isLink, existsSync(join(card, 'etc/locale.conf'))]).toEqual([version === 13, version === 13])
    if (version === 13) expect(sourced('etc/locale.conf', 'LANG')).toEqual(['C.UTF-8'])
  })

  it('loads the keyboard layout at the first boot, and not what the base image kept of its own', () => {
    expect(consoleSetup(stock)).toEqual(['cached', 'nothing'])
    expect(consoleSetup(card)).toEqual(['setupcon -k', 'setupcon --save'])
    expect(existsSync(join(card, 'etc/console-setup/cached_UTF-8_del.kmap.gz'))).toBe(false)
    expect(existsSync(join(card, 'etc/console-setup/cached_setup_font.sh'))).toBe(true)
  })

  it('keeps its arguments for kernel and firmware when the hook rewrites their files', (ctx) => {
    if (release !== 'debian') ctx.skip('only Debian has the hook')
    const boot = join(folder, 'boot-firmware')
    mkdirSync(boot)
    const script = raspiFirmwareHook.replaceAll('/etc/', `${card}/etc/`).replaceAll('/boot/firmware', boot)
    expect(ask(['sh', '-euc', script])).toEqual({ status: 0, output: '', errors: '' })
    const words = readFileSync(join(boot, 'cmdline.txt'), 'utf8').trim().split(/\s+/)
    expect(words).toContain(`root=PARTUUID=${facts.debian.diskSignature}-02`)
    expect(words).toEqual(expect.arrayContaining(settings.kernel_args.split(' ')))
    expect(words).toContain('net.ifnames=0')
    expect(readFileSync(join(boot, 'cmdline.txt'), 'utf8')).toMatch(/^[^\n]+\n$/)
    const image = `${join(folder, 'debian-card.img')}@@${facts.debian.alignment}`
    const first = ask(['mtype', '-i', image, '::cmdline.txt']).output.trim().split(/\s+/)
    expect(words).toEqual(expect.arrayContaining(first.filter((word) => !word.startsWith('console='))))
    expect(readFileSync(join(boot, 'config.txt'), 'utf8')).toMatch(
      /\n\[all\]\ndtparam=spi=on\nenable_uart=0\n[^\n]*\n$/,
    )
  })
})

/** What console-setup's two units do at a boot, by the conditions of its keyboard-setup.sh and console-setup.sh. */
function consoleSetup(tree: string): string[] {
  const script = `
    [ -x /etc/console-setup/cached_setup_keyboard.sh ] && echo cached || echo setupcon -k
    do_configure=no
    [ /etc/console-setup/cached_setup_terminal.sh -nt /etc/default/keyboard ] || do_configure=yes
    [ "$do_configure" = no ] && echo nothing || echo setupcon --save`
  // The base image's own were made after the keyboard was chosen.
  const touch = '[ ! -e /etc/console-setup/cached_setup_terminal.sh ] || touch /etc/console-setup/cached_*'
  return ask(['sh', '-c', `${touch}${script}`.replaceAll('/etc/', `${tree}/etc/`)])
    .output.trim()
    .split('\n')
}

/** From /etc/kernel/postinst.d/z50-raspi-firmware of Debian's raspi-firmware 1.20240424+ds-6: what writes these two. */
const raspiFirmwareHook = `
CMA=64M
KERNEL="auto"
if [ -r /etc/default/raspi-firmware ] ; then
        . /etc/default/raspi-firmware
fi
cat >/boot/firmware/config.txt <<EOF
enable_uart=1
upstream_kernel=1

kernel=\${KERNEL}
EOF
firmware_custom="/etc/default/raspi-firmware-custom"
if [ -f "$firmware_custom" ] ; then
  cat >>/boot/firmware/config.txt <<EOF

# Inserted by \${firmware_custom}
$(cat \${firmware_custom})
EOF
fi
pre_cmdline="console=tty0"
SET_CMA="cma=$CMA"
cmdline_custom="/etc/default/raspi-extra-cmdline"
if [ -f "$cmdline_custom" ] ; then
  post_cmdline=$(cat $cmdline_custom)
fi
cat >/boot/firmware/cmdline.txt <<EOF
\${pre_cmdline} root=$ROOTPART rw fsck.repair=yes net.ifnames=0 $SET_CMA rootwait \${post_cmdline}
EOF
`
