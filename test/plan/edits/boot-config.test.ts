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
