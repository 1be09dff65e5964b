import { describe, expect, it } from 'vitest'
import { assign } from '../../../builder/plan/edits/assign.js'
import { line } from '../../../builder/plan/edits/line.js'
import { text } from '../../../builder/plan/edits/text.js'

describe('assign', () => {
  it('takes the place of the line that sets the key', () => {
    expect(assign('A="1"\nXKBLAYOUT="gb"\nB=2\n', { set: 'XKBLAYOUT="de"' })).toBe(
      'A="1"\nXKBLAYOUT="de"\nB=2\n',
    )
  })

  it('takes the last such line, which is the one that counts', () => {
    expect(assign('A=1\nA=2\n#A=3\n', { set: 'A=9' })).toBe('A=1\nA=9\n#A=3\n')
  })

  it('takes a commented line where none is set', () => {
    expect(assign('# A=1\n#B=2\n', { set: 'B=9' })).toBe('# A=1\nB=9\n')
  })

  it('goes to the end where there is neither', () => {
    expect(assign('A=1', { set: 'B=9' })).toBe('A=1\nB=9\n')
    expect(assign('', { set: 'B=9' })).toBe('B=9\n')
  })

  it('sets several, each in its place', () => {
    expect(assign('A=1\nB=2\n', { set: 'B=8\nC=7\n\nA=9' })).toBe('A=9\nB=8\nC=7\n')
  })

  it('takes a key for a key, not for the beginning of one', () => {
    expect(assign('LANGUAGE=en\n', { set: 'LANG=de' })).toBe('LANGUAGE=en\nLANG=de\n')
  })
})

describe('line', () => {
  it('takes the comment mark away', () => {
    expect(line('# de_DE ISO-8859-1\n# de_DE.UTF-8 UTF-8\n', { line: 'de_DE.UTF-8 UTF-8' })).toBe(
      '# de_DE ISO-8859-1\nde_DE.UTF-8 UTF-8\n',
    )
  })

  it('does not change a line that is there already', () => {
    const before = '#a\n  a \r\n'
    expect(line(before, { line: 'a' })).toBe(before)
  })

  it('goes to the end where it is not', () => {
    expect(line('a', { line: 'b' })).toBe('a\nb\n')
    expect(line('', { line: 'b' })).toBe('b\n')
  })

  it('changes nothing where there is nothing to say', () => {
    expect(line('a', { line: '' })).toBe('a')
  })
})

describe('text', () => {
  it('is one line, whatever was there', () => {
    expect(text('1\n2\n', { text: '0' })).toBe('0\n')
    expect(text('', { text: '0' })).toBe('0\n')
  })
})
