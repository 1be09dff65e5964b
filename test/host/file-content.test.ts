import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fileContent, hashFile, writeContent } from '../../builder/host/file-content.js'
import { piecesOf } from '../../builder/model/content.js'
import { sha256Of } from '../../builder/model/sha256.js'

const folder = mkdtempSync(join(tmpdir(), 'piimg-content-'))
afterAll(() => rmSync(folder, { recursive: true }))

const bytes = Buffer.alloc(2_500_000, 'some bytes, ')
const file = join(folder, 'file')
writeFileSync(file, bytes)

describe('a file as content', () => {
  const content = fileContent(file, { size: bytes.length, sha256: sha256Of(bytes) })

  it('comes in pieces of at most 1 MiB, at each call from its beginning', () => {
    for (let call = 0; call < 2; call++) {
      const pieces = [...piecesOf(content)]
      expect(pieces.map(({ length }) => length)).toEqual([1 << 20, 1 << 20, 2_500_000 - (2 << 20)])
      expect(Buffer.concat(pieces).equals(bytes)).toBe(true)
    }
  })

  it('is written where a file is open', () => {
    const copy = join(folder, 'copy')
    const descriptor = openSync(copy, 'w')
    writeContent(descriptor, Buffer.from('before '))
    writeContent(descriptor, content)
    closeSync(descriptor)
    expect(readFileSync(copy).equals(Buffer.concat([Buffer.from('before '), bytes]))).toBe(true)
  })

  it('has the hash of its bytes', () => {
    expect(hashFile(file)).toBe(sha256Of(bytes))
  })
})
