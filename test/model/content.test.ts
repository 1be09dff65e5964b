import { describe, expect, it } from 'vitest'
import {
  type Content,
  type ContentSource,
  hashOf,
  isSame,
  piecesOf,
  sizeOf,
  wholeOf,
} from '../../builder/model/content.js'
import { sha256Of } from '../../builder/model/sha256.js'

const bytes = Buffer.from('some bytes')
const source: ContentSource = {
  size: bytes.length,
  sha256: sha256Of(bytes),
  open: () => [bytes.subarray(0, 4), bytes.subarray(4)],
}

describe.each<[string, Content]>([
  ['bytes', bytes],
  ['a source', source],
])('a content that is %s', (_, content) => {
  it('has a size, a hash and its bytes', () => {
    expect(sizeOf(content)).toBe(10)
    expect(hashOf(content)).toBe(sha256Of(bytes))
    expect(wholeOf(content)).toEqual(bytes)
    expect(Buffer.concat([...piecesOf(content)])).toEqual(bytes)
  })

  it('is the same as another with its bytes, and not as one with others', () => {
    for (const same of [bytes, Buffer.from(bytes), source, { ...source }])
      expect(isSame(content, same)).toBe(true)
    const others = Buffer.from('other byte')
    for (const other of [others, Buffer.alloc(0), { ...source, sha256: sha256Of(others) }])
      expect(isSame(content, other)).toBe(false)
  })
})
