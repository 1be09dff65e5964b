import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { certificate } from '../../../builder/model/ssh/certificate.js'
import { ed25519, keyFiles, publicHalf, readKey, sshFields } from '../../../builder/model/ssh/ssh-key.js'
import { temporaryFolder } from '../../support/temporary.js'

/** RFC 8032, 7.1, test 1. */
const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
const point = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'
const authority = ed25519(Buffer.alloc(32, 7))
const noKeygen = spawnSync('ssh-keygen', ['-?']).error !== undefined
if (noKeygen) console.warn('skipped: there is no ssh-keygen: apt-get install openssh-client')

/** What ssh-keygen says of a file. */
function keygen(words: readonly string[], content: string): string {
  const file = join(temporaryFolder(), 'key')
  writeFileSync(file, content, { mode: 0o600 })
  return execFileSync('ssh-keygen', [...words, '-f', file], { encoding: 'utf8', stdio: 'pipe' })
}

describe('an ed25519 key', () => {
  const key = ed25519(seed)
  const files = keyFiles(key, 'node3')

  it('is that of RFC 8032, signatures too', () => {
    expect(key.blob.subarray(-32).toString('hex')).toBe(point)
    const [type, signature] = sshFields(key.sign(Buffer.alloc(0))) ?? []
    expect(type?.toString()).toBe('ssh-ed25519')
    expect(signature?.toString('hex')).toMatch(
      /^e5564300c360ac72.*8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b$/,
    )
  })

  it('comes back out of its file', () => {
    expect(readKey(files.privateKey)?.seed).toEqual(seed)
    expect(publicHalf(files.privateKey, 'node3')).toBe(files.publicKey)
    expect(readKey(files.privateKey.replaceAll('\n', '\r\n'))?.seed).toEqual(seed)
  })

  it.skipIf(noKeygen)('is one to ssh-keygen', () => {
    expect(keygen(['-y'], files.privateKey).trim()).toBe(files.publicKey)
  })

  it.skipIf(noKeygen)('is read from what ssh-keygen writes', () => {
    const file = join(temporaryFolder(), 'key')
    const make = (...words: string[]) => execFileSync('ssh-keygen', ['-q', '-C', 'x', '-f', file, ...words])
    make('-t', 'ed25519', '-N', '')
    const text = execFileSync('cat', [file], { encoding: 'utf8' })
    const read = readKey(text)
    expect(read === undefined ? '' : keyFiles(read, 'x').publicKey).toBe(keygen(['-y'], text).trim())
  })

  it.skipIf(noKeygen)(
    'is none where it has a passphrase or is of another kind, though that has a public half',
    () => {
      for (const words of [
        ['-t', 'ed25519', '-N', 'secret'],
        ['-t', 'ecdsa', '-N', ''],
      ]) {
        const file = join(temporaryFolder(), 'key')
        execFileSync('ssh-keygen', ['-q', '-C', 'x', '-f', file, ...words])
        const text = execFileSync('cat', [file], { encoding: 'utf8' })
        expect(readKey(text)).toBeUndefined()
        expect(publicHalf(text, 'x')).toBe(execFileSync('cat', [`${file}.pub`], { encoding: 'utf8' }).trim())
      }
    },
  )

  it('is not read from anything else', () => {
    const half = files.privateKey.slice(0, 150)
    const other = Buffer.from(files.privateKey.split('\n').slice(1, -2).join(''), 'base64')
    other[other.indexOf(seed) + 3] = 0xee
    const changed = `-----BEGIN OPENSSH PRIVATE KEY-----\n${other.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`
    for (const text of ['', 'hunter2', files.publicKey, half, `${half}\n-----END`, changed]) {
      expect(readKey(text)).toBeUndefined()
    }
    for (const text of ['', 'hunter2', files.publicKey, half]) expect(publicHalf(text, '')).toBeUndefined()
  })
})

describe.skipIf(noKeygen)('a certificate, as ssh-keygen reads it', () => {
  const subject = ed25519(seed)
  const shown = (text: string) => keygen(['-L'], `${text}\n`).replaceAll(/^ +/gm, '').split('\n').slice(1, -1)
  const fingerprint = (key: typeof subject) =>
    keygen(['-l'], `${keyFiles(key, '').publicKey}\n`).split(' ')[1] ?? ''
  const common = () => [
    `Public key: ED25519-CERT ${fingerprint(subject)}`,
    `Signing CA: ED25519 ${fingerprint(authority)} (using ssh-ed25519)`,
    'Key ID: "node3@cluster"',
    'Serial: 0',
    'Valid: forever',
    'Principals: ',
  ]

  it('is for a host', () => {
    const claim = { kind: 'host', id: 'node3@cluster', principals: ['node3', '10.0.0.3'] } as const
    expect(shown(certificate(subject, authority, claim))).toEqual([
      'Type: ssh-ed25519-cert-v01@openssh.com host certificate',
      ...common(),
      'node3',
      '10.0.0.3',
      'Critical Options: (none)',
      'Extensions: (none)',
    ])
  })

  it('is for a user, who may do what ssh-keygen allows by default', () => {
    const claim = { kind: 'user', id: 'node3@cluster', principals: ['cluster'] } as const
    const lines = shown(certificate(subject, authority, claim))
    const folder = temporaryFolder({
      ca: keyFiles(authority, '').privateKey,
      'key.pub': keyFiles(subject, '').publicKey,
    })
    execFileSync('chmod', ['600', join(folder, 'ca')])
    const words = ['-q', '-s', join(folder, 'ca'), '-I', claim.id, '-n', 'cluster', join(folder, 'key.pub')]
    execFileSync('ssh-keygen', words)
    const theirs = execFileSync('ssh-keygen', ['-L', '-f', join(folder, 'key-cert.pub')], {
      encoding: 'utf8',
    })
    expect(lines).toEqual(theirs.replaceAll(/^ +/gm, '').split('\n').slice(1, -1))
    expect(lines).toEqual(expect.arrayContaining([...common(), 'cluster', 'permit-pty']) as string[])
  })

  it('is the same each time, and another for another claim or authority', () => {
    const claim = { kind: 'host', id: 'node3@cluster', principals: ['node3'] } as const
    const all = [
      certificate(subject, authority, claim),
      certificate(subject, authority, { ...claim, principals: ['node4'] }),
      certificate(subject, authority, { ...claim, kind: 'user' }),
      certificate(subject, ed25519(Buffer.alloc(32, 8)), claim),
    ]
    expect(certificate(subject, authority, claim)).toBe(all[0])
    const nonces = all.map((text) =>
      sshFields(Buffer.from(text.split(' ')[1] ?? '', 'base64'), 2)?.[1]?.toString('hex'),
    )
    expect(new Set(nonces).size).toBe(4)
  })
})
