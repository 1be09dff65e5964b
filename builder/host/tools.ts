import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { here } from './here.js'

/** A program of another package that piimg starts. */
export interface Tool {
  readonly name: string
  /** The package that contains it; undefined if there is none. */
  readonly debian?: string
  readonly homebrew?: string
  readonly purpose: string
}

export const tools = {
  cp: { name: 'cp', debian: 'coreutils', homebrew: 'coreutils', purpose: 'copy the base image' },
  debugfs: {
    name: 'debugfs',
    debian: 'e2fsprogs',
    homebrew: 'e2fsprogs',
    purpose: 'write the root partition',
  },
  e2fsck: {
    name: 'e2fsck',
    debian: 'e2fsprogs',
    homebrew: 'e2fsprogs',
    purpose: 'check the root partition',
  },
  resize2fs: {
    name: 'resize2fs',
    debian: 'e2fsprogs',
    homebrew: 'e2fsprogs',
    purpose: 'grow the root partition',
  },
  mcopy: { name: 'mcopy', debian: 'mtools', homebrew: 'mtools', purpose: 'write the boot partition' },
  mdeltree: { name: 'mdeltree', debian: 'mtools', homebrew: 'mtools', purpose: 'remove boot files' },
  fsckVfat: {
    name: 'fsck.vfat',
    debian: 'dosfstools',
    homebrew: 'dosfstools',
    purpose: 'check the boot partition',
  },
  xz: { name: 'xz', debian: 'xz-utils', homebrew: 'xz', purpose: 'unpack .img.xz' },
  zstd: { name: 'zstd', debian: 'zstd', homebrew: 'zstd', purpose: 'unpack .img.zst' },
  qemu: {
    name: 'qemu-system-aarch64',
    debian: 'qemu-system-arm',
    homebrew: 'qemu',
    purpose: 'emulate a board',
  },
  qemuImg: { name: 'qemu-img', debian: 'qemu-utils', homebrew: 'qemu', purpose: 'emulate a card' },
  ssh: { name: 'ssh', debian: 'openssh-client', homebrew: 'openssh', purpose: 'log in to a node' },
  aptGet: { name: 'apt-get', purpose: 'bundle packages' },
  dpkgDeb: { name: 'dpkg-deb', purpose: 'bundle packages' },
  docker: { name: 'docker', debian: 'docker.io', homebrew: 'docker', purpose: 'build in a container' },
  podman: {
    name: 'podman',
    debian: 'podman',
    homebrew: 'podman',
    purpose: 'the same, instead of docker',
  },
  setpriv: {
    name: 'setpriv',
    debian: 'util-linux',
    homebrew: 'util-linux',
    purpose: 'stop QEMU when piimg ends',
  },
} as const satisfies Record<string, Tool>

/** Only needed in the container, which contains it. */
export const containerTools = {
  mount: { name: 'mount', debian: 'mount', purpose: 'mount a partition' },
  umount: { name: 'umount', debian: 'mount', purpose: 'unmount it' },
  losetup: { name: 'losetup', debian: 'mount', purpose: 'find a loop device' },
  mknod: { name: 'mknod', debian: 'coreutils', purpose: 'make its node' },
} as const satisfies Record<string, Tool>

/** e2fsprogs is keg-only in Homebrew. On Debian, PATH of ordinary users does not contain sbin. */
const extraFolders = [
  '/usr/sbin',
  '/sbin',
  '/usr/local/sbin',
  '/opt/homebrew/bin',
  '/opt/homebrew/opt/e2fsprogs/sbin',
  '/opt/homebrew/opt/e2fsprogs/bin',
  '/opt/homebrew/opt/dosfstools/sbin',
  '/usr/local/opt/e2fsprogs/sbin',
  '/usr/local/opt/e2fsprogs/bin',
  '/usr/local/opt/dosfstools/sbin',
]

/** The path of a tool, searched in PATH and then in other common folders; undefined if it is missing. */
export function findTool(tool: Tool): string | undefined {
  return [...(here().environment['PATH'] ?? '').split(delimiter), ...extraFolders]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, tool.name))
    .find(isProgram)
}

/** The command that installs the packages of `missing` on this computer. */
export function installCommand(missing: readonly Tool[]): string {
  const [prefix, kind] =
    process.platform === 'darwin'
      ? ['brew install', 'homebrew' as const]
      : ['sudo apt install', 'debian' as const]
  const packages = [...new Set(missing.flatMap((tool: Tool) => tool[kind] ?? []))].sort()
  const others = missing.filter((tool: Tool) => tool[kind] === undefined).map(({ name }) => name)
  return [
    ...(packages.length === 0 ? [] : [`${prefix} ${packages.join(' ')}`]),
    ...(others.length === 0 ? [] : [`${others.join(', ')}: on Debian, Ubuntu and Raspberry Pi OS only`]),
  ].join('; ')
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
