import { boards } from '../../model/board.js'
import { type Facts, releases } from '../../model/facts.js'
import type { Problem } from '../../model/problem.js'
import { firstUid } from '../../model/locked-users.js'
import { routeTexts, textOf } from '../values.js'
import { type Node, problem } from './rule.js'

interface NodeOnBase extends Node {
  readonly facts: Facts
}

type BaseRule = (node: NodeOnBase) => Problem | undefined

const userIsFree: BaseRule = ({ values, facts }) => {
  const name = textOf(values, 'user')
  const taken = facts.users.find((user) => user.name === name && user.uid !== firstUid)
  const group = facts.groups.find((candidate) => candidate.name === name && candidate.gid !== firstUid)
  if (taken === undefined && group === undefined) return undefined
  const what = `"${name}" is a ${taken === undefined ? 'group' : 'user'} of the system already`
  return problem(values, 'user', what, 'choose another name')
}

const keptAreThere: BaseRule = ({ values, facts }) => {
  const kept = values.get('keep_users')?.value
  const names = Array.isArray(kept) ? (kept as readonly string[]) : []
  const missing = names.find((name) => !facts.users.some((user) => user.name === name))
  if (missing === undefined) return undefined
  return problem(values, 'keep_users', `the base image has no user "${missing}"`, 'remove the name')
}

/** OpenSSH 8.2 brought keys of FIDO devices. */
const keysAreKnown: BaseRule = ({ values, facts }) => {
  const keys = values.get('authorized_keys')?.value
  if (facts.release !== 'buster' || !Array.isArray(keys)) return undefined
  if (!keys.some((key: string) => /(^|\s)sk-/.test(key))) return undefined
  return problem(
    values,
    'authorized_keys',
    'Buster does not support keys of a security key (sk-…)',
    'make another one: ssh-keygen -t ed25519',
  )
}

/** Buster's libcrypt is part of glibc; libxcrypt with the newer methods came with Bullseye. */
const hashIsKnown: BaseRule = ({ values, facts }) => {
  if (facts.release !== 'buster' || !/^\$(y|gy|7|2[aby])\$/.test(textOf(values, 'password_hash')))
    return undefined
  return problem(
    values,
    'password_hash',
    'Buster does not support this kind of hash',
    'make one with: openssl passwd -6',
  )
}

/** dhcpcd(8) uses configured routes instead of all routes of a lease, the default route too. */
const gatewayStays: BaseRule = ({ values, facts }) => {
  const isDhcp = textOf(values, 'address') === 'dhcp' && routeTexts(values).length > 0
  if (!isDhcp || !facts.tags.dhcpcd || textOf(values, 'gateway') !== '') return undefined
  return problem(
    values,
    'static_routes',
    `with static_routes, ${facts.release}'s dhcpcd does not use the gateway that DHCP gives`,
    'set gateway, too; or let the DHCP server announce the routes',
  )
}

const boardRunsImage: BaseRule = ({ values, facts }) => {
  const name = textOf(values, 'board')
  const possible = boards[name]
  if (possible === undefined) return undefined
  const tooNew = possible.find(({ since }) => releases.indexOf(facts.release) < releases.indexOf(since))
  if (tooNew !== undefined) {
    return problem(
      values,
      'board',
      `${name} does not run ${facts.release}`,
      `it needs ${tooNew.since} or later`,
    )
  }
  const runsArm64 = possible.every(({ kernels }) => kernels.arm64.length > 0)
  if (facts.architecture === 'armhf' || (facts.architecture === 'arm64' && runsArm64)) return undefined
  return problem(values, 'board', `${name} does not run ${facts.architecture}`, 'use an armhf image')
}

const baseRules = [userIsFree, keptAreThere, keysAreKnown, hashIsKnown, gatewayStays, boardRunsImage]

/** What must hold between a node's values and its base image. */
export function checkOnBase(node: NodeOnBase): Problem[] {
  return baseRules.flatMap((rule) => rule(node) ?? [])
}
