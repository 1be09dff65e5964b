import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIni } from '../../builder/load/ini.js'

/** The values of a file without problems, by `section.key`. */
function valuesOf(text: string): Record<string, string> {
  const { sections, problems } = parseIni(text, 'a.ini')
  expect(problems).toEqual([])
  return Object.fromEntries(
    sections.flatMap(({ name, values }) => [...values].map(([key, { text }]) => [`${name}.${key}`, text])),
  )
}

function problemsOf(text: string): string[] {
  return parseIni(text, 'a.ini').problems.map(
    ({ where, what }) => `${where.line} ${where.key ?? ''}: ${what}`,
  )
}

describe('an INI file', () => {
  it('is sections of keys and values, with the line of each', () => {
    const { sections } = parseIni('# top\n[a b]\nkey = value\n\n[c]\n', 'a.ini')
    expect(sections).toEqual([
      { name: 'a b', line: 2, values: new Map([['key', { text: 'value', line: 3 }]]) },
      { name: 'c', line: 5, values: new Map() },
    ])
  })

  it('may come from Windows, with a byte order mark', () => {
    expect(valuesOf('\uFEFF[a]\r\nkey = value\r\n')).toEqual({ 'a.key': 'value' })
  })

  it('has comments on lines of their own, also between the lines of a value', () => {
    expect(valuesOf('[a]\n; one\nkey = x\n  # two\n  y\n')).toEqual({ 'a.key': 'x\ny' })
  })

  it.each([
    ['key=value', 'value'],
    ['key   =   value   ', 'value'],
    ['key =', ''],
    ['key = a=b', 'a=b'],
    ['key = true', 'true'],
    ['key = null', 'null'],
    ['key = 007', '007'],
    ['key = a.b[c]', 'a.b[c]'],
    ['key = [x]', '[x]'],
    ['key = a "b" c', 'a "b" c'],
    ['key = ""', ''],
    ['key = "  a # b ; c  "', '  a # b ; c  '],
    ['key = "\\"a\\\\b\\u00e9"', '"a\\bé'],
    [`key = 'a # \\ "b"'`, 'a # \\ "b"'],
    ['key = a\n  b\n\tc', 'a\nb\nc'],
    ['key =\n  a\n  b', 'a\nb'],
    [`key = 'a;'\n  "b;"`, 'a;\nb;'],
    ['key = a\n  [b]', 'a\n[b]'],
  ])('reads %j', (line, expected) => {
    expect(valuesOf(`[s]\n${line}\n`)).toEqual({ 's.key': expected })
  })

  it.each(['[node[1-4]]', '[root/etc/a.b.c]', '[__proto__]', '[ a ]'])('has sections such as %s', (line) => {
    expect(Object.keys(valuesOf(`${line}\nkey = x\n`))).toEqual([`${line.slice(1, -1).trim()}.key`])
  })

  it('reads every printable text in double quotes, and without those in single quotes', () => {
    const printable = fc
      .string({ unit: 'grapheme' })
      .filter((text) => !/[\p{Cc}\u2028\u2029\ufffd]/u.test(text))
    fc.assert(
      fc.property(printable, (text) => {
        expect(valuesOf(`[s]\nkey = ${JSON.stringify(text)}\n`)).toEqual({ 's.key': text })
        const single = text.replaceAll("'", '')
        expect(valuesOf(`[s]\nkey = '${single}'\n`)).toEqual({ 's.key': single })
      }),
    )
  })

  it('reads every text without # ; \\ and quotes as it is', () => {
    const plain = fc.string().map((text) => text.replace(/[#;\\'"\p{Cc}\ufffd]/gu, '').trim())
    fc.assert(
      fc.property(plain, (text) => {
        expect(valuesOf(`[s]\nkey = ${text}\n`)).toEqual({ 's.key': text })
      }),
    )
  })
})

describe('an INI file is wrong', () => {
  it.each([
    ['with a control character', '[a]\nkey = x\u0007\n', ['2 [a]: a control character']],
    ['with a NUL', '[a]\n\0\n', ['2 [a]: a control character']],
    ['with a lone carriage return', '[a]\nkey = x\ry\n', ['2 [a]: a control character']],
    ['with a section that is not closed', '[a\n', ['1 : "[a" is not a section']],
    ['with text behind a section', '[a] # b\n', ['1 : "[a] # b" is not a section']],
    [
      'behind such a section, too',
      '[a] # b\nx\n[b',
      ['1 : "[a] # b" is not a section', '2 [a]: a line without "="', '3 : "[b" is not a section'],
    ],
    [
      'in Latin-1',
      Buffer.from('[a]\nkey = Café\n', 'latin1').toString(),
      ['2 [a]: a character that is not UTF-8'],
    ],
    ['with an empty section', '[]\n', ['1 : "[]" is not a section']],
    ['with a section twice', '[a]\n[b]\n[ a ]\n', ['3 [a]: section [a] appears twice']],
    ['with a line without =', '[a]\nkey\n', ['2 [a]: a line without "="']],
    ['with a key before the first section', 'key = x\n', ['1 : "key" is before the first [section]']],
    [
      'with a key that is none',
      '[a]\nKey = x\n1a = x\na-b = x\n',
      ['2 [a]: "Key" is not a key', '3 [a]: "1a" is not a key', '4 [a]: "a-b" is not a key'],
    ],
    ['with a key twice', '[a]\nkey = x\nkey = y\n', ['3 [a] key: "key" appears twice']],
    ['with an unquoted #', '[a]\nkey = x # y\n', [`2 [a] key: a value with # ; \\ or ' must be quoted`]],
    [
      'with an unquoted ; in a further line',
      '[a]\nkey = x\n  y;\n',
      [`3 [a] key: a value with # ; \\ or ' must be quoted`],
    ],
    [
      'with a quote that is not closed',
      '[a]\nkey = "x\n',
      ['2 [a] key: a quoted value without a correct end'],
    ],
    ['with text behind a quote', '[a]\nkey = "x" y\n', ['2 [a] key: a quoted value without a correct end']],
    [
      'with an escape that is none',
      '[a]\nkey = "\\x"\n',
      ['2 [a] key: a quoted value without a correct end'],
    ],
    [
      'with a quote in single quotes',
      `[a]\nkey = 'it's'\n`,
      [`2 [a] key: a value with # ; \\ or ' must be quoted`],
    ],
  ])('%s', (_, text, expected) => {
    expect(problemsOf(text)).toEqual(expected)
  })

  it('in several places at once, and says all', () => {
    expect(problemsOf('x = 1\n[a]\nkey\n[a]\nB = 2\n')).toHaveLength(4)
  })

  it('with a hint about the first of two', () => {
    expect(parseIni('[a]\nk = 1\n\nk = 2\n', 'a.ini').problems[0]?.hint).toBe('the first is in line 2')
    expect(parseIni('[a]\n\n[a]\n', 'a.ini').problems[0]?.hint).toBe('the first is in line 1')
  })
})
