import { createHash } from 'node:crypto'
import { directory, file, lines, type PracticeEntry, when } from './entries.js'
import { ownerOf, shippedContent } from './owners.js'
import type { ReleaseFacts } from './releases.js'

/**
 * dpkg's records of the packages that a build may ask for, with the paths and sums of those of the image's files that they
 * have.
 * @param entries the other files of the root
 */
export function packageFiles(
  facts: ReleaseFacts,
  entries: readonly PracticeEntry[],
): readonly PracticeEntry[] {
  const rows = packages(facts)
  const contents = new Map(
    rows.map(({ name }) => [name, entries.filter((entry) => ownerOf(entry) === name)] as const),
  )
  const stanzas = [...rows, removed].map((row) => stanza(facts, row, contents.get(row.name) ?? []))
  return [
    file('/var/lib/dpkg/status', stanzas.join('\n')),
    file('/var/lib/dpkg/available'),
    directory('/var/lib/dpkg/info'),
    ...[...contents].flatMap(([name, own]) => infoFiles(facts, name, own)),
    directory('/var/lib/dpkg/updates'),
    ...when(facts.raspberryPiOS && facts.version === 13, file('/var/lib/dpkg/arch', 'arm64\narmhf\n')),
  ]
}

interface PackageRow {
  readonly name: string
  readonly version: string
  readonly all?: boolean
  readonly status?: string
}

/** deb-md5sums(5) has no configuration files and no links. */
function infoFiles(facts: ReleaseFacts, name: string, own: readonly PracticeEntry[]): PracticeEntry[] {
  const summed = own.filter((entry) => entry.kind === 'file' && !isConffile(entry))
  const path = `/var/lib/dpkg/info/${name}`
  return [
    file(`${path}.list`, lines('/.', ...own.map((entry) => shippedPath(facts, entry)))),
    file(
      `${path}.md5sums`,
      lines(...summed.map((entry) => `${sumOf(facts, entry)}  ${shippedPath(facts, entry).slice(1)}`)),
    ),
  ]
}

const isConffile = ({ path, kind }: PracticeEntry) => kind === 'file' && path.startsWith('/etc/')

function sumOf(facts: ReleaseFacts, entry: PracticeEntry): string {
  return createHash('md5').update(shippedContent(entry, facts)).digest('hex')
}

/** Until Bookworm, packages have their units in /lib, which is a link. */
function shippedPath({ version, mergedUsr }: ReleaseFacts, { path }: PracticeEntry): string {
  return mergedUsr && version <= 12 ? path.replace(/^\/usr\/lib\/systemd\//, '/lib/systemd/') : path
}

const removed: PackageRow = { name: 'triggerhappy', version: '0.5.0-1', status: 'deinstall ok config-files' }

function stanza(facts: ReleaseFacts, row: PackageRow, own: readonly PracticeEntry[]): string {
  const { name, version, all = false, status = 'install ok installed' } = row
  const conffiles = own.filter(isConffile).map((entry) => ` ${entry.path} ${sumOf(facts, entry)}`)
  return lines(
    `Package: ${name}`,
    `Status: ${status}`,
    `Priority: ${name === 'dpkg' ? 'required' : 'optional'}`,
    'Section: admin',
    'Installed-Size: 1234',
    'Maintainer: Nobody <nobody@example.org>',
    `Architecture: ${all ? 'all' : facts.architecture}`,
    `Version: ${version}`,
    ...when(conffiles.length > 0, 'Conffiles:', ...conffiles),
    `Description: placeholder for ${name}`,
    ' Nothing of it is in a practice image',
    ' but this record.',
  )
}

function packages(facts: ReleaseFacts): readonly PackageRow[] {
  const { version, raspberryPiOS, hasDesktop, seed } = facts
  const column = raspberryPiOS ? version - 10 : 4
  const further = [
    ...when(hasDesktop, { name: 'lightdm', version: '1.32.0-6+rpt1' }, { name: 'piwiz', version: '0.80' }),
    ...when(seed === 'rpi-preseed', { name: 'rpi-preseed', version: '0.1.0', all: true }),
  ]
  const listed = table.flatMap((row) => {
    const [name = '', ...versions] = row.split(/ +/)
    const text = versions[column] ?? '-'
    if (text === '-' || (cloudInitPackages.has(name) && facts.seed !== 'cloud-init')) return []
    return [{ name, version: text.replace('/all', ''), all: text.endsWith('/all') }]
  })
  return [...listed, ...further]
}

const cloudInitPackages = new Set(['cloud-init', 'rpi-cloud-init-mods'])

/**
 * Name, then the version in Buster, Bullseye, Bookworm, Trixie and on Debian; `-` where it is missing,
 * `/all` where one package serves all architectures.
 */
const table = [
  'apt                   1.8.2.3         2.2.4+deb11u3   2.6.1            3.0.3            3.0.3',
  'avahi-daemon          0.7-4+deb10u3   0.8-5+deb11u3   0.8-10+deb12u1   0.8-16           -',
  'base-files            10.3+rpi1       11.1+rpi1       12.4+deb12u12    13.8+deb13u3     13.8+deb13u3',
  'bash                  5.0-4           5.1-2+deb11u1   5.2.15-2+b8      5.2.37-2         5.2.37-2',
  'ca-certificates       20200601/all    20210119/all    20230311/all     20250419/all     20250419/all',
  'cloud-init            -               -               -                25.2-1+rpt4/all  -',
  'cron                  3.0pl1-134      3.0pl1-137      3.0pl1-162       3.0pl1-197       3.0pl1-197',
  'dash                  0.5.10.2-5      0.5.11          0.5.12-2         0.5.12-12        0.5.12-12',
  'dhcpcd5               1:8.1.2-1+rpt9  1:8.1.2-1+rpt9  -                -                -',
  'dnsmasq-base          -               2.85-1+deb11u1  2.90-4~deb12u1   2.91-1           2.91-1',
  'dpkg                  1.19.8          1.20.13         1.22.6~bpo12+rpt 1.22.21          1.22.21',
  'dphys-swapfile        20100506-5/all  20100506-7/all  20100506-7.1/all -                -',
  'e2fsprogs             1.44.5-1        1.46.2-2        1.47.0-2         1.47.2-3         1.47.2-3',
  'fake-hwclock          0.11+rpt1/all   0.12/all        0.12+nmu1/all    -                -',
  'ifupdown              0.8.35          0.8.36          0.8.41           0.8.44           0.8.44',
  'initramfs-tools       -               -               0.142+rpt4/all   0.148.3+rpt1/all 0.148.3/all',
  'iputils-ping          3:20180629-2    3:20210202-1    3:20221126-1     3:20240905-3     3:20240905-3',
  'iptables              1.8.2-4         -               -                -                -',
  'locales               2.28-10+rpt/all 2.31-13+rpt/all 2.36-9+rpt2/all  2.41-12+rpt1/all -',
  'nano                  3.2-3           5.4-2           7.2-1            8.4-1            8.4-1',
  'netplan.io            -               -               -                1.1.2-7          -',
  'network-manager       -               1.30.6-1+rpt1   1.42.4-1+rpt1    1.52.1-1+rpt3    1.52.1-1',
  'nfs-common            1:1.3.4-2.5     1:1.3.4-6       1:2.6.2-4        -                -',
  'nftables              -               0.9.8-3.1       1.0.6-2+deb12u2  1.1.3-1          1.1.3-1',
  'openssh-client        1:7.9p1-10+rpt1 1:8.4p1-5+rpt1  1:9.2p1-2+deb12u 1:10.0p1-7       1:10.0p1-7',
  'openssh-server        1:7.9p1-10+rpt1 1:8.4p1-5+rpt1  1:9.2p1-2+deb12u 1:10.0p1-7       1:10.0p1-7',
  'passwd                1:4.5-1.1       1:4.8.1-1       1:4.13+dfsg1-1   1:4.17.4-2       1:4.17.4-2',
  'perl-base             5.28.1-6        5.32.1-4        5.36.0-7         5.40.1-6         5.40.1-6',
  'python3               3.7.3-1         3.9.2-3         3.11.2-1+b1      3.13.5-1         3.13.5-1',
  'raspberrypi-kernel    1:1.20230405-1  1:1.20230405-1  -                -                -',
  'raspberrypi-net-mods  1.3.4/all       1.3.4/all       1.4.2/all        1.4.4/all        -',
  'raspberrypi-sys-mods  20211005        20230510        20250605~bookw   1:20260611       -',
  'raspi-config          20230214/all    20240708/all    20250402/all     20260604/all     -',
  'raspi-firmware        -               -               1:1.20260521/all 1:1.20260521/all 1.20250430+ds-3/all',
  'rpi-cloud-init-mods   -               -               -                0.0.7/all        -',
  'rpi-eeprom            18.14-1~buster  24.0-1~bullseye 28.2-1~bookworm  28.15-1          -',
  'rpi-swap              -               -               -                1.2/all          -',
  'rsync                 3.1.3-6         3.2.3-4         3.2.7-1+deb12u2  3.4.1+ds1-5      3.4.1+ds1-5',
  'sudo                  1.8.27-1        1.9.5p2-3       1.9.13p3-1       1.9.16p2-3       1.9.16p2-3',
  'systemd               241-7~deb10+rpi 247.3-7+rpi1    252.39-1~deb12u1 257.13-1~deb13u1 257.13-1~deb13u1',
  'systemd-timesyncd     -               247.3-7+rpi1    252.39-1~deb12u1 257.13-1~deb13u1 257.13-1~deb13u1',
  'tzdata                2024a/all       2025b/all       2025b/all        2025b/all        2025b/all',
  'userconf-pi           -               0.9~bullseye/all 0.12/all        0.16/all         -',
  'wpasupplicant         2:2.7+git+rpt   2:2.9.0-21      2:2.10-12+deb12u 2:2.10-24        2:2.10-24',
  'xkb-data              2.26-2/all      2.29-2/all      2.35.1-1/all     2.42-1/all       2.42-1/all',
]
