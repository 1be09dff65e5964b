import { type Problem, warning } from '../model/problem.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import { commandLineFile, kernelWord, kernelWords } from './kernel-command-line.js'
import { maskOf, startersOf } from './units.js'

/**
 * The root grows to the size of the card. No program makes it grow where a partition follows it. Else the first of these
 * that the card has:
 *
 * - `init=…/init_resize.sh` of raspi-config, Buster: the partition; then resize2fs_once of /etc/rc3.d: the file system.
 * - `init=…/firstboot` of raspberrypi-sys-mods: both, in Bookworm by its script in the initramfs (scripts/local-premount).
 * - `resize` of Trixie's raspberrypi-sys-mods: the partition, in the initramfs; then rpi-resize.service, at a first boot
 *   (ConditionFirstBoot), starts systemd-growfs-root.service (systemd-growfs@.service(8)).
 * - Debian's package cloud-initramfs-growroot; raspi-config --expand-rootfs or PiShrink's lines in /etc/rc.local.
 *
 * A base image that was used has none of them left. A root with enough space does not have to grow.
 */
export const rootGrowth: Effect = (node) => {
  const { facts } = node
  if (!facts.rootIsLast) {
    const where = { file: facts.file, key: 'partition table' }
    const hint = 'a stock image has two partitions, the root last'
    return [warning(where, 'the root is not the last partition, so it will not grow', hint)]
  }
  const grower = growers.find(({ isOn }) => isOn(node))
  if (grower !== undefined) return (grower.against?.(node) ?? []).map((each) => halfGrown(node, each))
  if (facts.distribution !== 'raspios' || facts.free.root >= enough) return []
  const mebibytes = (bytes: number) => `${Math.floor(bytes / 2 ** 20)} MiB`
  const what = `nothing grows the root on a larger card: it stays at ${mebibytes(facts.root.size)}, ${mebibytes(facts.free.root)} free`
  const hint = 'use a stock image, or run on the node: sudo raspi-config --expand-rootfs'
  return [warning(node.boot.place(commandLineFile(node)), what, hint)]
}

/** Bytes. */
const enough = 2 ** 30

interface Grower {
  readonly isOn: (node: FinishedNode) => boolean
  /** What is missing. */
  readonly against?: (node: FinishedNode) => readonly string[]
}

const has = (word: string) => (node: FinishedNode) => kernelWords(node).includes(word)

const growers: readonly Grower[] = [
  {
    isOn: has('init=/usr/lib/raspi-config/init_resize.sh'),
    against: (node) => [
      ...file(node, '/usr/lib/raspi-config/init_resize.sh'),
      ...(node.root.names('/etc/rc3.d').some((name) => /^S\d\dresize2fs_once$/.test(name))
        ? []
        : ['resize2fs_once is not enabled']),
    ],
  },
  {
    isOn: has('init=/usr/lib/raspberrypi-sys-mods/firstboot'),
    against: (node) => [
      ...file(node, '/usr/lib/raspberrypi-sys-mods/firstboot'),
      ...(node.facts.release === 'bookworm' ? initramfs(node) : []),
    ],
  },
  {
    isOn: has('resize'),
    against: (node) => [...initramfs(node), ...unit(node, 'rpi-resize.service'), ...firstBoot(node)],
  },
  { isOn: ({ facts }) => facts.packages.has('cloud-initramfs-growroot') },
  { isOn: ({ root }) => /expand[-_]rootfs/.test(root.text('/etc/rc.local') ?? '') },
]

function file({ root }: FinishedNode, path: string): string[] {
  return root.find(path) === undefined ? [`there is no ${path}`] : []
}

function unit({ root }: FinishedNode, name: string): string[] {
  return maskOf(root, name) === undefined && startersOf(root, name).length > 0
    ? []
    : [`${name} is not enabled`]
}

/** config.txt, `auto_initramfs` and `initramfs`. */
function initramfs({ boot }: FinishedNode): string[] {
  const isLoaded = /^\s*(auto_initramfs=1|initramfs\s)/m.test(boot.text('/config.txt') ?? '')
  return isLoaded ? [] : ['config.txt loads no initramfs']
}

/** machine-id(5), "FIRST BOOT SEMANTICS". */
function firstBoot(node: FinishedNode): string[] {
  const word = kernelWord(node, 'systemd.condition_first_boot')
  if (word !== undefined)
    return /^(1|yes|true|on)$/.test(word) ? [] : [`systemd.condition_first_boot=${word}`]
  const id = node.root.text('/etc/machine-id')?.trim() ?? 'uninitialized'
  return id === 'uninitialized' ? [] : ['/etc/machine-id is not uninitialized']
}

function halfGrown(node: FinishedNode, what: string): Problem {
  const hint = 'use a stock image, or run on the node: sudo raspi-config --expand-rootfs'
  return warning(node.boot.place(commandLineFile(node)), `the root does not grow: ${what}`, hint)
}
