import type { Problem } from '../../model/problem.js'
import type { Values } from '../values.js'
import { networkRules } from './network.js'
import { type Node, problem, type Rule } from './rule.js'

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

/** What must hold between the values of the Wi-Fi; `values` may be incomplete otherwise. */
export function checkWifi(values: Values): Problem[] {
  return [wifiHasCountry, pskHasSsid].flatMap((rule) => rule({ values, role: 'master' }) ?? [])
}

/** What must hold between a node's values. One named function a rule. */
export function checkValues(node: Node): Problem[] {
  return [...networkRules, someoneCanEnter, wifiHasCountry, pskHasSsid].flatMap((rule) => rule(node) ?? [])
}
