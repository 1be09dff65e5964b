import { homeOf } from './environment.js'
import type { FinishedNode } from './finished-node.js'
import { listFits } from './ssh-patterns.js'

/** The algorithms with which a key can be used; a key of type ssh-rsa has three. */
const algorithms: Readonly<Record<string, readonly string[]>> = {
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
}

/** The certificates with which the nodes log in to each other. */
const certificates = 'ssh-ed25519-cert-v01@openssh.com'

/**
 * The types of the keys with which the node's user logs in that a list refuses; sshd_config(5),
 * PubkeyAcceptedAlgorithms: with `+` or `^` in front it adds to the default, with `-` it takes away.
 */
export function refusedTypes(node: FinishedNode, list: string): string[] {
  if (/^[+^]/.test(list)) return []
  const isIn = (type: string) =>
    listFits(list.replace(/^-/, ''), algorithms[type] ?? [type]) === !list.startsWith('-')
  return typesOf(node).filter((type) => !isIn(type))
}

function typesOf(node: FinishedNode): string[] {
  const keys = node.root.text(`${homeOf(node)}/.ssh/authorized_keys`) ?? ''
  const own = [...keys.matchAll(/(?:^|\s)((?:sk-)?(?:ssh|ecdsa)-[\w@.-]+)\s+AAAA/gm)].map(
    ([, type = '']) => type,
  )
  const isTrusted = node.root.find('/etc/ssh/piimg/ca.pub') !== undefined
  return [...new Set([...own, ...(isTrusted ? [certificates] : [])])]
}
