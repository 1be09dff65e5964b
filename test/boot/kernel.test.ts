import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { hasVirtio, kernelKind, kernelVersion, unpackKernel } from '../../builder/boot/kernel.js'

/** The head of a kernel, with its version somewhere behind. */
function kernel(magic: string, at: number): Buffer {
  const file = Buffer.alloc(4096)
  file.write(magic, at, 'latin1')
  file.write('Linux version 6.12.34+rpt-rpi-v8 (serge@raspberrypi.com)', 1000)
  return file
}

/** A cpio archive (newc) of empty files. */
function cpio(...names: string[]): Buffer {
  const entries = [...names, 'TRAILER!!!'].map((name) => {
    const size = (name.length + 1).toString(16).padStart(8, '0')
    const head = `070701${'0'.repeat(8 * 11)}${size}${'0'.repeat(8)}`.slice(0, 110)
    const padded = 4 * Math.ceil((head.length + name.length + 1) / 4)
    return `${head}${name}\0`.padEnd(padded, '\0')
  })
  return Buffer.from(entries.join(''), 'latin1')
}

const modules = ['virtio_pci', 'virtio_blk'].map((name) => `usr/lib/modules/6.12/kernel/drivers/${name}.ko`)

describe('a kernel file', () => {
  it('is for 64-bit ARM, 32-bit ARM or neither', () => {
    expect(kernelKind(kernel('ARMd', 56))).toBe('arm64')
    expect(kernelKind(kernel('\x18\x28\x6f\x01', 36))).toBe('arm')
    expect(kernelKind(kernel('MZ', 0))).toBeUndefined()
    expect(kernelKind(Buffer.from('text'))).toBeUndefined()
  })

  it('is unpacked, and contains its version', () => {
    const plain = kernel('ARMd', 56)
    expect(unpackKernel(gzipSync(plain)).equals(plain)).toBe(true)
    expect(kernelVersion(unpackKernel(plain))).toBe('6.12.34+rpt-rpi-v8')
    expect(kernelVersion(Buffer.alloc(64))).toBeUndefined()
  })
})

describe('virtio', () => {
  const builtIn = 'kernel/drivers/virtio/virtio_pci.ko\nkernel/drivers/block/virtio_blk.ko\n'

  it('is there when it is built in', async () => {
    expect(await hasVirtio(builtIn, undefined)).toBe(true)
    expect(await hasVirtio('kernel/drivers/block/virtio_blk.ko\n', undefined)).toBe(false)
    expect(await hasVirtio('', undefined)).toBe(false)
  })

  it.each([
    ['plain', cpio(...modules)],
    ['packed', gzipSync(cpio(...modules))],
    [
      'in two archives, modules packed one by one',
      Buffer.concat([cpio(`${modules[0] ?? ''}.xz`), Buffer.alloc(300), gzipSync(cpio(modules[1] ?? ''))]),
    ],
  ])('is there when the initramfs has its modules: %s', async (_, initramfs) => {
    expect(await hasVirtio('', initramfs)).toBe(true)
  })

  it.each([
    ['one is missing', cpio(modules[0] ?? '')],
    ['one is only mentioned', cpio(modules[0] ?? '', `etc/virtio_blk.ko-list`)],
    ['the archive is none', Buffer.from('not an archive at all')],
    ['the archive is empty', Buffer.alloc(0)],
  ])('is not there when %s', async (_, initramfs) => {
    expect(await hasVirtio('', initramfs)).toBe(false)
  })

  it('is partly built in, partly a module', async () => {
    expect(await hasVirtio('kernel/drivers/virtio/virtio_pci.ko\n', cpio(modules[1] ?? ''))).toBe(true)
  })
})
