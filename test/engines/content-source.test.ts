import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { Beneath } from '../../builder/engines/beneath.js'
import { packOrder, unpackOrder } from '../../builder/engines/order-tar.js'
import type { Content, ContentSource } from '../../builder/model/content.js'
import { sha256Of } from '../../builder/model/sha256.js'

const folder = mkdtempSync(join(tmpdir(), 'piimg-engines-'))
afterAll(() => rmSync(folder, { recursive: true }))

const bytes = Buffer.alloc(3_001, 'bytes ')
const source: ContentSource = {
  size: bytes.length,
  sha256: sha256Of(bytes),
  open: () => [bytes.subarray(0, 1_000), bytes.subarray(1_000, 1_001), bytes.subarray(1_001)],
}

const partition = { number: 1, type: 12, offset: 0, size: 1 }
const card = { folder, image: 'card.img', name: 'card', boot: partition, root: partition, builtAt: 7 }

function orderWith(content: Content) {
  const owner = { uid: 1, gid: 2 }
  return {
    boot: [{ do: 'write', path: '/file', content }] as const,
    root: [
      { do: 'write', path: '/a', mode: 0o600, owner, content },
      { do: 'mkdir', path: '/b', mode: 0o755, owner },
      { do: 'write', path: '/b/c', mode: 0o644, owner, content },
    ] as const,
  }
}

it('an order has the same bytes, whether its files are in memory or not', async () => {
  const packed = await packOrder(card, orderWith(source))
  expect(packed.equals(await packOrder(card, orderWith(bytes)))).toBe(true)
  expect((await unpackOrder(packed, folder)).order).toEqual(orderWith(bytes))
})

it('a mounted tree gets the bytes of a source', () => {
  const tree = new Beneath(folder)
  tree.write('/file', source, { time: 7 })
  tree.close()
  expect(readFileSync(join(folder, 'file')).equals(bytes)).toBe(true)
})
