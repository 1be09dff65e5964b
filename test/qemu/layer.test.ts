import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { layerFiles, prepareLayer, withLayer } from '../../builder/emulate/layer.js'
import { findTool, tools } from '../../builder/host/tools.js'
import { newFolder } from '../support/cli.js'
import { tool } from '../support/images.js'

const MiB = 2 ** 20

it('reads what the guest wrote, and below it the image', async (context) => {
  context.skip(findTool(tools.qemuImg) === undefined, 'qemu-img is not installed')
  const folder = newFolder()
  const image = join(folder, 'card.img')
  // 8 MiB of 0x11, then a hole; the partition is from 2 to 18 MiB.
  writeFileSync(image, Buffer.alloc(8 * MiB, 0x11))
  truncateSync(image, 32 * MiB)
  const files = layerFiles(folder)
  await prepareLayer(image, 32 * MiB, files)
  // The guest writes 0x22 into the image's data, 0x33 into its hole, and discards a part.
  const writes = [
    'write -P 0x22 3M 64k',
    'write -P 0x33 12M 100k',
    'write -z 5M 1M',
    'write -P 0x44 2097152 512',
  ]
  tool('qemu-io', ['-f', 'qcow2', ...writes.flatMap((command) => ['-c', command]), files.layer])
  const bytes = await withLayer(
    { image, layer: files.layer },
    { offset: 2 * MiB, size: 16 * MiB },
    (source) => {
      expect(source.size).toBe(16 * MiB)
      return source.read(0, source.size)
    },
  )
  const expected = Buffer.alloc(16 * MiB)
  expected.fill(0x11, 0, 6 * MiB)
  expected.fill(0x44, 0, 512)
  expected.fill(0x22, MiB, MiB + 64 * 1024)
  expected.fill(0, 3 * MiB, 4 * MiB)
  expected.fill(0x33, 10 * MiB, 10 * MiB + 100 * 1024)
  expect(bytes.equals(expected)).toBe(true)
  const odd = await withLayer({ image, layer: files.layer }, { offset: 2 * MiB, size: 16 * MiB }, (source) =>
    source.read(MiB - 3, 7),
  )
  expect(odd).toEqual(expected.subarray(MiB - 3, MiB + 4))
  expect(
    readFileSync(image)
      .subarray(0, 8 * MiB)
      .every((byte) => byte === 0x11),
  ).toBe(true)
  expect(statSync(image).size).toBe(32 * MiB)
})
