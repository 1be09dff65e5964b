import { describe, expect, it } from 'vitest'
import { readConfig } from '../../builder/boot/config-txt.js'
import { type BoardName, boardNamed } from '../../builder/model/board.js'

/** The settings for a board; other files are by their paths. */
function settings(
  config: string,
  name: BoardName,
  more: { serial?: string; files?: Record<string, string> } = {},
) {
  const files: Record<string, string | undefined> = { ...more.files, '/config.txt': config }
  return readConfig((path) => files[path], { ...boardNamed(name), ...more })
}

/** Which of the parts below these filters count for a board, by their places. */
function parts(filters: string, name: BoardName, serial?: string): number[] {
  const words = filters.split(' ')
  const config = words.map((word, index) => `[${word}]\npart=${index}`).join('\n')
  return settings(config, name, serial === undefined ? {} : { serial })
    .all('part')
    .map(Number)
}

describe('the filters of config.txt', () => {
  const every: readonly BoardName[] = ['zero', 'pi2-1.1', 'pi3b', 'pi3b+', 'pi4', 'pi5']

  it('[all] holds everywhere, [none] nowhere', () => {
    for (const name of every) expect(parts('all none all', name)).toEqual([0, 2])
  })

  // The table of "Model filters": which boards see which.
  it.each([
    ['pi0', ['zero', 'zerow', 'zero2w']],
    ['pi0w', ['zerow', 'zero2w']],
    ['pi02', ['zero2w']],
    ['pi1', []],
    ['pi2', ['pi2-1.1', 'pi2-1.2']],
    ['pi3', ['pi3a+', 'pi3b', 'pi3b+']],
    ['pi3+', ['pi3a+', 'pi3b+']],
    ['pi4', ['pi4', 'pi400', 'cm4']],
    ['pi400', ['pi400']],
    ['cm4', ['cm4']],
    ['pi5', ['pi5', 'pi500', 'cm5']],
    ['pi500', ['pi500']],
    ['cm5', ['cm5']],
    ['board-type=0x0d', ['pi3b+']],
    ['board-type=0x14', ['cm4']],
    ['PI4', ['pi4', 'pi400', 'cm4']],
  ] as const)('[%s] holds on %s', (filter, boards) => {
    const all = 'zero zerow pi2-1.1 pi2-1.2 zero2w pi3a+ pi3b pi3b+ pi4 pi400 cm4 pi5 pi500 cm5'.split(' ')
    const seeing = all.filter((name) => parts(filter, name as BoardName).length > 0)
    expect(seeing).toEqual(boards)
  })

  it('replace one of their kind', () => {
    expect(parts('pi3 pi4 pi3+ none pi3', 'pi3b+')).toEqual([0, 2, 4])
  })

  it('add up with those of other kinds, until [all]', () => {
    expect(parts('EDID=VSC-TD2220 pi4 all pi4', 'pi4')).toEqual([2, 3])
    expect(parts('gpio4=1 pi4', 'pi4')).toEqual([])
    expect(parts('tryboot all', 'pi4')).toEqual([1])
    expect(parts('0x12345678 pi4 pi3 all', 'pi4', '12345678')).toEqual([0, 1, 3])
    expect(parts('0x12345678 pi4 0x00000001 all', 'pi4', '12345678')).toEqual([0, 1, 3])
  })

  it('know a serial number by its last eight digits, and none without one', () => {
    expect(parts('0x12345678', 'pi4', '10000000abcdef01')).toEqual([])
    expect(parts('0xABCDEF01', 'pi4', '10000000abcdef01')).toEqual([0])
    expect(parts('0x1', 'pi4', '00000001')).toEqual([0])
    expect(parts('0x12345678', 'pi4')).toEqual([])
  })
})

describe('the settings of config.txt', () => {
  it('have the value of the last line', () => {
    const found = settings('a=1\n[pi3]\na=2\n[pi4]\na=3\n', 'pi4')
    expect(found.get('a')).toBe('3')
    expect(found.get('b')).toBe(undefined)
  })

  it('are all there where a key may appear several times', () => {
    const found = settings('dtoverlay=a\n[pi4]\ndtoverlay=b,c=1\n[pi3]\ndtoverlay=d\n', 'pi3b')
    expect(found.all('dtoverlay')).toEqual(['a', 'd'])
    expect(found.all('dtparam')).toEqual([])
  })

  it('are neither comments nor what follows the 98th character of a line', () => {
    expect(settings('#a=1\n # a=1\n', 'pi4').get('a')).toBe(undefined)
    expect(settings(`a=${'x'.repeat(200)}`, 'pi4').get('a')).toBe('x'.repeat(96))
  })

  it('name an initramfs without an equals sign', () => {
    expect(settings('initramfs initrd.img followkernel', 'pi4').get('initramfs')).toBe('initrd.img')
  })
})

describe('include', () => {
  it('puts a file in its place, with the filters before it and those in it', () => {
    const files = { '/more.txt': 'a=2\n[pi4]\nb=2' }
    const found = settings('a=1\ninclude more.txt\nc=3\n[all]\nd=4', 'pi3b', { files })
    expect(['a', 'b', 'c', 'd'].map((name) => found.get(name))).toEqual(['2', undefined, undefined, '4'])
    expect(settings('[pi4]\ninclude more.txt', 'pi3b', { files }).get('a')).toBe(undefined)
    expect(settings('include more.txt', 'pi400', { files }).get('b')).toBe('2')
  })

  it('ends where files include each other, or one is not there', () => {
    const files = { '/a.txt': 'include b.txt\na=1', '/b.txt': 'include /a.txt\nb=1\ninclude config.txt' }
    const found = settings('include a.txt\ninclude gone.txt\nc=1', 'pi4', { files })
    expect(['a', 'b', 'c'].map((name) => found.get(name))).toEqual(['1', '1', '1'])
  })
})
