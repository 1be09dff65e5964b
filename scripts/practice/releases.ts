import type { Release, Variant } from './entries.js'

const MiB = 1024 * 1024

/** What makes one release's image differ from another's. */
export interface ReleaseFacts {
  /** Debian's version number. */
  readonly version: 10 | 11 | 12 | 13
  readonly codename: string
  readonly debianVersion: string
  /** False: Debian's own image with raspi-firmware. */
  readonly raspberryPiOS: boolean
  readonly architecture: 'armhf' | 'arm64'
  /** The day of the image, also every file's time. */
  readonly date: string
  /** The commit of pi-gen that `/etc/rpi-issue` names. */
  readonly piGen: string
  readonly kernel: string
  /** `/bin`, `/lib` and `/sbin` are links into `/usr`. */
  readonly mergedUsr: boolean
  /** Where the links of enabled units point to. */
  readonly unitPrefix: string
  readonly bootMount: '/boot' | '/boot/firmware'
  readonly bootLabel: string
  /** Bytes; where the first partition starts, too. */
  readonly alignment: number
  /** For `mke2fs -O`, on top of what all have. */
  readonly ext4Features: string
  readonly network: 'dhcpcd' | 'NetworkManager'
  /** Raspberry Pi Desktop, whose wizard runs in a session of its own user. */
  readonly hasDesktop: boolean
  /** The first user has a shell, and sudo asks for no password: images up to early 2026. */
  readonly hasOpenUser: boolean
  /** What reads settings from the boot partition at the first boot, beside userconf-pi. */
  readonly seed: 'none' | 'cloud-init' | 'rpi-preseed'
  /** adduser's DIR_MODE at that time. */
  readonly homeMode: number
  /** 8 hex digits, as PARTUUIDs start. */
  readonly diskSignature: string
  readonly bootVolumeId: string
  readonly rootUuid: string
  readonly hashSeed: string
}

/** Fixed per release, so that two runs give the same bytes and two releases never the same PARTUUID. */
function identity(
  digit: string,
): Pick<ReleaseFacts, 'diskSignature' | 'bootVolumeId' | 'rootUuid' | 'hashSeed'> {
  return {
    diskSignature: `5e2c0d${digit}`,
    bootVolumeId: `b007fa${digit}`,
    rootUuid: `7a9e0c${digit}-1d2b-4c3d-8e4f-5a6b7c8d9eaf`,
    hashSeed: `41c6a2${digit}-0b1c-4d2e-9f30-a1b2c3d4e5f6`,
  }
}

/** Raspberry Pi OS Lite, as it was for years. */
const lite = { hasDesktop: false, hasOpenUser: true, seed: 'none' } as const

const modern = {
  ...lite,
  mergedUsr: true,
  bootMount: '/boot/firmware',
  bootLabel: 'bootfs',
  alignment: 8 * MiB,
  architecture: 'arm64',
  network: 'NetworkManager',
  homeMode: 0o700,
} as const

const trixieFeatures = 'metadata_csum,metadata_csum_seed,orphan_file'

const stock: Readonly<Record<Exclude<Release, Variant>, ReleaseFacts>> = {
  buster: {
    ...lite,
    version: 10,
    codename: 'buster',
    debianVersion: '10.13',
    raspberryPiOS: true,
    architecture: 'armhf',
    date: '2023-05-03',
    piGen: '638c7521ee0c431fafca1e2bd4fd25705b37ea5b',
    kernel: '5.10.103-v7l+',
    mergedUsr: false,
    unitPrefix: '/lib/systemd/system',
    bootMount: '/boot',
    bootLabel: 'boot',
    alignment: 4 * MiB,
    ext4Features: '',
    network: 'dhcpcd',
    homeMode: 0o755,
    ...identity('10'),
  },
  bullseye: {
    ...lite,
    version: 11,
    codename: 'bullseye',
    debianVersion: '11.11',
    raspberryPiOS: true,
    architecture: 'armhf',
    date: '2025-05-06',
    piGen: '511ffc4ff1529cb6f3eb3c8143d21a30faa1c43e',
    kernel: '6.1.21-v7l+',
    mergedUsr: true,
    unitPrefix: '/lib/systemd/system',
    bootMount: '/boot',
    bootLabel: 'bootfs',
    alignment: 4 * MiB,
    ext4Features: 'metadata_csum',
    network: 'dhcpcd',
    homeMode: 0o755,
    ...identity('11'),
  },
  bookworm: {
    ...modern,
    version: 12,
    codename: 'bookworm',
    debianVersion: '12.13',
    raspberryPiOS: true,
    date: '2026-06-17',
    piGen: 'd7a31c6aa09f4b867902c51da2b45807c0a1709e',
    kernel: '6.12.75+rpt-rpi-v8',
    unitPrefix: '/lib/systemd/system',
    ext4Features: 'metadata_csum',
    ...identity('12'),
  },
  trixie: {
    ...modern,
    version: 13,
    codename: 'trixie',
    debianVersion: '13.5',
    raspberryPiOS: true,
    date: '2026-06-18',
    piGen: 'ca8aeed0ae300c2a89f55ce9617d5f96a27e99e5',
    hasOpenUser: false,
    seed: 'cloud-init',
    kernel: '6.18.34+rpt-rpi-v8',
    unitPrefix: '/usr/lib/systemd/system',
    ext4Features: trixieFeatures,
    ...identity('13'),
  },
  debian: {
    ...modern,
    version: 13,
    codename: 'trixie',
    debianVersion: '13.5',
    raspberryPiOS: false,
    hasOpenUser: false,
    date: '2026-06-20',
    piGen: '',
    kernel: '6.12.74+deb13-arm64',
    unitPrefix: '/usr/lib/systemd/system',
    bootLabel: 'RASPIFIRM',
    ext4Features: `64bit,huge_file,${trixieFeatures}`,
    ...identity('d1'),
  },
}

export const releases: Readonly<Record<Release, ReleaseFacts>> = {
  ...stock,
  'bookworm-desktop': { ...stock.bookworm, hasDesktop: true, ...identity('a2') },
  'trixie-desktop': { ...stock.trixie, hasDesktop: true, ...identity('a3') },
  'trixie-2025': {
    ...stock.trixie,
    date: '2025-12-04',
    kernel: '6.12.47+rpt-rpi-v8',
    hasOpenUser: true,
    ...identity('b3'),
  },
  'trixie-preseed': { ...stock.trixie, seed: 'rpi-preseed', ...identity('c3') },
}

/** The name of a partition for `root=` and fstab. */
export function partUuid(facts: ReleaseFacts, partition: 1 | 2): string {
  return `PARTUUID=${facts.diskSignature}-0${partition}`
}

/** Every file's time, in seconds since 1970. */
export function imageTime(facts: ReleaseFacts): number {
  return Date.parse(facts.date) / 1000
}

/** The image's own directory for `/bin`, `/lib` or `/sbin`. */
export function usr(facts: ReleaseFacts, name: 'bin' | 'lib' | 'sbin'): string {
  return facts.mergedUsr ? `/usr/${name}` : `/${name}`
}
