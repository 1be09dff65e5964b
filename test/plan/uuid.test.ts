import { describe, expect, it } from 'vitest'
import { nameUuid } from '../../builder/plan/uuid.js'

describe('nameUuid', () => {
  it('gives the example of RFC 9562, appendix A.4', () => {
    const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'
    expect(nameUuid(dns, 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2')
  })

  it('differs by name and by namespace, and is the same every time', () => {
    const space = '3d9f5ac2-7f0b-4a51-9c7e-0b8f6f1f2a10'
    const other = '00000000-0000-0000-0000-000000000000'
    const all = [nameUuid(space, 'a'), nameUuid(space, 'b'), nameUuid(other, 'a')]
    expect(new Set(all).size).toBe(3)
    expect(nameUuid(space, 'a')).toBe(all[0])
    for (const uuid of all)
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })
})
