import { execFileSync } from 'node:child_process'
import { pbkdf2Sync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as quote from '../../builder/plan/quote.js'
import { readers } from '../support/format-readers.js'

const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('')
/** What `text` variables may hold: no control characters, any script. */
const printable = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .filter((text) => !/[\p{Cc}\u2028\u2029\ud800-\udfff]/u.test(text))
const ssids = printable.filter((text) => text !== '' && Buffer.byteLength(text) <= 32)
const passphrases = fc.string({ unit: fc.constantFrom(...ascii), minLength: 8, maxLength: 63 })
const oddOnes = [
  '',
  ' ',
  '  a  ',
  '"',
  "'",
  '\\',
  '\\\\',
  'a"b',
  "a'b",
  '$HOME',
  '%h',
  '${x}',
  '`id`',
  '#a',
  ';',
  'a;b;',
  'ž',
  '😀',
  '-n',
  'x\\',
  ascii,
]

function reads(format: keyof typeof readers, write: (value: string) => string, values: fc.Arbitrary<string>) {
  fc.assert(
    fc.property(values, (value) => {
      expect(readers[format](write(value))).toBe(value)
    }),
    { numRuns: 200 },
  )
}

/** The passphrase that wpa_supplicant reads; `psk` where the line has the key that it makes with the SSID. */
function passphraseIn(written: string, psk: string): string {
  if (!/^[0-9a-f]{64}$/.test(written)) return readers.wpaPassphrase(written)
  expect(written).toBe(pbkdf2Sync(psk, 'home', 4096, 32, 'sha1').toString('hex'))
  return psk
}

describe('what is written is read back as the value itself:', () => {
  it.each(oddOnes)('keyfile, shell, systemd, sshd: %j', (value) => {
    expect(readers.keyfile(quote.keyfile(value))).toBe(value)
    expect(readers.shell(quote.shell(value))).toBe(value)
    expect(readers.systemdExec(quote.systemdExec(value))).toBe(value)
    expect(readers.sshd(quote.sshd(value))).toBe(value)
  })

  it('keyfile, any text', () => reads('keyfile', quote.keyfile, printable))
  it('shell, any text', () => reads('shell', quote.shell, printable))
  it('systemd, any text in an Exec line', () => reads('systemdExec', quote.systemdExec, printable))
  it('sshd, any text', () => reads('sshd', quote.sshd, printable))
  it('keyfile_ssid, any SSID', () => reads('keyfileSsid', quote.keyfileSsid, ssids))
  it('wpa_ssid, any SSID', () => reads('wpaSsid', quote.wpaSsid, ssids))
  it('wpa_passphrase, any passphrase, or the key that it makes with the SSID', () => {
    fc.assert(
      fc.property(passphrases, (psk) => {
        expect(passphraseIn(quote.wpaPassphrase(psk, 'home'), psk)).toBe(psk)
      }),
      { numRuns: 200 },
    )
  })

  it('every printable character in a passphrase', () => {
    for (const piece of [ascii.slice(0, 60), ascii.slice(35)]) {
      expect(passphraseIn(quote.wpaPassphrase(piece, 'home'), piece)).toBe(piece)
      expect(readers.keyfile(quote.keyfile(piece))).toBe(piece)
    }
  })

  it('systemd, any text in a list setting', () => reads('systemdList', quote.systemd, printable))
})

describe('a real shell', () => {
  it('reads every value as it is', () => {
    const values = [...oddOnes, ...fc.sample(printable, { numRuns: 200, seed: 7 })]
    const script = values.map((value) => `printf '%s\\0' ${quote.shell(value)}`).join('\n')
    const output = execFileSync('sh', ['-c', script], { encoding: 'utf8', env: { LC_ALL: 'C.UTF-8' } })
    expect(output.split('\0').slice(0, -1)).toEqual(values)
  })
})

describe('written out:', () => {
  it.each([
    ['keyfile', quote.keyfile('  a b\\c  '), '\\s\\sa b\\\\c\\s\\s'],
    ['a plain SSID', quote.keyfileSsid('Home Net-2.4_x'), 'Home Net-2.4_x'],
    ['an SSID of digits', quote.keyfileSsid('72'), '55;50;'],
    ['an SSID with a semicolon', quote.keyfileSsid('a;'), '97;59;'],
    ['an SSID that ends in a space', quote.keyfileSsid('a '), '97;32;'],
    ['an SSID of UTF-8', quote.keyfileSsid('é'), '195;169;'],
    ['shell', quote.shell("it's"), `'it'\\''s'`],
    ['systemd', quote.systemd('a"%$\\'), '"a\\"%%$\\\\"'],
    ['an Exec line', quote.systemdExec('a%$'), '"a%%$$"'],
    ['sshd', quote.sshd('a "b"'), '"a \\"b\\""'],
    ['a passphrase', quote.wpaPassphrase('a"b\\c d', 'home'), '"a"b\\c d"'],
    ['a passphrase with a #', quote.wpaPassphrase('a#b c d e', 'home'), '"a#b c d e"'],
    ['a key of 64 hex digits', quote.wpaPassphrase('ab'.repeat(32), 'home'), 'ab'.repeat(32)],
    ['an SSID in hex', quote.wpaSsid('é#'), 'c3a923'],
  ])('%s', (_, written, expected) => {
    expect(written).toBe(expected)
  })
})
