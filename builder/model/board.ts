import type { Release } from './facts.js'

/** The firmware's own files of a boot partition; a variant is chosen by config.txt (`start_x`, `start_debug`, `gpu_mem`). */
export interface Firmware {
  /** What the boot ROM loads first; undefined where that is in the EEPROM. */
  readonly loader?: string
  readonly start: Readonly<Record<FirmwareVariant, string>>
  readonly fixup: Readonly<Record<FirmwareVariant, string>>
}

export type FirmwareVariant = 'plain' | 'extended' | 'debug' | 'small'

/** Who starts a board from a network. */
export type NetworkBoot =
  /** `once`: a line of config.txt that sets the bit for it, for good; undefined where the factory sets it. */
  | { readonly by: 'rom'; readonly once?: string }
  /** By `BOOT_ORDER` in the EEPROM, which has no network by default; `tag` begins option 97 of its DHCP requests. */
  | { readonly by: 'eeprom'; readonly tag: 'RPi4' | 'RPi5' }
  | { readonly by: 'none'; readonly why: string }

/** One model of the Raspberry Pi. Names of files are those of the boot partition. */
export interface Board {
  readonly name: string
  /** The types in its revision codes, bits 4 to 11: what `[board-type=…]` of config.txt compares. */
  readonly types: readonly number[]
  /** The first release of Raspberry Pi OS with its firmware and kernel. */
  readonly since: Release
  /** The model filters of config.txt that hold. */
  readonly filters: readonly string[]
  /** The kernels that the firmware looks for, in order; none where the processor does not run such a one. */
  readonly kernels: { readonly arm: readonly string[]; readonly arm64: readonly string[] }
  /** Whether the firmware starts a 64-bit kernel without being asked to by `arm_64bit`. */
  readonly prefersArm64: boolean
  /** Raspberry Pi's names first, then those of Linux itself. */
  readonly deviceTrees: readonly string[]
  /** Undefined where all of it is in the EEPROM. */
  readonly firmware?: Firmware
  readonly networkBoot: NetworkBoot
}

const start: Firmware = {
  loader: 'bootcode.bin',
  start: { plain: 'start.elf', extended: 'start_x.elf', debug: 'start_db.elf', small: 'start_cd.elf' },
  fixup: { plain: 'fixup.dat', extended: 'fixup_x.dat', debug: 'fixup_db.dat', small: 'fixup_cd.dat' },
}
const start4: Firmware = {
  start: { plain: 'start4.elf', extended: 'start4x.elf', debug: 'start4db.elf', small: 'start4cd.elf' },
  fixup: { plain: 'fixup4.dat', extended: 'fixup4x.dat', debug: 'fixup4db.dat', small: 'fixup4cd.dat' },
}

const noEthernet: NetworkBoot = { by: 'none', why: 'it has no Ethernet' }
const setBit: NetworkBoot = { by: 'rom', once: 'program_usb_boot_mode=1' }

/** What boards with the same processor have in common. */
const bcm2835 = {
  since: 'buster',
  kernels: { arm: ['kernel.img'], arm64: [] },
  prefersArm64: false,
  firmware: start,
} as const
const bcm2836 = { ...bcm2835, kernels: { arm: ['kernel7.img'], arm64: [] } } as const
const bcm2837 = { ...bcm2835, kernels: { arm: ['kernel7.img'], arm64: ['kernel8.img'] } } as const
const bcm2711 = {
  since: 'buster',
  kernels: { arm: ['kernel7l.img'], arm64: ['kernel8.img'] },
  prefersArm64: true,
  firmware: start4,
  networkBoot: { by: 'eeprom', tag: 'RPi4' },
} as const
// The processor also runs the 32-bit programs of an armhf image, whose kernel for this board has 64 bits.
const bcm2712 = {
  since: 'bookworm',
  kernels: { arm: [], arm64: ['kernel_2712.img', 'kernel8.img'] },
  prefersArm64: true,
  networkBoot: { by: 'eeprom', tag: 'RPi5' },
} as const

/**
 * The models that piimg knows. Sources, all of raspberrypi.com/documentation: "config.txt" (model filters, `kernel`,
 * `arm_64bit`, firmware files), "Raspberry Pi revision codes" (types), "Boot folder contents" (kernels by processor),
 * "Network booting" (2B 1.2, 3B and 3B+ by boot ROM, later ones by EEPROM). Names of device trees: raspberrypi/firmware,
 * boot/, where a 3A+ has the tree of the 3B+; and arch/arm64/boot/dts/broadcom of Linux. Kernel packages:
 * RPi-Distro/firmware, debian/. A 3B+ has its network boot from the factory by that page; where a board has not, the
 * bit is set as on a 3B.
 */
const models = {
  zero: {
    ...bcm2835,
    types: [0x09],
    filters: ['pi0'],
    deviceTrees: ['bcm2708-rpi-zero.dtb', 'bcm2835-rpi-zero.dtb'],
    networkBoot: noEthernet,
  },
  zerow: {
    ...bcm2835,
    types: [0x0c],
    filters: ['pi0', 'pi0w'],
    deviceTrees: ['bcm2708-rpi-zero-w.dtb', 'bcm2835-rpi-zero-w.dtb'],
    networkBoot: noEthernet,
  },
  'pi2-1.1': {
    ...bcm2836,
    types: [0x04],
    filters: ['pi2'],
    deviceTrees: ['bcm2709-rpi-2-b.dtb', 'bcm2836-rpi-2-b.dtb'],
    networkBoot: { by: 'none', why: 'its boot ROM has no network boot: the processor is a BCM2836' },
  },
  'pi2-1.2': {
    ...bcm2837,
    types: [0x04],
    filters: ['pi2'],
    deviceTrees: ['bcm2710-rpi-2-b.dtb'],
    networkBoot: setBit,
  },
  zero2w: {
    ...bcm2837,
    types: [0x12],
    // It came out with Bullseye, in October 2021.
    since: 'bullseye',
    filters: ['pi0', 'pi0w', 'pi02'],
    deviceTrees: ['bcm2710-rpi-zero-2-w.dtb', 'bcm2710-rpi-zero-2.dtb', 'bcm2837-rpi-zero-2-w.dtb'],
    networkBoot: noEthernet,
  },
  'pi3a+': {
    ...bcm2837,
    types: [0x0e],
    filters: ['pi3', 'pi3+'],
    deviceTrees: ['bcm2710-rpi-3-b-plus.dtb', 'bcm2837-rpi-3-a-plus.dtb'],
    networkBoot: noEthernet,
  },
  pi3b: {
    ...bcm2837,
    types: [0x08],
    filters: ['pi3'],
    deviceTrees: ['bcm2710-rpi-3-b.dtb', 'bcm2837-rpi-3-b.dtb'],
    networkBoot: setBit,
  },
  'pi3b+': {
    ...bcm2837,
    types: [0x0d],
    filters: ['pi3', 'pi3+'],
    deviceTrees: ['bcm2710-rpi-3-b-plus.dtb', 'bcm2837-rpi-3-b-plus.dtb'],
    networkBoot: { by: 'rom' },
  },
  pi4: { ...bcm2711, types: [0x11], filters: ['pi4'], deviceTrees: ['bcm2711-rpi-4-b.dtb'] },
  pi400: { ...bcm2711, types: [0x13], filters: ['pi4', 'pi400'], deviceTrees: ['bcm2711-rpi-400.dtb'] },
  cm4: {
    ...bcm2711,
    types: [0x14],
    filters: ['pi4', 'cm4'],
    deviceTrees: ['bcm2711-rpi-cm4.dtb', 'bcm2711-rpi-cm4-io.dtb'],
  },
  pi5: {
    ...bcm2712,
    types: [0x17],
    filters: ['pi5'],
    // By the stepping of the processor, C1 or D0.
    deviceTrees: ['bcm2712-rpi-5-b.dtb', 'bcm2712d0-rpi-5-b.dtb', 'bcm2712-d-rpi-5-b.dtb'],
  },
  pi500: { ...bcm2712, types: [0x19], filters: ['pi5', 'pi500'], deviceTrees: ['bcm2712-rpi-500.dtb'] },
  cm5: {
    ...bcm2712,
    types: [0x18, 0x1a],
    filters: ['pi5', 'cm5'],
    // With eMMC and without it, each by the board that it is plugged into.
    deviceTrees: ['cm5-cm5io', 'cm5-cm4io', 'cm5l-cm5io', 'cm5l-cm4io'].map(
      (name) => `bcm2712-rpi-${name}.dtb`,
    ),
  },
} satisfies Readonly<Record<string, Omit<Board, 'name'>>>

/** One model's name. */
export type BoardName = keyof typeof models

/** Names that stand for several boards: what is said of such a name has to hold for each of them. */
const families: Readonly<Record<string, readonly BoardName[]>> = {
  zero: ['zero', 'zerow'],
  pi2: ['pi2-1.1', 'pi2-1.2'],
  pi3: ['pi3a+', 'pi3b', 'pi3b+'],
}

export function boardNamed(name: BoardName): Board {
  return { name, ...models[name] }
}

/** By every name that the variable `board` accepts: the boards that it may be. */
export const boards: Readonly<Record<string, readonly Board[]>> = boardsByName()

function boardsByName(): Record<string, readonly Board[]> {
  const found: Record<string, readonly Board[]> = {}
  for (const name of Object.keys(models) as BoardName[]) {
    for (const [family, members] of Object.entries(families))
      if (members[0] === name) found[family] = members.map(boardNamed)
    found[name] ??= [boardNamed(name)]
  }
  return found
}
