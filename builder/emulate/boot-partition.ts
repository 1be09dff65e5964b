import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../errors.js'
import { openFat32 } from '../image/fat32.js'
import type { Partition } from '../model/partition.js'
import type { FileTree } from '../model/file-tree.js'
import { bootFiles } from '../boot/boot-files.js'
import { readConfig } from '../boot/config-txt.js'
import { kernelKind, unpackKernel } from '../boot/kernel.js'
import { kernelCommandLine, pi3SerialPort } from '../boot/serial-console.js'
import { withLayer } from './layer.js'
import { boardOf, type Machine, virtSerialPort } from './machine.js'
import { error } from '../model/problem.js'

/** What is on the boot partition for a machine: contents, and the names that they have there. */
export interface BootContents {
  readonly kernelName: string
  readonly kernel: Buffer
  readonly initramfs?: Buffer
  readonly deviceTree?: Buffer
  /** cmdline.txt as it is, and as the kernel gets it. */
  readonly commandLine: { readonly before: string; readonly after: string }
}

/** Paths of the files that QEMU loads, and the command line. */
export interface BootPaths {
  readonly kernel: string
  readonly initramfs?: string
  readonly deviceTree?: string
}

/**
 * Finds the files on a boot partition that the firmware of a board would load.
 * @param name the image, for problems
 * @throws {UserError} where there is no kernel for 64-bit boards
 */
export function readBootContents(boot: FileTree, machine: Machine, name: string): BootContents {
  const board = boardOf[machine]
  const settings = readConfig((path) => boot.readFile(path)?.toString(), board)
  const files = bootFiles(settings, board, (path) => boot.stat(path)?.kind === 'file')
  const complain = (key: string, what: string, hint: string) => {
    return new UserError([error({ file: name, key: `boot${key}` }, what, hint)])
  }
  const packed = boot.readFile(files.kernel)
  if (packed === undefined) {
    throw complain(files.kernel, 'there is no kernel', 'the emulator boots only what a board can boot')
  }
  const kernel = unpackKernel(packed)
  const kind = kernelKind(kernel)
  if (kind !== 'arm64') {
    const what = kind === 'arm' ? 'this kernel is for 32-bit ARM' : 'this is not an ARM kernel'
    throw complain(files.kernel, what, 'the emulator supports only 64-bit ARM kernels')
  }
  const text = boot.readFile(files.commandLine)?.toString()
  if (text === undefined)
    throw complain(files.commandLine, 'there is no such file', 'it contains the kernel command line')
  const deviceTree =
    machine === 'pi3' && files.deviceTree !== undefined ? boot.readFile(files.deviceTree) : undefined
  if (machine === 'pi3' && deviceTree === undefined) {
    const [key = ''] = board.deviceTrees
    throw complain(`/${key}`, 'there is no device tree of a Raspberry Pi 3', 'try --machine virt')
  }
  const initramfs = files.initramfs === undefined ? undefined : boot.readFile(files.initramfs)
  return {
    kernelName: files.kernel.slice(1),
    kernel,
    ...(initramfs === undefined ? {} : { initramfs }),
    ...(deviceTree === undefined ? {} : { deviceTree }),
    commandLine: kernelCommandLine(
      text,
      deviceTree === undefined ? virtSerialPort : pi3SerialPort(deviceTree),
    ),
  }
}

/** A card under a copy-on-write layer. */
export interface LayeredCard {
  /** The uncompressed card image, never written. */
  readonly image: string
  /** As the user named it. */
  readonly name: string
  readonly layer: string
  readonly bootPartition: Partition
}

/** What the guest has on its boot partition now, with the files put into `folder`. No guest may be running. */
export async function stageBoot(
  card: LayeredCard,
  machine: Machine,
  folder: string,
): Promise<{ readonly contents: BootContents; readonly paths: BootPaths }> {
  const contents = await withLayer(card, card.bootPartition, (source) =>
    readBootContents(openFat32(source, `${card.name}: boot partition`), machine, card.name),
  )
  const put = (name: string, content: Buffer): string => {
    const path = join(folder, name)
    writeFileSync(path, content, { mode: 0o600 })
    return path
  }
  const { kernel, initramfs, deviceTree } = contents
  const paths = {
    kernel: put('kernel', kernel),
    ...(initramfs === undefined ? {} : { initramfs: put('initramfs', initramfs) }),
    ...(deviceTree === undefined ? {} : { deviceTree: put('device-tree', deviceTree) }),
  }
  return { contents, paths }
}
