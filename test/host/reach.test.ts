import { createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { firstToAnswer } from '../../builder/host/reach.js'

let server: Server | undefined
afterEach(() => server?.close())

/** A port that is open at one loopback address only. */
async function listen(host: string): Promise<number> {
  const opened = createServer().listen(0, host)
  server = opened
  await new Promise((done) => opened.once('listening', done))
  return (opened.address() as AddressInfo).port
}

describe('of several hosts', () => {
  it('the first that takes a connection is chosen', async () => {
    const port = await listen('127.0.0.2')
    expect(await firstToAnswer(['127.0.0.2', '127.0.0.3'], port, 3000)).toBe('127.0.0.2')
    expect(await firstToAnswer(['127.0.0.3', '127.0.0.2'], port, 3000)).toBe('127.0.0.2')
  })

  it('none is where none answers', async () => {
    const port = await listen('127.0.0.2')
    expect(await firstToAnswer(['127.0.0.3', '127.0.0.4'], port, 3000)).toBeUndefined()
    expect(await firstToAnswer([], port, 3000)).toBeUndefined()
  })

  it('an earlier one is preferred where both answer', async () => {
    const port = await listen('0.0.0.0')
    for (let times = 0; times < 20; times++) {
      expect(await firstToAnswer(['127.0.0.2', '127.0.0.3'], port, 3000)).toBe('127.0.0.2')
    }
  })
})
