/** What the board's firmware would start, as paths on the boot partition. */
export interface BootFiles {
  readonly kernel: string
  readonly initramfs?: string
  readonly commandLine: string
}

/** A board whose part of config.txt is read; `pi4` also stands for QEMU's own machine. */
export type FirmwareBoard = 'pi3' | 'pi4'

/** Filters of config.txt that hold on every emulated board: no EDID, no GPIO, no serial number is looked at. */
const filters: Readonly<Record<FirmwareBoard, readonly string[]>> = {
  pi3: ['all', 'pi3'],
  pi4: ['all', 'pi4'],
}

/**
 * Reads config.txt as the firmware of a 64-bit board does (raspberrypi.com/documentation, "config.txt"): the last
 * value of a setting counts, `[pi4]` and its like begin a part for that board only.
 * @param config the text of config.txt
 * @param exists whether the boot partition has a file
 */
export function bootFiles(
  config: string,
  board: FirmwareBoard,
  exists: (path: string) => boolean,
): BootFiles {
  const settings = settingsOf(config, board)
  const prefix = settings.get('os_prefix') ?? ''
  // The prefix is used only where it leads to a kernel.
  const withPrefix = (name: string): string =>
    prefix !== '' && exists(`/${prefix}${name}`) ? `/${prefix}${name}` : `/${name}`
  const is64Bit =
    (settings.get('arm_64bit') ?? (exists('/kernel8.img') || board === 'pi4' ? '1' : '0')) !== '0'
  const kernelName =
    settings.get('kernel') ?? (is64Bit ? 'kernel8.img' : board === 'pi4' ? 'kernel7l.img' : 'kernel7.img')
  const initramfsName =
    settings.get('initramfs') ??
    (settings.get('auto_initramfs') === '1' ? initramfsOf(kernelName) : undefined)
  const initramfs = initramfsName === undefined ? undefined : withPrefix(initramfsName)
  return {
    kernel: withPrefix(kernelName),
    ...(initramfs !== undefined && exists(initramfs) ? { initramfs } : {}),
    commandLine: withPrefix(settings.get('cmdline') ?? 'cmdline.txt'),
  }
}

/** `auto_initramfs`: kernel8.img has initramfs8, others have their own name with `initramfs` in front. */
function initramfsOf(kernel: string): string {
  return `initramfs${kernel.replace(/^kernel/, '').replace(/\.img$/, '')}`
}

function settingsOf(config: string, board: FirmwareBoard): ReadonlyMap<string, string> {
  const settings = new Map<string, string>()
  let holds = true
  for (const line of config.split(/\r?\n/).map((text) => text.trim())) {
    const filter = /^\[(.+)\]$/.exec(line)?.[1]
    if (filter !== undefined) holds = filters[board].includes(filter.toLowerCase())
    if (!holds || filter !== undefined || line.startsWith('#')) continue
    // `initramfs` is the one setting without an equals sign: initramfs FILE [followkernel|ADDRESS].
    const file = /^initramfs\s+(\S+)/.exec(line)?.[1]
    if (file !== undefined) settings.set('initramfs', file)
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? []
    if (name !== undefined && value !== undefined) settings.set(name, value.trim())
  }
  return settings
}

/** What the kernel calls the serial port of QEMU's own machine. */
export const virtSerialPort = 'ttyAMA0'

/** The auxiliary UART of a Pi 3, where `serial0` is: the better one belongs to Bluetooth (raspberrypi.com, "UART"). */
const miniUart = '/soc/serial@7e215040\0'

/**
 * What the kernel calls that port: ttyS and the number of its alias in the device tree, which is another one in Raspberry
 * Pi's own trees than in Linux'. The name of a property is an offset in the block of strings (devicetree specification, 5).
 */
export function pi3SerialPort(deviceTree: Buffer): string {
  const names = deviceTree.readUInt32BE(12)
  for (let at = deviceTree.indexOf(miniUart); at >= 4; at = deviceTree.indexOf(miniUart, at + 1)) {
    const name = names + deviceTree.readUInt32BE(at - 4)
    const [, number] =
      /^serial(\d)$/.exec(deviceTree.toString('latin1', name, deviceTree.indexOf(0, name))) ?? []
    if (number !== undefined) return `ttyS${number}`
  }
  return 'ttyS0'
}

/** The kernel's command line: the first line of cmdline.txt, `serial0` named as the kernel names it. */
export function kernelCommandLine(
  text: string,
  port: string,
): { readonly before: string; readonly after: string } {
  const before = (text.split('\n')[0] ?? '').trim()
  return { before, after: before.replace(/(^|\s)console=serial0(?=,|\s|$)/g, `$1console=${port}`) }
}
