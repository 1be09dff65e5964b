import { type Facts, releases } from '../model/facts.js'
import type { Role } from '../model/cluster-node.js'
import { contains, isInRange, parseCidr, parseRange } from '../model/ipv4.js'
import type { Origin, Problem } from '../model/problem.js'
import { boards } from '../model/board.js'
import { firstUid } from './login.js'
import { addressOf, isGiven, placeOf, textOf, type Values } from './values.js'

interface Node {
  readonly values: Values
  readonly role: Role
}

interface NodeOnBase extends Node {
  readonly facts: Facts
}

type Rule = (node: Node) => Problem | undefined
type BaseRule = (node: NodeOnBase) => Problem | undefined

/** What must hold between values. One named function a rule. */
export function checkValues(node: Node): Problem[] {
  return [
    addressInNetwork,
    gatewayInNetwork,
    gatewayIsAnother,
    dhcpHasServer,
    rangeHasServer,
    rangeInNetwork,
    rangeLeavesMasterOut,
    reservedInNetwork,
    uplinkIsAnother,
    someoneCanEnter,
    wifiHasCountry,
    pskHasSsid,
  ].flatMap((rule) => rule(node) ?? [])
}

/** What must hold between the values of the Wi-Fi; `values` may be incomplete otherwise. */
export function checkWifi(values: Values): Problem[] {
  return [wifiHasCountry, pskHasSsid].flatMap((rule) => rule({ values, role: 'master' }) ?? [])
}

/** What must hold between values and the base image. */
export function checkOnBase(node: NodeOnBase): Problem[] {
  return [userIsFree, hashIsKnown, boardRunsImage, rootCanGrow].flatMap((rule) => rule(node) ?? [])
}

const addressInNetwork: Rule = ({ values }) => {
  const own = cidrOf(values, 'address')
  const network = cidrOf(values, 'network')
  if (own === undefined || network === undefined) return undefined
  if (contains(network, own.address) && own.prefix === network.prefix) return undefined
  const what = `${own.address}/${own.prefix} is not an address of ${network.network}/${network.prefix}`
  return problem(values, 'address', what, 'change address or network')
}

const gatewayInNetwork: Rule = ({ values }) => {
  const gateway = textOf(values, 'gateway')
  const own = cidrOf(values, 'address')
  if (gateway === '' || gateway === 'none' || own === undefined || contains(own, gateway)) return undefined
  // Of the master's address, the rules of the cluster tell.
  if (!isGiven(values, 'gateway')) return undefined
  return problem(
    values,
    'gateway',
    `${gateway} cannot be reached from ${own.address}/${own.prefix}`,
    'a gateway is in the same network',
  )
}

const gatewayIsAnother: Rule = ({ values }) => {
  const own = addressOf(values)
  if (own === '' || own !== textOf(values, 'gateway')) return undefined
  const isMaster = !isGiven(values, 'gateway') && textOf(values, 'topology') === 'routed'
  const hint = 'workers count from node2; or give address or gateway'
  return problem(
    values,
    'address',
    `${own} is the gateway's address${isMaster ? ", the master's" : ''}`,
    hint,
  )
}

/** In a routed cluster the master is the server; on a backbone there is none. */
const dhcpHasServer: Rule = ({ values, role }) => {
  const topology = textOf(values, 'topology')
  const isServer = topology === 'routed' && role === 'master'
  if (textOf(values, 'address') !== 'dhcp' || (!isServer && topology !== 'backbone')) return undefined
  const what = isServer
    ? 'the master gives addresses to the others, and nobody gives it one'
    : 'on a backbone nobody gives addresses'
  return problem(values, 'address', what, 'leave address out, or give one such as 10.0.0.3/24')
}

/** Where the master is no server, a range that somebody gives would come to nothing. */
const rangeHasServer: Rule = ({ values }) => {
  const topology = textOf(values, 'topology')
  if (topology === 'routed' || parseRange(textOf(values, 'dhcp_range')) === undefined) return undefined
  const what =
    topology === 'flat'
      ? 'in a flat network its router gives addresses, not the master'
      : 'on a backbone nobody gives addresses'
  return problem(values, 'dhcp_range', what, 'leave dhcp_range out')
}

const rangeInNetwork: Rule = ({ values }) => {
  const range = parseRange(textOf(values, 'dhcp_range'))
  const network = cidrOf(values, 'network')
  if (range === undefined || network === undefined) return undefined
  const ends = [range.first, range.last]
  if (ends.every((end) => contains(network, end) && end !== network.network && end !== network.broadcast))
    return undefined
  return problem(
    values,
    'dhcp_range',
    `${textOf(values, 'dhcp_range')} is not within ${network.network}/${network.prefix}`,
    'change dhcp_range or network',
  )
}

const rangeLeavesMasterOut: Rule = ({ values, role }) => {
  const range = parseRange(textOf(values, 'dhcp_range'))
  const own = cidrOf(values, 'address')
  // dnsmasq never gives its own address away: only who writes such a range is told.
  if (!isGiven(values, 'dhcp_range')) return undefined
  if (role !== 'master' || range === undefined || own === undefined || !isInRange(range, own.address))
    return undefined
  return problem(
    values,
    'dhcp_range',
    `${textOf(values, 'dhcp_range')} holds the master's own address, ${own.address}`,
    'let it begin behind that',
  )
}

const reservedInNetwork: Rule = ({ values }) => {
  const reserved = textOf(values, 'reserved')
  const network = cidrOf(values, 'network')
  // In a flat cluster without a network, its router reserves, and knows which.
  const isForeign = textOf(values, 'topology') === 'flat' && !isGiven(values, 'network')
  if (reserved === '' || network === undefined || isForeign) return undefined
  const isHost = contains(network, reserved) && reserved !== network.network && reserved !== network.broadcast
  if (isHost) return undefined
  return problem(
    values,
    'reserved',
    `${reserved} is no host of ${network.network}/${network.prefix}`,
    'change reserved or network',
  )
}

const uplinkIsAnother: Rule = ({ values }) => {
  const uplink = textOf(values, 'uplink')
  if (uplink === '' || uplink !== textOf(values, 'interface')) return undefined
  return problem(
    values,
    'uplink',
    `${uplink} is the card on the cluster's network`,
    'a second card, such as eth1',
  )
}

const someoneCanEnter: Rule = ({ values }) => {
  if (values.has('authorized_keys') || values.get('ssh_password_login')?.value === true) return undefined
  const hint = 'give authorized_keys, or set ssh_password_login=yes'
  return problem(
    values,
    'password_hash',
    'nobody could log in over ssh: no key, and passwords are off there',
    hint,
  )
}

const wifiHasCountry: Rule = ({ values }) => {
  if (!values.has('wifi_ssid') || values.has('wifi_country')) return undefined
  return problem(values, 'wifi_ssid', 'Wi-Fi without wifi_country stays off', 'set wifi_country=GB, or yours')
}

const pskHasSsid: Rule = ({ values }) => {
  if (!values.has('wifi_psk') || values.has('wifi_ssid')) return undefined
  return problem(values, 'wifi_psk', 'a Wi-Fi password without wifi_ssid', 'set wifi_ssid too')
}

const userIsFree: BaseRule = ({ values, facts }) => {
  const name = textOf(values, 'user')
  const taken = facts.users.find((user) => user.name === name && user.uid !== firstUid)
  const group = facts.groups.find((candidate) => candidate.name === name && candidate.gid !== firstUid)
  if (taken === undefined && group === undefined) return undefined
  const what = `"${name}" is a ${taken === undefined ? 'group' : 'user'} of the system already`
  return problem(values, 'user', what, 'choose another name')
}

/** Buster's libcrypt is glibc's own; libxcrypt with the newer methods came with Bullseye. */
const hashIsKnown: BaseRule = ({ values, facts }) => {
  if (facts.release !== 'buster' || !/^\$(y|gy|7|2[aby])\$/.test(textOf(values, 'password_hash')))
    return undefined
  return problem(
    values,
    'password_hash',
    'buster does not know this kind of hash',
    'make one with: openssl passwd -6',
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
  return problem(values, 'board', `${name} does not run ${facts.architecture}`, 'take an armhf image')
}

/** A stock first boot grows the last partition only; Buster's stops and asks. */
const rootCanGrow: BaseRule = ({ facts }) => {
  if (facts.rootIsLast) return undefined
  const where: Origin = { file: facts.file, key: 'partition table' }
  const hint = 'a stock image has two partitions, the root last'
  return { severity: 'warning', where, what: 'the root is not the last partition, so it will not grow', hint }
}

function cidrOf(values: Values, name: string) {
  return parseCidr(textOf(values, name))
}

function problem(values: Values, name: string, what: string, hint: string): Problem {
  const where = placeOf(values, name)
  return { severity: 'error', where: { ...where, key: where.key ?? name }, what, hint }
}
