import { Readable } from 'node:stream'
import { createGunzip, gunzipSync } from 'node:zlib'
import { runAsFilter } from '../host/run.js'
import { tools } from '../host/tools.js'

/** What a kernel file is for; undefined: none that is known. */
export type KernelKind = 'arm64' | 'arm'

const gzipMagic = Buffer.from([0x1f, 0x8b])

/** The plain kernel: Raspberry Pi's own are packed. */
export function unpackKernel(file: Buffer): Buffer {
  return file.subarray(0, 2).equals(gzipMagic) ? gunzipSync(file) : file
}

/** By the magic of Documentation/arch/arm64/booting.rst, and of zImage (arch/arm/boot/compressed/head.S). */
export function kernelKind(kernel: Buffer): KernelKind | undefined {
  if (kernel.length < 64) return undefined
  if (kernel.toString('latin1', 56, 60) === 'ARMd') return 'arm64'
  return kernel.readUInt32LE(36) === 0x016f2818 ? 'arm' : undefined
}

/** What `uname -r` will print; undefined if the kernel file does not contain it. */
export function kernelVersion(kernel: Buffer): string | undefined {
  const at = kernel.indexOf('Linux version ')
  return at < 0 ? undefined : /^Linux version (\S+)/.exec(kernel.toString('latin1', at, at + 200))?.[1]
}

/** The drivers without which QEMU's own machine shows a kernel neither card nor network. */
const cardDrivers = ['virtio_pci', 'virtio_blk'] as const

/**
 * Whether a kernel can read a virtio card before the root is mounted.
 * @param builtIn the text of modules.builtin, kernel/drivers/block/virtio_blk.ko a line
 */
export async function hasVirtio(builtIn: string, initramfs: Buffer | undefined): Promise<boolean> {
  const lines = builtIn.split('\n')
  const missing = cardDrivers.filter((name) => !lines.some((line) => line.endsWith(`/${name}.ko`)))
  return missing.length === 0 || (initramfs !== undefined && (await holdsModules(initramfs, missing)))
}

/**
 * Whether an initramfs holds modules. It is one or more cpio archives in a row, the last one packed
 * (Documentation/driver-api/early-userspace/buffer-format.rst). In a cpio archive a name ends with NUL, so a search
 * for `/virtio_blk.ko\0` or `/virtio_blk.ko.xz\0` finds files, not mentions of the name.
 */
async function holdsModules(initramfs: Buffer, names: readonly string[]): Promise<boolean> {
  const missing = new Set(names)
  let tail = ''
  for await (const chunk of archives(initramfs)) {
    const text = tail + chunk.toString('latin1')
    for (const name of missing) {
      if (new RegExp(`/${name}\\.ko(\\.(xz|zst|gz))?\0`).test(text)) missing.delete(name)
    }
    if (missing.size === 0) return true
    tail = text.slice(-100)
  }
  return false
}

const cpioMagic = '070701'
const cpioEnd = 'TRAILER!!!'

async function* archives(initramfs: Buffer): AsyncIterable<Buffer> {
  let packedAt = 0
  while (initramfs.toString('latin1', packedAt, packedAt + cpioMagic.length) === cpioMagic) {
    const end = initramfs.indexOf(cpioEnd, packedAt)
    if (end < 0) break
    yield initramfs.subarray(packedAt, end)
    packedAt = end + cpioEnd.length
    while (packedAt < initramfs.length && initramfs[packedAt] === 0) packedAt++
  }
  yield* unpacked(initramfs.subarray(packedAt))
}

const packers = [
  ['\x28\xb5\x2f\xfd', tools.zstd],
  ['\xfd7zXZ', tools.xz],
] as const

async function* unpacked(packed: Buffer): AsyncIterable<Buffer> {
  if (packed.subarray(0, 2).equals(gzipMagic)) {
    yield* Readable.from([packed]).pipe(createGunzip()) as AsyncIterable<Buffer>
    return
  }
  const tool = packers.find(([magic]) => packed.toString('latin1', 0, magic.length) === magic)?.[1]
  if (tool === undefined) {
    yield packed
    return
  }
  const filter = runAsFilter({ tool, args: ['-dc'], step: 'read the initramfs' })
  filter.stdin.end(packed)
  yield* filter.stdout as AsyncIterable<Buffer>
  await filter.end
}
