import { describe, expect, it } from 'vitest'
import { expandKeyPaths } from '../../builder/load/key-paths.js'
import { placeOf } from '../support/place.js'
import { temporaryFolder } from '../support/temporary.js'

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKaPF9xjdGp8NUcJHdlKJlv1jvzdFKfXbDNwzKuYxEb0'
const files = {
  'a.pub': `${key} a\n`,
  'with blank.pub': `${key} blank\n`,
  'bom.pub': `\uFEFF${key} bom\r\n`,
  'rfc.pub': '---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n',
  'putty.ppk': 'PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 1\nhunter2\n',
  id: '-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n',
}
const expanded = (text: string) => {
  const { text: found, problems } = expandKeyPaths(
    text,
    { file: 'command line' },
    placeOf(temporaryFolder(files)),
  )
  return problems.length > 0 ? problems.map(({ what, hint }) => [what, hint]) : found
}

describe('authorized_keys', () => {
  it('may be paths, one a line or several', () => {
    expect(expanded('a.pub')).toBe(`${key} a`)
    expect(expanded('a.pub, bom.pub')).toBe(`${key} a\n${key} bom`)
    expect(expanded('with blank.pub\na.pub')).toBe(`${key} blank\n${key} a`)
  })

  it('may be keys with options', () => {
    expect(expanded(`no-pty ${key}`)).toBe(`no-pty ${key}`)
  })

  it('names each file that is in another format, and never what is in it', () => {
    expect(expanded('rfc.pub\nputty.ppk\nid')).toEqual([
      ['rfc.pub is a public key in the format of RFC 4716', 'convert it: ssh-keygen -i -f rfc.pub > key.pub'],
      [
        "putty.ppk is a private key in PuTTY's format",
        'make its public half: puttygen putty.ppk -O public-openssh -o key.pub',
      ],
      ['id is a private key', 'give the public half, the file that ends in .pub'],
    ])
  })

  it('is one problem where a file was pasted', () => {
    const pasted = '---- BEGIN SSH2 PUBLIC KEY ----\nAAAAB3Nz\n---- END SSH2 PUBLIC KEY ----'
    expect(expanded(pasted)).toBe(pasted)
  })
})
