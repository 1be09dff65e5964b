import { UserError } from '../errors.js'
import { type FactName, type Facts, factNames } from '../model/facts.js'
import type { FileTree } from '../model/file-tree.js'
import { error, type Problem } from '../model/problem.js'
import { readGroups, readUsers } from './accounts.js'
import { readCommandLine, readFirstBoot, readInterfaceNames } from './kernel-command-line.js'
import { readLoginFacts } from './login-facts.js'
import type { OpenImage } from './open-image.js'
import { readRelease } from './release.js'

/**
 * What a plan needs to know of a base image, read from its two partitions.
 * @throws {UserError} with every reason why piimg does not understand the image
 */
export function readFacts(image: OpenImage): Facts {
  const { boot, root } = image
  const problems: Problem[] = []
  const complain = (key: string, what: string, hint: string) => {
    problems.push(error({ file: image.name, key }, what, hint))
  }
  const release = readRelease(root, complain)
  const packages = readPackages(root, complain)
  const bootMount = readBootMount(root, complain)
  const networkStack = readNetworkStack(root, complain)
  const { commandLines, words } = readCommandLine(boot, complain)
  if (problems.length > 0 || release === undefined || bootMount === undefined || networkStack === undefined) {
    throw new UserError(problems)
  }
  const interfaceNames = readInterfaceNames(root, words)
  const users = readUsers(root)
  const holds: Partial<Record<FactName, boolean>> = {
    [release.release]: true,
    [release.distribution]: true,
    [networkStack]: true,
    networkd: isEnabled(root, 'systemd-networkd'),
    predictable_names: interfaceNames === 'predictable',
    // Raspberry Pi OS also has a package with this name, without the hook.
    raspi_firmware: release.distribution === 'debian' && packages.versions.has('raspi-firmware'),
    cloud_init: packages.versions.has('cloud-init'),
    rpi_preseed: packages.versions.has('rpi-preseed'),
    userconf: packages.versions.has('userconf-pi'),
    ...readLoginFacts(root, release.release, users),
    ssh_include: includesClientFiles(root),
    ...(isArchitecture(packages.architecture) ? { [packages.architecture]: true } : {}),
  }
  return {
    file: image.name,
    size: image.size,
    diskSignature: image.table.diskSignature,
    boot: { ...image.bootPartition, uuid: boot.volumeId, label: boot.label },
    root: { ...image.rootPartition, uuid: root.superblock.uuid, label: root.superblock.label },
    rootIsLast: image.table.partitions.every(({ offset }) => offset <= image.rootPartition.offset),
    ...release,
    architecture: packages.architecture,
    bootMount,
    networkStack,
    interfaceNames,
    firstBoot: readFirstBoot(words, packages.versions),
    commandLines,
    rootDevice: words.findLast((word) => word.startsWith('root='))?.slice(5) ?? '',
    users,
    groups: readGroups(root),
    packages: packages.versions,
    locales: readLocales(root),
    tags: Object.fromEntries(factNames.map((name) => [name, holds[name] ?? false])) as Record<
      FactName,
      boolean
    >,
    free: { boot: boot.freeBytes, root: root.freeBytes },
  }
}

/** Whether OpenSSH's client reads the files of ssh_config.d. */
function includesClientFiles(root: FileTree): boolean {
  return /^\s*Include\s+\/etc\/ssh\/ssh_config\.d\/\*\.conf/im.test(textOf(root, '/etc/ssh/ssh_config'))
}

type Complain = (key: string, what: string, hint: string) => void

/** The text of a file, with links followed; empty if there is none. */
function textOf(tree: FileTree, path: string): string {
  return tree.readFile(path)?.toString() ?? ''
}

function isArchitecture(name: string): name is 'amd64' | 'arm64' | 'armhf' {
  return ['amd64', 'arm64', 'armhf'].includes(name)
}

/** dpkg's status file: a paragraph a package; deb822(5). */
function readPackages(root: FileTree, complain: Complain) {
  const versions = new Map<string, string>()
  let architecture = ''
  for (const paragraph of textOf(root, '/var/lib/dpkg/status').split('\n\n')) {
    const name = /^Package: (.+)$/m.exec(paragraph)?.[1]
    if (name === undefined || !/^Status: install ok installed$/m.test(paragraph)) continue
    versions.set(name, /^Version: (.+)$/m.exec(paragraph)?.[1] ?? '')
    if (name === 'dpkg') architecture = /^Architecture: (.+)$/m.exec(paragraph)?.[1] ?? ''
  }
  if (!isArchitecture(architecture)) {
    const found =
      architecture === '' ? 'its status file does not list the package dpkg' : `architecture ${architecture}`
    complain(
      'root/var/lib/dpkg/status',
      found,
      'piimg supports Debian and Raspberry Pi OS on arm64 and armhf',
    )
  }
  return { versions, architecture }
}

/** The mount point of the first partition, from fstab(5). */
function readBootMount(root: FileTree, complain: Complain): string | undefined {
  const mounts = textOf(root, '/etc/fstab')
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .map((line) => line.trim().split(/\s+/)[1] ?? '')
  const found = mounts.find((mount) => mount === '/boot' || mount === '/boot/firmware')
  if (found === undefined) {
    complain('root/etc/fstab', 'no line mounts the boot partition', 'expected /boot or /boot/firmware')
  }
  return found
}

function isEnabled(root: FileTree, unit: string): boolean {
  return ['multi-user', 'network-online', 'sysinit'].some(
    (target) => root.stat(`/etc/systemd/system/${target}.target.wants/${unit}.service`) !== undefined,
  )
}

/** The program that configures the network: the one whose unit is enabled. */
function readNetworkStack(root: FileTree, complain: Complain): 'dhcpcd' | 'networkmanager' | undefined {
  if (isEnabled(root, 'NetworkManager')) return 'networkmanager'
  if (isEnabled(root, 'dhcpcd')) return 'dhcpcd'
  const other = ['systemd-networkd', 'networking', 'connman'].find((unit) => isEnabled(root, unit))
  const what =
    other === undefined ? 'nothing that configures the network is enabled' : `${other} configures the network`
  complain('root/etc/systemd/system', what, 'piimg supports NetworkManager and dhcpcd')
  return undefined
}

/** locale.gen(5): what is not commented out has been generated. */
function readLocales(root: FileTree): string[] {
  return [...textOf(root, '/etc/locale.gen').matchAll(/^\s*([^#\s]\S*)\s+UTF-8\s*$/gm)].map(
    ([, name]) => name ?? '',
  )
}
