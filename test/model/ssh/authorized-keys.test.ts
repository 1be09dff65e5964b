import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseKeys } from '../../../builder/model/types/ssh.js'
import { sharedFolder } from '../../support/real-programs.js'

const one = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKaPF9xjdGp8NUcJHdlKJlv1jvzdFKfXbDNwzKuYxEb0'
const two = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDF1zO4vY0rFfzTyeOKHZNlMgBYV4rA02jM2Ua5v8r9k'

describe('several keys on a line', () => {
  it.each([
    [`${one} a@b ${two} c@d`, [`${one} a@b`, `${two} c@d`]],
    [`${one} a@b, ${two} c@d`, [`${one} a@b`, `${two} c@d`]],
    [`${one} a@b,${two} c@d`, [`${one} a@b`, `${two} c@d`]],
    [`${one} a@b;${two}`, [`${one} a@b`, two]],
    [`${one} a@b${two} c@d`, [`${one} a@b`, `${two} c@d`]],
    [`${one} ${two}`, [one, two]],
    [`${one},${two}`, [one, two]],
    [`${one}${two} c@d`, [one, `${two} c@d`]],
    [`${one} a, b c ${two} ${one}`, [`${one} a, b c`, two, one]],
  ])('are several: %s', (text, keys) => {
    expect(parseKeys(text)).toEqual(keys)
  })

  it('are an error where options are between them', () => {
    expect(parseKeys(`${one} a@b, no-pty ${two}`)).toMatchObject({
      hint: 'write each key on a line of its own',
    })
    expect(parseKeys(`${one} a@b from="10.0.0.*",restrict ${two}`)).toMatchObject({
      what: 'options are between two keys of one line: "a@b from="10.0.0.*",restrict"',
    })
  })
})

describe('options', () => {
  it.each([
    'no-pty',
    'restrict,pty',
    'command="echo \\"a b\\"",no-agent-forwarding',
    'from="10.0.0.*,!10.0.0.9"',
    'cert-authority,principals="a,b"',
    'environment="A=ssh-rsa AAAA"',
    'NO-PTY',
  ])('in front of a key are kept: %s', (options) => {
    expect(parseKeys(`${options} ${one} me`)).toEqual([`${options} ${one} me`])
  })

  it.each(['nopty', 'no-pty, restrict', 'command=x', 'no-pty=""', 'command', 'x y'])(
    'are refused: %s',
    (options) => {
      expect(parseKeys(`${options} ${one}`)).toMatchObject({
        what: `"${options}" in front of a key is not a list of options`,
      })
    },
  )
})

describe('what is no key for sshd', () => {
  it.each([
    [
      'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nhunter2',
      "a private key in PuTTY's format",
      /^make its public half: puttygen FILE -O public-openssh/,
    ],
    ['-----BEGIN RSA PRIVATE KEY-----\nhunter2', 'a private key', /ends in .pub/],
    ['---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nhunter2', 'a private key', /ends in .pub/],
    [
      '---- BEGIN SSH2 PUBLIC KEY ----\nComment: "x"\nAAAA',
      'a public key in the format of RFC 4716',
      /ssh-keygen -i -f FILE/,
    ],
    [
      '-----BEGIN PUBLIC KEY-----\nMIIB',
      'a public key in the format PKCS8',
      /ssh-keygen -i -m PKCS8 -f FILE/,
    ],
    [
      '-----BEGIN RSA PUBLIC KEY-----\nMIIB',
      'a public key in the format PEM',
      /ssh-keygen -i -m PEM -f FILE/,
    ],
    [Buffer.from(`\uFEFF${one}`, 'utf16le').toString(), 'a text in UTF-16', /iconv -f UTF-16/],
    [Buffer.from(one, 'utf16le').swap16().toString(), 'a text in UTF-16', /iconv -f UTF-16/],
  ])('is named once: %j', (text, what, hint) => {
    expect(parseKeys(text)).toEqual({ what, hint: expect.stringMatching(hint) as string })
  })

  it('is no hindrance: a byte-order mark, and line ends of Windows', () => {
    expect(parseKeys(`\uFEFF${one} a\r\n\r\n${two}\r\n`)).toEqual([`${one} a`, two])
  })
})

const noKeygen = spawnSync('ssh-keygen', ['-?']).error !== undefined

describe.skipIf(noKeygen)('ssh-keygen', () => {
  const folder = sharedFolder()
  const at = (name: string) => join(folder, name)
  const keygen = (...words: string[]) =>
    execFileSync('ssh-keygen', words, { encoding: 'utf8', stdio: 'pipe' })
  const make = (name: string, ...words: string[]) => {
    keygen('-q', '-N', '', '-C', name, '-f', at(name), ...words)
    return readFileSync(at(`${name}.pub`), 'utf8').trim()
  }
  const keys: string[] = []
  beforeAll(() => {
    for (const words of [
      '-t ed25519',
      '-t rsa -b 2048',
      '-t ecdsa -b 256',
      '-t ecdsa -b 384',
      '-t ecdsa -b 521',
    ])
      keys.push(make(words.replaceAll(/[ -]/g, ''), ...words.split(' ')))
  })

  it('reads as many keys as were on a line', () => {
    for (const between of [' ', ', ', ',', '']) {
      const found = parseKeys(keys.join(between))
      writeFileSync(at('all'), `${(found as string[]).join('\n')}\n`)
      expect(found).toEqual(keys)
      expect(keygen('-lf', at('all')).trim().split('\n')).toHaveLength(keys.length)
    }
  })

  it('reads keys with options', () => {
    const line = `no-pty,command="a b" ${keys[0] ?? ''}`
    writeFileSync(at('options'), `${(parseKeys(line) as string[]).join('\n')}\n`)
    expect(keygen('-lf', at('options'))).toBe(keygen('-lf', at('ted25519.pub')))
  })

  it('converts what the messages name', () => {
    for (const [format, hint] of [
      ['RFC4716', /ssh-keygen (-i -f FILE)/],
      ['PKCS8', /ssh-keygen (-i -m PKCS8 -f FILE)/],
      ['PEM', /ssh-keygen (-i -m PEM -f FILE)/],
    ] as const) {
      const foreign = keygen('-e', '-m', format, '-f', at('trsab2048.pub'))
      writeFileSync(at(format), foreign)
      const refused = parseKeys(foreign) as { hint: string }
      const [, words = ''] = hint.exec(refused.hint) ?? []
      const converted = keygen(...words.replace('FILE', at(format)).split(' '))
      expect(parseKeys(converted)).toEqual([converted.trim()])
      expect(keys[1]).toContain(converted.trim().split(' ')[1] ?? 'none')
    }
  })

  it('makes certificates and short keys, which are refused', () => {
    make('ca', '-t', 'ed25519')
    keygen('-q', '-s', at('ca'), '-I', 'x', at('ted25519.pub'))
    expect(parseKeys(readFileSync(at('ted25519-cert.pub'), 'utf8'))).toMatchObject({
      what: 'a certificate, not a key',
    })
    const dss = Buffer.concat(
      ['ssh-dss', 'p', 'q', 'g', 'y'].map((text) => {
        const length = Buffer.alloc(4)
        length.writeUInt32BE(text.length)
        return Buffer.concat([length, Buffer.from(text)])
      }),
    )
    expect(parseKeys(`ssh-dss ${dss.toString('base64')} x`)).toMatchObject({
      what: 'a DSA key, which sshd does not take any more',
    })
  })
})
