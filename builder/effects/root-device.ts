import type { Content } from '../model/content.js'
import type { Facts } from '../model/facts.js'
import { memo } from '../model/memo.js'
import { error, type Problem, warning } from '../model/problem.js'
import { isNameOf, partUuid } from './devices.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import { commandLineFile, kernelWord } from './kernel-command-line.js'
import { textOf } from './text.js'

/**
 * The kernel finds the root of this image, and systemd its partitions. The last `root=` and `rootfstype=` of the kernel
 * command line count (admin-guide/kernel-parameters; initramfs-tools(7)); then the lines of fstab(5), where a device that
 * is missing, without `nofail` or `noauto`, ends the start in emergency mode (systemd.mount(5), systemd.special(7),
 * `local-fs.target`), and where `ro` of the root counts after `ro` and `rw` of the kernel command line
 * (systemd-remount-fs.service(8)).
 */
export const rootDevice: Effect = (node) => [...kernelRoot(node), ...fstabLines(node), ...readOnly(node)]

/** A person who wants a read-only root has to wait until the first boot is done. */
function readOnly({ root }: FinishedNode): Problem[] {
  const lines = root.text('/etc/fstab')?.split('\n') ?? []
  const index = lines.findIndex((text) => /^\s*[^#\s]\S*\s+\/\s+\S+\s+(\S+,)?ro(,|\s|$)/.test(text))
  if (index === -1) return []
  const what = 'the root is mounted read-only: the first boot cannot write its settings'
  return [error(root.place('/etc/fstab', index + 1), what, 'remove ro from the options of /')]
}

function kernelRoot(node: FinishedNode): Problem[] {
  const { facts } = node
  const root = kernelWord(node, 'root')
  const types = kernelWord(node, 'rootfstype')?.split(',') ?? ['ext4']
  const right = `root=PARTUUID=${partUuid(facts, facts.root)}`
  const where = () => node.boot.place(commandLineFile(node), 1)
  const found: Problem[] = []
  if (root === undefined)
    found.push(error(where(), 'the kernel command line names no root', `add ${right} to it`))
  else if (isNameOf(root, facts.root, facts) === false) {
    const what = `the kernel looks for its root at ${root}, which is not the root partition of the image`
    found.push(error(where(), what, `write ${right}${signatureHint(root, node)}`))
  } else if (isNameOf(root, facts.root, facts) === undefined) {
    const what = `piimg cannot find out whether root=${root} is the root partition of the image`
    found.push(warning(where(), what, `write ${right}, if it is`))
  }
  if (!types.includes('ext4')) {
    const what = `the kernel mounts its root as ${types.join(',')}, and the image has ext4`
    found.push(error(where(), what, 'write rootfstype=ext4'))
  }
  return found
}

/** A disk signature that was changed after fstab and the kernel command line were written. */
function signatureHint(root: string, { facts }: FinishedNode): string {
  const [, signature, number] = /^PARTUUID=([0-9a-f]{8})-([0-9a-f]{2})$/i.exec(root) ?? []
  if (signature === undefined || Number(`0x${number}`) !== facts.root.number) return ''
  return `, or change the disk signature back: sfdisk --disk-id ${facts.file} 0x${signature}`
}

interface Mount {
  /** Counted from 1. */
  readonly line: number
  readonly device: string
  readonly folder: string
  readonly options: readonly string[]
}

/** Options with which the start does not need the device. */
const optional = ['nofail', 'noauto', 'x-systemd.automount']

function fstabLines({ root, facts }: FinishedNode): Problem[] {
  const content = root.content('/etc/fstab')
  if (content === undefined) return []
  return wrongMounts(content, facts).map(({ line, device, folder }) => {
    const where = root.place('/etc/fstab', line)
    const partition = partitionFor(folder, facts)
    if (partition === undefined) {
      const what = `${folder} is mounted from ${device}: a node without it stops in emergency mode`
      return warning(where, what, 'add nofail to its options, or remove the line')
    }
    const name = folder === '/' ? 'root' : 'boot'
    const what = `${folder} is mounted from ${device}, which is not the ${name} partition of the image`
    return error(where, what, `write PARTUUID=${partUuid(facts, partition)}`)
  })
}

function partitionFor(folder: string, { bootMount, boot, root }: Facts): Facts['root'] | undefined {
  return folder === '/' ? root : folder === bootMount ? boot : undefined
}

const wrongMounts = memo((content: Content, facts: Facts): readonly Mount[] => {
  return textOf(content)
    .split('\n')
    .flatMap((text, index) => {
      const [device = '#', folder = '', type, options = ''] = text.trim().split(/\s+/)
      if (device.startsWith('#') || !folder.startsWith('/') || type === 'swap') return []
      return [{ line: index + 1, device, folder, options: options.split(',') }]
    })
    .filter((mount) => !isThere(mount, facts))
})

/** Of what is neither a tag nor a file of a disk (`proc`, `tmpfs`, a server) nothing is said. */
function isThere({ device, folder, options }: Mount, facts: Facts): boolean {
  const partition = partitionFor(folder, facts)
  const named = (partition === undefined ? [facts.root, facts.boot] : [partition]).map((each) =>
    isNameOf(device, each, facts),
  )
  if (named.includes(true) || named.includes(undefined)) return true
  if (folder !== '/' && options.some((option) => optional.includes(option))) return true
  // A further partition of the image.
  return partition === undefined && device.toLowerCase().startsWith(`partuuid=${facts.diskSignature}-`)
}
