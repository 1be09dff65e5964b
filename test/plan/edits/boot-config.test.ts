import { describe, expect, it } from 'vitest'
import { bootConfig } from '../../../builder/plan/edits/boot-config.js'
import { block } from '../../../builder/plan/edits/block.js'

const written = '# begin piimg boot_config\n[all]\ndtparam=i2c=on\n# end piimg boot_config\n'

describe('bootConfig', () => {
  it('puts lines at the end, for all boards', () => {
    expect(bootConfig('arm_boost=1\n[pi4]\na=1\n', { lines: 'dtparam=i2c=on' })).toBe(
      `arm_boost=1\n[pi4]\na=1\n${written}`,
    )
  })

  it('puts other lines in the same place', () => {
    const once = bootConfig('arm_boost=1\n', { lines: 'a=1\nb=2' })
    expect(bootConfig(`${once}# after\n`, { lines: 'dtparam=i2c=on' })).toBe(
      `arm_boost=1\n${written}# after\n`,
    )
  })

  it('takes its lines away when there are none', () => {
    expect(bootConfig(`arm_boost=1\n${written}c=3\n`, { lines: ' ' })).toBe('arm_boost=1\nc=3\n')
  })

  it('changes nothing where there is nothing to say', () => {
    expect(bootConfig('arm_boost=1\n', { lines: '' })).toBe('arm_boost=1\n')
    expect(bootConfig('', { lines: '' })).toBe('')
  })

  it('makes a file', () => {
    expect(bootConfig('', { lines: 'dtparam=i2c=on' })).toBe(written)
  })

  it('ends a last line that had no end, so that the block does not continue it', () => {
    expect(bootConfig('arm_boost=1', { lines: 'dtparam=i2c=on' })).toBe(`arm_boost=1\n${written}`)
  })

  it('keeps the line ends of a file that Windows wrote, and finds its own block in it', () => {
    const once = bootConfig('a=1\r\nb=2\r\n', { lines: 'dtparam=i2c=on' })
    expect(once).toBe(`a=1\r\nb=2\r\n${written}`)
    expect(bootConfig(once, { lines: 'dtparam=i2c=on' })).toBe(once)
  })
})

describe('the scope of a dtoverlay', () => {
  const begin = '# begin piimg boot_config\n'
  const end = '# end piimg boot_config\n'
  const added = (text: string, lines: string) => {
    const result = bootConfig(text, { lines })
    expect(bootConfig(result, { lines })).toBe(result)
    expect(result.startsWith(`${text}${begin}`) && result.endsWith(end)).toBe(true)
    return result
      .slice(text.length + begin.length, -end.length)
      .trimEnd()
      .split('\n')
  }
  const audio = 'dtparam=audio=off'

  it('ends before a parameter of the base device tree, over section headers too', () => {
    for (const text of [
      'dtoverlay=vc4-kms-v3d\n',
      'dtparam=x\n[pi5]\ndtoverlay=nospi10\n[all]\n',
      'device_tree_overlay=x\n',
    ])
      expect(added(text, audio)).toEqual(['[all]', 'dtoverlay=', audio])
  })

  it('is not ended twice, nor where there is none', () => {
    for (const text of [
      '',
      'arm_boost=1\n',
      'dtparam=audio=on\n',
      'dtoverlay=a\ndtoverlay=\n',
      '#dtoverlay=a\n',
    ])
      expect(added(text, audio)).toEqual(['[all]', audio])
    expect(added('dtoverlay=a\n', 'arm_boost=1')).toEqual(['[all]', 'arm_boost=1'])
    expect(added('[pi4]\ndtoverlay=a\ndtoverlay=\n', audio)).toEqual(['[all]', audio])
  })

  it('may be in a file that is included', () => {
    expect(added('dtparam=a\ninclude more.txt\n', audio)).toEqual(['[all]', 'dtoverlay=', audio])
  })

  it('ends under its own filters where an end for all boards would switch off the overlay of a HAT', () => {
    const text = '[pi4]\ndtoverlay=a\n[all]\n[pi3]\n[0x1234]\ndtoverlay=b\n'
    expect(added(text, audio)).toEqual([
      ...['[all]', '[pi4]', 'dtoverlay='],
      ...['[all]', '[pi3]', '[0x1234]', 'dtoverlay='],
      ...['[all]', audio],
    ])
  })

  it('of the added lines ends with them, for lines that follow later', () => {
    expect(added('dtoverlay=a\n', 'dtoverlay=b\ndtparam=c')).toEqual([
      ...['[all]', 'dtoverlay=b', 'dtparam=c', 'dtoverlay='],
    ])
    expect(added('dtparam=x\n', '[pi4]\ndtoverlay=b')).toEqual([
      ...['[all]', '[pi4]', 'dtoverlay=b', '[all]', 'dtoverlay='],
    ])
    expect(added('', '[pi4]\ndtoverlay=b')).toEqual([
      ...['[all]', '[pi4]', 'dtoverlay=b', '[all]', '[pi4]', 'dtoverlay=', '[all]'],
    ])
  })
})

describe('block', () => {
  it('goes to the top with position = top', () => {
    expect(block('Port 22\n', { name: 'ssh', text: 'UseDNS no\n', position: 'top' })).toBe(
      '# begin piimg ssh\nUseDNS no\n# end piimg ssh\nPort 22\n',
    )
  })

  it('stays where it is, whatever the position says', () => {
    const text = 'a\n# begin piimg ssh\nold\n# end piimg ssh\nb\n'
    expect(block(text, { name: 'ssh', text: 'new', position: 'top' })).toBe(
      'a\n# begin piimg ssh\nnew\n# end piimg ssh\nb\n',
    )
  })

  it('leaves the blocks of others alone', () => {
    const one = block('a\n', { name: 'one', text: '1' })
    const both = block(one, { name: 'two', text: '2' })
    expect(both).toBe('a\n# begin piimg one\n1\n# end piimg one\n# begin piimg two\n2\n# end piimg two\n')
    expect(block(both, { name: 'one', text: '' })).toBe('a\n# begin piimg two\n2\n# end piimg two\n')
  })

  it('keeps what follows a beginning without an end', () => {
    const once = block('# begin piimg one\nprecious\n', { name: 'one', text: '1' })
    expect(block(once, { name: 'one', text: '1' })).toContain('precious')
  })
})
