import { describe, expect, it } from 'vitest'
import { newDesk, piimg } from '../support/cli.js'
import { reachable } from '../support/images.js'
import { bases, nativeBase } from './base.js'

describe("an image of Debian's packages", () => {
  it.for(bases)('is as shipped: $name', async (base, context) => {
    const found = nativeBase(base)
    if ('reason' in found) return context.skip(found.reason)
    const { stdout, stderr, exitCode } = await piimg(newDesk(), ['inspect', reachable(found.file), '--json'])
    expect(exitCode, stderr).toBe(0)
    const { stock } = JSON.parse(stdout) as { stock: unknown }
    expect(stock).toEqual({ hasList: true, differences: [] })
  })
})
