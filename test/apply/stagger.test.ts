import { setImmediate as turnOfLoop } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { staggered, type Turn } from '../../builder/apply/stagger.js'

/** Works that write down what happens to them, and end or fail when the test says so. */
function works(count: number) {
  const log: string[] = []
  const all = Array.from({ length: count }, (_, index) => {
    const name = 'abcdef'.charAt(index)
    let turn: Turn | undefined
    let end = (): void => undefined
    let fail = (): void => undefined
    const ended = new Promise<void>((resolve, reject) => {
      end = resolve
      fail = () => reject(new Error(`${name} failed`))
    })
    const work = async (own: Turn): Promise<void> => {
      turn = own
      log.push(`${name} begins`)
      await ended.finally(() => log.push(`${name} ends`))
    }
    return { work, next: () => turn?.next(), previous: () => turn?.previous, end, fail }
  })
  return { log, all, run: staggered(all.map(({ work }) => work)) }
}

/** Until nothing more happens by itself. */
async function settle(): Promise<void> {
  for (let times = 0; times < 5; times++) await turnOfLoop()
}

type Works = ReturnType<typeof works>
const at = ({ all }: Works, index: number) => {
  const work = all[index]
  if (work === undefined) throw new Error('no such work')
  return work
}

describe('staggered works', () => {
  it('begin one after the other, each when the one before says so', async () => {
    const three = works(3)
    await settle()
    expect(three.log).toEqual(['a begins'])
    at(three, 0).next()
    await settle()
    expect(three.log).toEqual(['a begins', 'b begins'])
    for (const index of [0, 1, 2]) {
      at(three, index).end()
      await settle()
    }
    await three.run
    expect(three.log).toEqual(['a begins', 'b begins', 'a ends', 'b ends', 'c begins', 'c ends'])
  })

  it('are never more than two at a time', async () => {
    const three = works(3)
    at(three, 0).next()
    await settle()
    at(three, 1).next()
    await settle()
    expect(three.log).toEqual(['a begins', 'b begins'])
    at(three, 0).end()
    await settle()
    expect(three.log).toEqual(['a begins', 'b begins', 'a ends', 'c begins'])
    for (const { end } of three.all) end()
    await three.run
  })

  it('begin when the one before ends without a word', async () => {
    const two = works(2)
    at(two, 0).end()
    await settle()
    expect(two.log).toEqual(['a begins', 'a ends', 'b begins'])
    at(two, 1).end()
    await two.run
  })

  it('can wait for the end of the one before', async () => {
    const two = works(2)
    at(two, 0).next()
    await settle()
    let isOver = false
    void at(two, 1)
      .previous()
      ?.then(() => (isOver = true))
    await settle()
    expect(isOver).toBe(false)
    at(two, 0).end()
    await settle()
    expect(isOver).toBe(true)
    at(two, 1).end()
    await two.run
  })

  it('stop at a failure in the middle: nothing more begins, and what has begun ends first', async () => {
    const four = works(4)
    const result = four.run.then(
      () => 'done',
      (error: unknown) => {
        four.log.push('over')
        return (error as Error).message
      },
    )
    at(four, 0).next()
    await settle()
    at(four, 0).end()
    at(four, 1).next()
    await settle()
    expect(four.log).toEqual(['a begins', 'b begins', 'a ends', 'c begins'])
    at(four, 2).next()
    at(four, 1).fail()
    await settle()
    expect(four.log).not.toContain('over')
    at(four, 2).end()
    expect(await result).toBe('b failed')
    expect(four.log.slice(4)).toEqual(['b ends', 'c ends', 'over'])
  })

  it('stop at a failure of the last that has begun, after the one before it', async () => {
    const three = works(3)
    const result = three.run.catch((error: unknown) => (error as Error).message)
    at(three, 0).next()
    await settle()
    at(three, 1).fail()
    await settle()
    expect(three.log).toEqual(['a begins', 'b begins', 'b ends'])
    at(three, 0).end()
    expect(await result).toBe('b failed')
    expect(three.log).toEqual(['a begins', 'b begins', 'b ends', 'a ends'])
  })

  it('are over at once where there are none', async () => {
    await expect(staggered([])).resolves.toBeUndefined()
  })
})
