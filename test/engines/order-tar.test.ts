import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packOrder, unpackOrder } from '../../builder/engines/order-tar.js'

type Card = Parameters<typeof packOrder>[0]
type Order = Parameters<typeof packOrder>[1]

/** Names as a base image may have them: long ones too, of every script, and with what tar itself uses. */
const name = fc.oneof(
  fc.constantFrom(
    'etc',
    'a b',
    'žluťoučký',
    '日本',
    'x'.repeat(120),
    'é'.repeat(90),
    "it's",
    '-o',
    'boot',
    'root',
    'card.json',
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => !/[/\0\n]/.test(text)),
)
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`)
const id = fc.oneof(fc.constantFrom(0, 33, 1000, 65_534), fc.nat(2_000_000))
const owned = fc.record(
  { mode: fc.nat(0o7777), owner: fc.record({ uid: id, gid: id }, { noNullPrototype: true }) },
  { noNullPrototype: true },
)
const content = fc.oneof(
  fc.constant(Buffer.alloc(0)),
  fc.uint8Array({ maxLength: 1200 }).map((bytes) => Buffer.from(bytes)),
)

const rootStep = fc.oneof(
  fc
    .tuple(path, owned, content)
    .map(([to, own, bytes]) => ({ do: 'write' as const, path: to, ...own, content: bytes })),
  fc.tuple(path, owned).map(([to, own]) => ({ do: 'mkdir' as const, path: to, ...own })),
  fc.tuple(path, owned).map(([to, own]) => ({ do: 'own' as const, path: to, ...own })),
  fc
    .tuple(path, fc.oneof(path, name, fc.constant('../../up')))
    .map(([at, target]) => ({ do: 'symlink' as const, path: at, target })),
  fc.tuple(path, path).map(([from, to]) => ({ do: 'rename' as const, path: from, to })),
  path.map((at) => ({ do: 'unlink' as const, path: at })),
  path.map((at) => ({ do: 'rmdir' as const, path: at })),
)
const bootStep = fc.oneof(
  fc.tuple(path, content).map(([to, bytes]) => ({ do: 'write' as const, path: to, content: bytes })),
  path.map((at) => ({ do: 'remove' as const, path: at })),
)
const order = fc
  .tuple(
    fc.array(bootStep, { maxLength: 6 }),
    fc.array(rootStep, { maxLength: 10 }),
    fc.option(fc.nat(), { nil: undefined }),
  )
  .map(([boot, root, rootSize]): Order => ({ boot, root, ...(rootSize === undefined ? {} : { rootSize }) }))

const card: Card = {
  folder: '/private/here',
  image: 'node3.img',
  name: 'Žluťoučký node3.img',
  boot: { number: 1, type: 0x0c, offset: 4_194_304, size: 268_435_456 },
  root: { number: 2, type: 0x83, offset: 272_629_760, size: 2_147_483_648 },
  builtAt: 1_767_225_600,
}

describe('an order as a tar', { timeout: 60_000 }, () => {
  it('comes out as it went in, with another folder', async () => {
    await fc.assert(
      fc.asyncProperty(order, async (given) => {
        const unpacked = await unpackOrder(await packOrder(card, given), '/card')
        expect(unpacked).toEqual({ card: { ...card, folder: '/card' }, order: given })
      }),
      { numRuns: 300 },
    )
  })

  it('is the same bytes for the same order', async () => {
    await fc.assert(
      fc.asyncProperty(order, async (given) => {
        expect(
          (await packOrder(card, given)).equals(await packOrder({ ...card, folder: '/elsewhere' }, given)),
        ).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  it('does not name the folder of the card, which is private', async () => {
    expect((await packOrder(card, { boot: [], root: [] })).includes('/private/here')).toBe(false)
  })

  it('is refused without a card', async () => {
    // Two blocks of zeros are a tar with nothing in it.
    await expect(unpackOrder(Buffer.alloc(1024), '/card')).rejects.toThrow('an order without a card')
  })

  it('is refused where it is cut off', async () => {
    const whole = await packOrder(card, {
      boot: [],
      root: [
        { do: 'write', path: '/a', mode: 0o600, owner: { uid: 0, gid: 0 }, content: Buffer.alloc(5000, 1) },
      ],
    })
    await expect(unpackOrder(whole.subarray(0, whole.length - 3000), '/card')).rejects.toThrow()
  })
})
