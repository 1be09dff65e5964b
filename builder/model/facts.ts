import type { FileKind } from './file-tree.js'
import type { Partition } from './partition.js'

/** The releases that piimg knows, oldest first. */
export const releases = ['buster', 'bullseye', 'bookworm', 'trixie'] as const
export type Release = (typeof releases)[number]

/** The facts that conditions and tree variants (`root@FACT/`) may name; each is true or false. */
export const factNames = [
  ...releases,
  'raspios',
  'debian',
  'amd64',
  'arm64',
  'armhf',
  'dhcpcd',
  'networkmanager',
  /** systemd-networkd is enabled beside the program that configures the network. */
  'networkd',
  /** Network cards have names such as end0 or enp1s0, unless that is switched off. */
  'predictable_names',
  /** Debian's package whose hook rewrites cmdline.txt at every update of the initramfs. */
  'raspi_firmware',
  /** Programs that set up a node at its first boot, each a package. */
  'cloud_init',
  'rpi_preseed',
  'userconf',
  /** Whether sshd knows Include. */
  'sshd_include',
  /** Whether piimg's files in sshd_config.d are the first that sshd reads. */
  'sshd_include_first',
  /** Whether sshd listens at other ports, and not at 22. */
  'sshd_other_port',
  /** Whether ssh_config reads ssh_config.d. */
  'ssh_include',
  /** Whether piimg's file in sudoers.d is the last that sudo reads. */
  'sudo_last',
  /** Whether a desktop's wizard logs in automatically, and nobody does once it is done. */
  'wizard_only',
] as const
export type FactName = (typeof factNames)[number]

export type NetworkStack = 'dhcpcd' | 'networkmanager'

/** What the stock image's first boot does: it grows the root, and on some releases makes ssh host keys. */
export type FirstBoot = 'init_resize' | 'firstboot' | 'resize' | 'growroot' | 'none'

/** What lets somebody log in to an account, or lets it do more than others, and its place in the base image. */
export interface Opening {
  readonly by: 'password' | 'key' | 'sudo'
  readonly path: string
  readonly line: number
}

/** A line of passwd(5). */
export interface User {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
  readonly shell: string
  /** Missing where nothing does. */
  readonly openings?: readonly Opening[]
  /** The rule by which an account of a program may do everything by sudo. */
  readonly power?: Opening
}

/** A line of group(5). */
export interface Group {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

/** A file of the base image that a plan uses. */
export interface FileFact {
  readonly kind: FileKind
  /** With every link followed: what an edit writes. */
  readonly realPath: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Of regular files. */
  readonly content?: Buffer
}

/** What other programs call a file system. */
export interface FileSystemName {
  /** As blkid shows it. */
  readonly uuid: string
  /** Empty where there is none. */
  readonly label: string
}

/** The key of `CommandLines` for a board that is not known. */
export const anyBoard = ''

/**
 * By the names of boards: the files that they read the kernel command line from, absolute on the boot partition. The one
 * that most boards read is first.
 */
export type CommandLines = Readonly<Record<string, readonly string[]>>

/** The files of one board, at least one. */
export function commandLinesOf(lines: CommandLines, board: string): readonly string[] {
  return lines[board] ?? lines[anyBoard] ?? ['/cmdline.txt']
}

/** What was read from the base image. */
export interface Facts {
  /** The file as the user named it. */
  readonly file: string
  /** Bytes of the uncompressed image. */
  readonly size: number
  readonly diskSignature: string
  readonly boot: Partition & FileSystemName
  readonly root: Partition & FileSystemName
  /** Whether nothing follows the root on the card, so that it can grow. */
  readonly rootIsLast: boolean
  readonly distribution: 'raspios' | 'debian'
  readonly release: Release
  /** `YYYY-MM-DD` from /etc/rpi-issue. */
  readonly imageDate?: string
  /** As dpkg names it: arm64, armhf, amd64. */
  readonly architecture: string
  /** `/boot` or `/boot/firmware`. */
  readonly bootMount: string
  readonly networkStack: NetworkStack
  /** Whether the system calls its first Ethernet card eth0 or something like end0. */
  readonly interfaceNames: 'kernel' | 'predictable'
  readonly firstBoot: FirstBoot
  readonly commandLines: CommandLines
  /** The last word after `root=` of the kernel command line, which is the one that counts. */
  readonly rootDevice: string
  readonly users: readonly User[]
  readonly groups: readonly Group[]
  /** Installed packages and their versions. */
  readonly packages: ReadonlyMap<string, string>
  /** Locales that are generated, as /etc/locale.gen names them. */
  readonly locales: readonly string[]
  /** True and false facts, by the names that conditions and tree variants use. */
  readonly tags: Readonly<Record<FactName, boolean>>
  /** Bytes that can still be written. */
  readonly free: { readonly boot: number; readonly root: number }
}

/** Files of the base image by `boot/…` or `root/…`; undefined where the base image has none. */
export type BaseFiles = ReadonlyMap<string, FileFact | undefined>
