import type { Board, FirmwareVariant } from '../model/board.js'
import type { BootSettings } from './config-txt.js'

/** What a board starts, as absolute paths on the boot partition. */
export interface BootFiles {
  readonly kernel: string
  /** Undefined where none is asked for, or the one that is asked for is not there. */
  readonly initramfs?: string
  /** Undefined where the board's own tree is not there. */
  readonly deviceTree?: string
  readonly commandLine: string
}

/** A file that a board asks for. */
export interface AskedFile {
  /** Absolute on the boot partition. */
  readonly path: string
  /** Whether the board does not start without it. */
  readonly isRequired: boolean
}

type Exists = (path: string) => boolean

/**
 * What the firmware starts by the settings of config.txt (raspberrypi.com/documentation, "config.txt", "Boot options").
 * @param exists whether the boot partition has a file
 */
export function bootFiles(settings: BootSettings, board: Board, exists: Exists): BootFiles {
  const kernels = kernelNames(settings, board, exists)
  const trees = treeNames(settings, board)
  const prefix = viablePrefix(settings, { kernels, trees, exists })
  const find = (names: readonly string[]) => names.map((name) => place(prefix, name)).find(exists)
  const [firstKernel = ''] = kernels
  const kernel = find(kernels) ?? place(prefix, firstKernel)
  const initramfs = initramfsName(settings, kernel)
  const present = initramfs === undefined ? undefined : find([initramfs])
  const deviceTree = find(trees)
  return {
    kernel,
    ...(present === undefined ? {} : { initramfs: present }),
    ...(deviceTree === undefined ? {} : { deviceTree }),
    commandLine: place(prefix, settings.get('cmdline') ?? 'cmdline.txt'),
  }
}

/**
 * Every file that a board asks for, in the order in which it does, without those that only a look-up for updates or
 * custom firmware would find (autoboot.txt, recovery.elf, dt-blob.bin, an armstub).
 * @param exists whether the boot partition has a file
 */
export function askedFiles(settings: BootSettings, board: Board, exists: Exists): AskedFile[] {
  const { kernel, initramfs, deviceTree, commandLine } = bootFiles(settings, board, exists)
  const asked = (isRequired: boolean) => (path: string) => ({ path, isRequired })
  const [tree] = treeNames(settings, board)
  return [
    ...firmwareFiles(settings, board).map(asked(true)),
    // A Pi 5 takes a partition without it for one that is not there to boot from.
    asked(board.firmware === undefined)('/config.txt'),
    ...(tree === undefined ? [] : [asked(true)(deviceTree ?? `/${tree}`)]),
    ...overlayFiles(settings, exists).map(asked(false)),
    asked(true)(commandLine),
    asked(true)(kernel),
    ...(initramfs === undefined ? [] : [asked(true)(initramfs)]),
  ]
}

/** A setting that begins with a slash goes past every prefix. */
function place(prefix: string, name: string): string {
  return name.startsWith('/') ? name : `/${prefix}${name}`
}

/** In the order in which they are looked for. */
function kernelNames(
  settings: BootSettings,
  { kernels, prefersArm64 }: Board,
  exists: Exists,
): readonly string[] {
  const named = settings.get('kernel')
  if (named !== undefined) return [named]
  const { arm, arm64 } = kernels
  if (arm.length === 0 || arm64.length === 0) return arm.length === 0 ? arm64 : arm
  // Without the setting a Pi 3 asks for kernel8.img first, and starts it where it is there.
  const byDefault = prefersArm64 || arm64.some((name) => exists(`/${name}`)) ? '1' : '0'
  return (settings.get('arm_64bit') ?? byDefault) === '0' ? arm : arm64
}

/** `device_tree` names another tree, or none. */
function treeNames(settings: BootSettings, { deviceTrees }: Board): readonly string[] {
  const named = settings.get('device_tree')
  return named === undefined ? deviceTrees : named === '' ? [] : [named]
}

/** `os_prefix` counts only where it leads to a kernel and a device tree; then for all files of the system. */
function viablePrefix(
  settings: BootSettings,
  {
    kernels,
    trees,
    exists,
  }: { readonly kernels: readonly string[]; readonly trees: readonly string[]; readonly exists: Exists },
): string {
  const prefix = askedPrefix(settings)
  const leadsTo = (names: readonly string[]) => names.some((name) => exists(place(prefix, name)))
  return leadsTo(kernels) && (trees.length === 0 || leadsTo(trees)) ? prefix : ''
}

/** `upstream_kernel` is a prefix too, where there is no other. */
function askedPrefix(settings: BootSettings): string {
  return settings.get('os_prefix') ?? (settings.get('upstream_kernel') === '1' ? 'upstream/' : '')
}

/** By `auto_initramfs` the kernel's name with `initramfs` in the place of `kernel`: kernel8.img has initramfs8. */
function initramfsName(settings: BootSettings, kernel: string): string | undefined {
  const named = settings.get('initramfs')
  if (named !== undefined || settings.get('auto_initramfs') !== '1') return named
  const name = kernel.slice(kernel.lastIndexOf('/') + 1)
  return `initramfs${name.replace(/^kernel/, '').replace(/\.img$/, '')}`
}

function firmwareFiles(settings: BootSettings, { firmware }: Board): string[] {
  if (firmware === undefined) return []
  const variant = variantOf(settings)
  const start = settings.get('start_file') ?? firmware.start[variant]
  const fixup = settings.get('fixup_file') ?? firmware.fixup[variant]
  return [...(firmware.loader === undefined ? [] : [firmware.loader]), start, fixup].map((name) => `/${name}`)
}

function variantOf(settings: BootSettings): FirmwareVariant {
  if (settings.get('gpu_mem') === '16') return 'small'
  if (settings.get('start_debug') === '1') return 'debug'
  return settings.get('start_x') === '1' ? 'extended' : 'plain'
}

/** Device-tree overlays are behind `os_prefix` where their README is, and shared with other systems elsewhere. */
function overlayFiles(settings: BootSettings, exists: Exists): string[] {
  const folder = settings.get('overlay_prefix') ?? 'overlays/'
  const prefix = askedPrefix(settings)
  const own = exists(`/${prefix}${folder}README`) ? prefix : ''
  const names = settings.all('dtoverlay').flatMap((value) => value.split(/[,:]/)[0] ?? '')
  const files = names.filter((name) => name !== '').map((name) => `${name}.dtbo`)
  return [...new Set(['overlay_map.dtb', ...files])].map((name) => `/${own}${folder}${name}`)
}
