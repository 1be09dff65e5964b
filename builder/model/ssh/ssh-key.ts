import { createPrivateKey, sign } from 'node:crypto'

/** An ed25519 key as ssh-keygen(1) writes its two files. */
export interface SshKey {
  /** One line, `ssh-ed25519 AAAA… comment`. */
  readonly publicKey: string
  /** Lines between `BEGIN` and `END OPENSSH PRIVATE KEY`. */
  readonly privateKey: string
}

const magic = 'openssh-key-v1\0'
const algorithm = 'ssh-ed25519'

/** An ed25519 key, ready to sign. */
export interface Ed25519 {
  /** The seed, from which everything else is derived: 32 random bytes (RFC 8032, 5.1.5). */
  readonly seed: Buffer
  /** The public half as ssh writes it (RFC 8709, section 4). */
  readonly blob: Buffer
  /** The signature of a text as ssh writes it (RFC 8709, section 6). */
  sign(text: Buffer): Buffer
}

/**
 * The key that is derived from a seed. Uses a JSON Web Key (RFC 8037), because the other formats take ten times as
 * long.
 */
export function ed25519(seed: Buffer): Ed25519 {
  const d = seed.toString('base64url')
  // Node ignores `x` here, which is the value that we need.
  const key = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d, x: '' }, format: 'jwk' })
  const point = Buffer.from(String(key.export({ format: 'jwk' }).x), 'base64url')
  const blob = sshStrings(algorithm, point)
  return { seed, blob, sign: (text) => sshStrings(algorithm, sign(null, text, key)) }
}

/** A key as files of OpenSSH (PROTOCOL.key), without a passphrase. */
export function keyFiles({ seed, blob }: Ed25519, comment: string): SshKey {
  const point = blob.subarray(-32)
  // Two equal numbers before the secret show that a key was decrypted correctly. Here they are zero.
  const secret = sshStrings(algorithm, point, Buffer.concat([seed, point]), comment)
  const section = Buffer.concat([Buffer.alloc(8), secret])
  const padding = Buffer.from(Array.from({ length: -section.length & 7 }, (_, index) => index + 1))
  const one = Buffer.from([0, 0, 0, 1])
  const body = Buffer.concat([
    Buffer.from(magic),
    sshStrings('none', 'none', ''),
    one,
    sshStrings(blob, Buffer.concat([section, padding])),
  ])
  const lines = body.toString('base64').match(/.{1,70}/g) ?? []
  const privateKey = [
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    ...lines,
    '-----END OPENSSH PRIVATE KEY-----',
    '',
  ].join('\n')
  return { publicKey: `${algorithm} ${blob.toString('base64')} ${comment}`, privateKey }
}

/** The key in a private key's file; undefined if that is not a complete ed25519 key without a passphrase. */
export function readKey(privateKey: string): Ed25519 | undefined {
  const { blob, section } = partsOf(privateKey) ?? {}
  const [type, , pair] = section === undefined ? [] : (sshFields(section.subarray(8), 3) ?? [])
  if (type?.toString() !== algorithm || pair?.length !== 64) return undefined
  const key = ed25519(pair.subarray(0, 32))
  return blob?.equals(key.blob) === true ? key : undefined
}

/** The line of a private key's public half, which its file contains unencrypted; undefined if it is not such a file. */
export function publicHalf(privateKey: string, comment: string): string | undefined {
  const blob = partsOf(privateKey)?.blob
  const [type] = blob === undefined ? [] : (sshFields(blob) ?? [])
  return blob === undefined || type === undefined
    ? undefined
    : `${type.toString()} ${blob.toString('base64')} ${comment}`
}

/** Strings of the ssh wire format (RFC 4251, 5), each with its length in front. */
export function sshStrings(...strings: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(
    strings.flatMap((string) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(Buffer.byteLength(string))
      return [length, Buffer.from(string)]
    }),
  )
}

/**
 * The strings that a text of that format is made of; undefined if it is cut.
 * @param most how many to read; the rest is not looked at
 */
export function sshFields(blob: Buffer, most = Infinity): Buffer[] | undefined {
  const fields: Buffer[] = []
  for (let at = 0; at < blob.length && fields.length < most;) {
    const end = at + 4 + (at + 4 <= blob.length ? blob.readUInt32BE(at) : blob.length)
    if (end > blob.length) return undefined
    fields.push(blob.subarray(at + 4, end))
    at = end
  }
  return fields
}

function partsOf(privateKey: string): { blob: Buffer; section: Buffer } | undefined {
  const [, base64 = ''] =
    /^-----BEGIN OPENSSH PRIVATE KEY-----\s([A-Za-z0-9+/=\s]+)-----END/.exec(privateKey.trim()) ?? []
  const body = Buffer.from(base64, 'base64')
  if (body.subarray(0, magic.length).toString('latin1') !== magic) return undefined
  const head = sshFields(body.subarray(magic.length), 3) ?? []
  const at = magic.length + head.reduce((sum, { length }) => sum + 4 + length, 4)
  const [blob, section] = sshFields(body.subarray(at), 2) ?? []
  return blob === undefined || section === undefined ? undefined : { blob, section }
}
