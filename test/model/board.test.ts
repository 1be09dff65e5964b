import { describe, expect, it } from 'vitest'
import { type BoardName, boardNamed, boards } from '../../builder/model/board.js'

/** The facts of each board, as they are looked up: release, bits, kernels, trees, firmware, network boot. */
const facts: readonly (readonly [BoardName, ...string[]])[] = [
  ['zero', 'buster', '32: kernel.img', '64: none', 'bcm2708-rpi-zero.dtb', 'start.elf', 'no Ethernet'],
  ['zerow', 'buster', '32: kernel.img', '64: none', 'bcm2708-rpi-zero-w.dtb', 'start.elf', 'no Ethernet'],
  ['pi2-1.1', 'buster', '32: kernel7.img', '64: none', 'bcm2709-rpi-2-b.dtb', 'start.elf', 'no: its ROM'],
  [
    'pi2-1.2',
    'buster',
    '32: kernel7.img',
    '64: kernel8.img',
    'bcm2710-rpi-2-b.dtb',
    'start.elf',
    'ROM, set once',
  ],
  [
    'zero2w',
    'bullseye',
    '32: kernel7.img',
    '64: kernel8.img',
    'bcm2710-rpi-zero-2-w.dtb',
    'start.elf',
    'no Ethernet',
  ],
  [
    'pi3a+',
    'buster',
    '32: kernel7.img',
    '64: kernel8.img',
    'bcm2710-rpi-3-b-plus.dtb',
    'start.elf',
    'no Ethernet',
  ],
  [
    'pi3b',
    'buster',
    '32: kernel7.img',
    '64: kernel8.img',
    'bcm2710-rpi-3-b.dtb',
    'start.elf',
    'ROM, set once',
  ],
  ['pi3b+', 'buster', '32: kernel7.img', '64: kernel8.img', 'bcm2710-rpi-3-b-plus.dtb', 'start.elf', 'ROM'],
  [
    'pi4',
    'buster',
    '32: kernel7l.img',
    '64: kernel8.img',
    'bcm2711-rpi-4-b.dtb',
    'start4.elf',
    'EEPROM, RPi4',
  ],
  [
    'pi400',
    'buster',
    '32: kernel7l.img',
    '64: kernel8.img',
    'bcm2711-rpi-400.dtb',
    'start4.elf',
    'EEPROM, RPi4',
  ],
  [
    'cm4',
    'buster',
    '32: kernel7l.img',
    '64: kernel8.img',
    'bcm2711-rpi-cm4.dtb',
    'start4.elf',
    'EEPROM, RPi4',
  ],
  ['pi5', 'bookworm', '32: none', '64: kernel_2712.img', 'bcm2712-rpi-5-b.dtb', 'none', 'EEPROM, RPi5'],
  ['pi500', 'bookworm', '32: none', '64: kernel_2712.img', 'bcm2712-rpi-500.dtb', 'none', 'EEPROM, RPi5'],
  ['cm5', 'bookworm', '32: none', '64: kernel_2712.img', 'bcm2712-rpi-cm5-cm5io.dtb', 'none', 'EEPROM, RPi5'],
]

function factsOf(name: BoardName): readonly string[] {
  const { since, kernels, deviceTrees, firmware, networkBoot: boot } = boardNamed(name)
  const byRom = boot.by === 'rom' && boot.once === undefined ? 'ROM' : 'ROM, set once'
  const byEeprom = boot.by === 'eeprom' ? `EEPROM, ${boot.tag}` : ''
  const why =
    boot.by !== 'none'
      ? ''
      : (/no Ethernet/.exec(boot.why)?.[0] ?? `no: ${/its boot ROM/.test(boot.why) ? 'its ROM' : ''}`)
  return [
    since,
    `32: ${kernels.arm[0] ?? 'none'}`,
    `64: ${kernels.arm64[0] ?? 'none'}`,
    deviceTrees[0] ?? '',
    firmware?.start.plain ?? 'none',
    { rom: byRom, eeprom: byEeprom, none: why }[boot.by],
  ]
}

describe('the table of boards', () => {
  const rows = facts.map(([name, ...wanted]) => ({ name, wanted }))
  it.each(rows)('$name', ({ name, wanted }) => {
    expect(factsOf(name)).toEqual(wanted)
  })

  it('has a fact for every board', () => {
    const names = new Set(Object.values(boards).flatMap((all) => all.map(({ name }) => name)))
    expect([...names].sort()).toEqual(facts.map(([name]) => name).sort())
  })

  it('falls back to kernel8.img on a Raspberry Pi 5', () => {
    for (const name of ['pi5', 'pi500', 'cm5'] as const)
      expect(boardNamed(name).kernels.arm64).toEqual(['kernel_2712.img', 'kernel8.img'])
  })

  it('starts 64 bits unasked from the Raspberry Pi 4 on', () => {
    const unasked = facts.map(([name]) => name).filter((name) => boardNamed(name).prefersArm64)
    expect(unasked).toEqual(['pi4', 'pi400', 'cm4', 'pi5', 'pi500', 'cm5'])
  })

  it('has bootcode.bin for the boards whose boot ROM loads it', () => {
    const loaded = facts
      .map(([name]) => name)
      .filter((name) => boardNamed(name).firmware?.loader === 'bootcode.bin')
    expect(loaded).toEqual(facts.slice(0, 8).map(([name]) => name))
  })

  it.each([
    [0x04, ['pi2-1.1', 'pi2-1.2']],
    [0x08, ['pi3b']],
    [0x09, ['zero']],
    [0x0c, ['zerow']],
    [0x0d, ['pi3b+']],
    [0x0e, ['pi3a+']],
    [0x11, ['pi4']],
    [0x12, ['zero2w']],
    [0x13, ['pi400']],
    [0x14, ['cm4']],
    [0x17, ['pi5']],
    [0x18, ['cm5']],
    [0x19, ['pi500']],
    [0x1a, ['cm5']],
  ])('knows type %i of a revision code', (type, names) => {
    expect(facts.map(([name]) => name).filter((name) => boardNamed(name).types.includes(type))).toEqual(names)
  })
})

describe('the names of boards', () => {
  it.each([
    ['zero', ['zero', 'zerow']],
    ['pi2', ['pi2-1.1', 'pi2-1.2']],
    ['pi3', ['pi3a+', 'pi3b', 'pi3b+']],
    ['pi3b', ['pi3b']],
    ['pi4', ['pi4']],
  ])('%s means %s', (name, members) => {
    expect(boards[name]?.map((board) => board.name)).toEqual(members)
  })

  it('has every name of before', () => {
    const before = ['zero', 'pi2', 'zero2w', 'pi3', 'pi4', 'pi400', 'cm4', 'pi5', 'pi500', 'cm5']
    expect(Object.keys(boards)).toEqual(expect.arrayContaining(before))
  })
})
