import { createHmac } from 'node:crypto'
import { type Ed25519, sshStrings } from './ssh-key.js'

/** The statements of an OpenSSH certificate about its key. */
export interface Claim {
  readonly kind: 'host' | 'user'
  /** The name of the certificate in sshd's log. */
  readonly id: string
  /** For a host its names and addresses; for a user the names that sshd compares with its lists. */
  readonly principals: readonly string[]
}

/** What ssh-keygen(1) allows a user by default, sorted as PROTOCOL.certkeys asks. */
const extensions = ['X11-forwarding', 'agent-forwarding', 'port-forwarding', 'pty', 'user-rc'].map(
  (name) => `permit-${name}`,
)

const type = 'ssh-ed25519-cert-v01@openssh.com'

/**
 * A certificate as PROTOCOL.certkeys describes it, one line, without an expiry date. The same input gives the same
 * bytes: the nonce is not random, but only the authority can compute it.
 * @param subject the key that is certified
 * @param authority the key that signs
 */
export function certificate(subject: Ed25519, authority: Ed25519, { kind, id, principals }: Claim): string {
  const validity = Buffer.alloc(16)
  validity.fill(0xff, 8)
  const claim = Buffer.concat([
    sshStrings(subject.blob.subarray(-32)),
    Buffer.alloc(8), // serial number
    Buffer.from([0, 0, 0, kind === 'host' ? 2 : 1]),
    sshStrings(id, sshStrings(...principals)),
    validity,
    // Critical options, extensions, and what is reserved.
    sshStrings('', kind === 'host' ? '' : sshStrings(...extensions.flatMap((name) => [name, ''])), ''),
    sshStrings(authority.blob),
  ])
  const nonce = createHmac('sha256', authority.seed).update(claim).digest()
  const text = Buffer.concat([sshStrings(type, nonce), claim])
  const signed = Buffer.concat([text, sshStrings(authority.sign(text))])
  return `${type} ${signed.toString('base64')} ${id}`
}
