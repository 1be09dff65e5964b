import { directory, file, lines, type PracticeEntry, symlink, when } from './entries.js'
import { issue } from './boot-files.js'
import { partUuid, type ReleaseFacts } from './releases.js'

/** What the system says about itself: release, name, mounts, language, time. */
export function identityFiles(facts: ReleaseFacts): readonly PracticeEntry[] {
  return [
    file('/usr/lib/os-release', osRelease(facts)),
    symlink('/etc/os-release', '../usr/lib/os-release'),
    file('/etc/debian_version', `${facts.debianVersion}\n`),
    ...when(facts.raspberryPiOS, file('/etc/rpi-issue', issue(facts))),
    file('/etc/issue', `${fullName(facts)} ${facts.version} \\n \\l\n\n`),
    file('/etc/machine-id', facts.version === 13 ? 'uninitialized\n' : '', { mode: 0o444 }),
    file('/etc/hostname', 'raspberrypi\n'),
    file('/etc/hosts', hosts),
    file('/etc/fstab', fstab(facts)),
    ...localeFiles(facts),
    ...keyboardFiles(facts),
    ...timeFiles(facts),
  ]
}

function fullName({ raspberryPiOS, architecture }: ReleaseFacts): string {
  return raspberryPiOS && architecture === 'armhf' ? 'Raspbian GNU/Linux' : 'Debian GNU/Linux'
}

/** 32-bit Raspberry Pi OS is built from Raspbian, 64-bit from Debian, and says so. */
function osRelease(facts: ReleaseFacts): string {
  const name = fullName(facts)
  const raspbian = name.startsWith('Raspbian')
  const site = raspbian ? 'http://www.raspbian.org' : 'https://www.debian.org'
  return lines(
    `PRETTY_NAME="${name} ${facts.version} (${facts.codename})"`,
    `NAME="${name}"`,
    `VERSION_ID="${facts.version}"`,
    `VERSION="${facts.version} (${facts.codename})"`,
    `VERSION_CODENAME=${facts.codename}`,
    ...when(!raspbian && facts.version === 13, `DEBIAN_VERSION_FULL=${facts.debianVersion}`),
    ...(raspbian ? ['ID=raspbian', 'ID_LIKE=debian'] : ['ID=debian']),
    `HOME_URL="${site}/"`,
  )
}

const hosts = lines(
  '127.0.0.1\tlocalhost',
  '::1\t\tlocalhost ip6-localhost ip6-loopback',
  'ff02::1\t\tip6-allnodes',
  'ff02::2\t\tip6-allrouters',
  '',
  '127.0.1.1\t\traspberrypi',
)

function fstab(facts: ReleaseFacts): string {
  return lines(
    'proc            /proc           proc    defaults          0       0',
    `${partUuid(facts, 1)}  ${facts.bootMount.padEnd(14)}  vfat    defaults          0       2`,
    `${partUuid(facts, 2)}  /               ext4    defaults,noatime  0       1`,
  )
}

function localeFiles({ version, raspberryPiOS }: ReleaseFacts): readonly PracticeEntry[] {
  const setting = `LANG=${raspberryPiOS ? 'en_GB.UTF-8' : 'C.UTF-8'}\n`
  const generated = (name: string) => (raspberryPiOS && name === 'en_GB.UTF-8' ? '' : '# ')
  return [
    ...(version === 13
      ? [file('/etc/locale.conf', setting), symlink('/etc/default/locale', '../locale.conf')]
      : [file('/etc/default/locale', setting)]),
    file(
      '/etc/locale.gen',
      lines(
        '# The locales that locale-gen makes.',
        '',
        ...locales.map(([name, charset]) => `${generated(name)}${name} ${charset}`),
      ),
    ),
    file('/usr/share/i18n/SUPPORTED', lines(...locales.map(([name, charset]) => `${name} ${charset}`))),
  ]
}

const locales = [
  ['C.UTF-8', 'UTF-8'],
  ['cs_CZ', 'ISO-8859-2'],
  ['cs_CZ.UTF-8', 'UTF-8'],
  ['de_DE', 'ISO-8859-1'],
  ['de_DE.UTF-8', 'UTF-8'],
  ['de_DE@euro', 'ISO-8859-15'],
  ['en_GB', 'ISO-8859-1'],
  ['en_GB.ISO-8859-15', 'ISO-8859-15'],
  ['en_GB.UTF-8', 'UTF-8'],
  ['en_IN', 'UTF-8'],
  ['en_US', 'ISO-8859-1'],
  ['en_US.UTF-8', 'UTF-8'],
  ['fr_FR.UTF-8', 'UTF-8'],
] as const

function keyboardFiles({ raspberryPiOS }: ReleaseFacts): readonly PracticeEntry[] {
  return [
    file(
      '/etc/default/keyboard',
      lines(
        '# How the keyboard is laid out; keyboard(5).',
        '',
        'XKBMODEL="pc105"',
        `XKBLAYOUT="${raspberryPiOS ? 'gb' : 'us'}"`,
        'XKBVARIANT=""',
        'XKBOPTIONS=""',
        '',
        'BACKSPACE="guess"',
      ),
    ),
    ...layouts.map(([name]) => file(`/usr/share/X11/xkb/symbols/${name}`, lines(`xkb_symbols "basic" {};`))),
    file(
      '/usr/share/X11/xkb/rules/base.lst',
      lines(
        '! model',
        '  pc105           Generic 105-key PC',
        '',
        '! layout',
        ...layouts.map(([name, description]) => `  ${name.padEnd(15)} ${description}`),
        '',
        '! variant',
        '  dvorak          us: English (Dvorak)',
        '  qwerty          cz: Czech (QWERTY)',
        '',
        '! option',
        '  compose         Position of Compose key',
      ),
    ),
  ]
}

const layouts = [
  ['us', 'English (US)'],
  ['be', 'Belgian'],
  ['ch', 'German (Switzerland)'],
  ['cz', 'Czech'],
  ['de', 'German'],
  ['dk', 'Danish'],
  ['es', 'Spanish'],
  ['fr', 'French'],
  ['gb', 'English (UK)'],
  ['it', 'Italian'],
  ['no', 'Norwegian'],
  ['pl', 'Polish'],
  ['se', 'Swedish'],
  ['sk', 'Slovak'],
] as const

function timeFiles({ raspberryPiOS }: ReleaseFacts): readonly PracticeEntry[] {
  const zone = raspberryPiOS ? 'Europe/London' : 'Etc/UTC'
  return [
    ...when(raspberryPiOS, file('/etc/timezone', `${zone}\n`)),
    symlink('/etc/localtime', `/usr/share/zoneinfo/${zone}`),
    ...['America/New_York', 'Etc/UTC', 'Europe/London', 'Europe/Prague'].map((name) =>
      file(`/usr/share/zoneinfo/${name}`, timeZone(name)),
    ),
    symlink('/usr/share/zoneinfo/UTC', 'Etc/UTC'),
    directory('/var/lib/systemd/timesync'),
    file('/var/lib/systemd/timesync/clock'),
  ]
}

/** TZif, version 1: no transitions, one type of zero offset, its abbreviation. */
function timeZone(name: string): Buffer {
  const abbreviation = name.endsWith('UTC') ? 'UTC' : 'PRX'
  const zone = Buffer.alloc(44 + 6 + 4)
  zone.write('TZif', 0)
  zone.writeUInt32BE(1, 36)
  zone.writeUInt32BE(4, 40)
  zone.write(abbreviation, 50)
  return zone
}
