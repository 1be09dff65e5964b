import { hkdfSync } from 'node:crypto'
import { certificate, type Claim } from '../model/ssh/certificate.js'
import { type Ed25519, ed25519, keyFiles, readKey, type SshKey } from '../model/ssh/ssh-key.js'
import { memo } from '../model/memo.js'

/** Keys and certificates of a node and of the others: names for templates, each a line or a file. */
export interface Trust {
  readonly ca_key: string
  readonly host_certificate: string
  readonly host_key: string
  readonly user_certificate: string
  readonly user_key: string
}

/** The same before a node's values are known. */
export const noTrust: Trust = {
  ca_key: '',
  host_certificate: '',
  host_key: '',
  user_certificate: '',
  user_key: '',
}

/** The principal of all user certificates of the cluster; sshd compares it with the list of the node's own user. */
export const userPrincipal = 'cluster'

export interface Certified {
  readonly hostname: string
  readonly fqdn: string
  readonly aliases: readonly string[]
  /** Empty where it is not known. */
  readonly ip: string
}

/**
 * Keys and certificates of one node. All are derived from the authority's key by HKDF (RFC 5869). The owner of that
 * key can certify any key anyway, so random keys would not be more secure, and would have to be stored.
 * @param authority its private key is empty until the first build has made it
 */
export function trustOf(node: Certified, authority: SshKey, clusterId: string): Trust {
  const issuer = issuerOf(authority)
  if (issuer === undefined) return placeholders(authority)
  const id = `${node.hostname}@${clusterId}`
  const derived = (use: string) => {
    const info = `piimg ${use} ${node.hostname}`
    return ed25519(Buffer.from(hkdfSync('sha256', issuer.seed, clusterId, info, 32)))
  }
  const certified = (key: Ed25519, claim: Omit<Claim, 'id'>) => certificate(key, issuer, { ...claim, id })
  const [host, user] = [derived('host'), derived('user')]
  return {
    ca_key: authority.publicKey,
    host_key: keyFiles(host, node.hostname).privateKey.trim(),
    host_certificate: certified(host, { kind: 'host', principals: principalsOf(node) }),
    user_key: keyFiles(user, id).privateKey.trim(),
    user_certificate: certified(user, { kind: 'user', principals: [userPrincipal] }),
  }
}

/** Every name and address that others can use for a node. */
export function principalsOf({ hostname, fqdn, aliases, ip }: Certified): string[] {
  const domain = fqdn.slice(hostname.length)
  const names = [hostname, ...aliases].flatMap((name) => [name, `${name}${domain}`])
  return [...new Set([...names, `${hostname}.local`, ...(ip === '' ? [] : [ip])])]
}

function placeholders({ publicKey }: SshKey): Trust {
  const [key, issued] = ['(a key that the first build makes)', '(a certificate that the first build makes)']
  return {
    ca_key: publicKey,
    host_key: key,
    host_certificate: issued,
    user_key: key,
    user_certificate: issued,
  }
}

/** The authority's own key; undefined before the first build has made it. */
export const issuerOf = memo(({ privateKey }: SshKey) => readKey(privateKey))
