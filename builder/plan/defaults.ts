import type { Facts } from '../model/facts.js'
import { contains, hostAddress, parseCidr } from '../model/ipv4.js'
import type { Problem } from '../model/problem.js'
import type { Sourced, Value } from '../model/variable.js'
import { firstUid } from './context.js'

export type Values = ReadonlyMap<string, Sourced<Value>>

/** Who may log in where the user gave neither a key nor a password. */
export type LoginKeys = Sourced<readonly string[]>

/** The values that follow from others and from the base image, where nobody gave them. */
export function withDefaults(
  given: Values,
  facts: Facts,
  loginKeys: LoginKeys,
): { values: Values; problems: Problem[] } {
  const values = new Map(given)
  const problems: Problem[] = []
  const standard = (name: string, value: Value | undefined, key: string): void => {
    if (value !== undefined && !values.has(name))
      values.set(name, { value, origin: { file: 'default', key } })
  }
  const base = facts.users.find(({ uid }) => uid === firstUid)?.name
  standard('user', base ?? 'pi', base === undefined ? 'there is no user 1000' : "the base image's user 1000")
  addAddress(values, problems)
  addWayOut(values)
  if (!values.has('authorized_keys') && !values.has('password_hash')) values.set('authorized_keys', loginKeys)
  return { values, problems }
}

/** An address brings its network with it; without one, the number in the hostname counts in the network. */
function addAddress(values: Map<string, Sourced<Value>>, problems: Problem[]): void {
  const address = values.get('address')
  const network = values.get('network')
  if (address !== undefined) {
    const cidr = parseCidr(String(address.value))
    if (cidr !== undefined && network?.origin.key === 'default') {
      values.set('network', { value: `${cidr.network}/${cidr.prefix}`, origin: address.origin })
    }
    return
  }
  const hostname = values.get('hostname')
  const cidr = parseCidr(String(network?.value))
  if (hostname === undefined || cidr === undefined) return
  const name = String(hostname.value)
  const number = /(\d+)$/.exec(name)?.[1]
  const own = number === undefined ? undefined : hostAddress(cidr, Number(number))
  if (own === undefined) {
    const what =
      number === undefined
        ? `"${name}" has no number to make an address of`
        : `number ${number} of "${name}" is no host of ${cidr.network}/${cidr.prefix}`
    const hint = 'give it an address, such as 10.0.0.3/24, or dhcp'
    problems.push({ severity: 'error', where: hostname.origin, what, hint })
    return
  }
  values.set('address', {
    value: `${own}/${cidr.prefix}`,
    origin: { file: 'default', key: `number ${number} of ${cidr.network}/${cidr.prefix}` },
  })
}

/**
 * The first address of the network is the master's: gateway and name server of the others. A node with Wi-Fi has its
 * own way out, and none through the cluster unless it is told so.
 */
function addWayOut(values: Map<string, Sourced<Value>>): void {
  const cidr = parseCidr(String(values.get('network')?.value))
  const own = parseCidr(String(values.get('address')?.value))
  if (cidr === undefined || own === undefined || !contains(cidr, own.address)) return
  if (values.has('wifi_ssid')) return
  const first = hostAddress(cidr, 1)
  if (!values.has('gateway') && first !== undefined) {
    values.set('gateway', { value: first, origin: { file: 'default', key: 'first address of the network' } })
  }
  const gateway = values.get('gateway')?.value
  if (values.has('dns') || typeof gateway !== 'string' || gateway === 'none') return
  values.set('dns', { value: [gateway], origin: { file: 'default', key: 'the gateway' } })
}
