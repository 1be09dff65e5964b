import type { Problem } from '../../model/problem.js'
import type { Values } from '../values.js'
import { cardRules } from './cards.js'
import { networkRules } from './network.js'
import { type Node, problem, type Rule } from './rule.js'

const wifiHasCountry: Rule = ({ values }) => {
  if (!values.has('wifi_ssid') || values.has('wifi_country')) return undefined
  return problem(
    values,
    'wifi_ssid',
    'Wi-Fi stays off until wifi_country is set',
    'set wifi_country=GB, or your country',
  )
}

const pskHasSsid: Rule = ({ values }) => {
  const name = ['wifi_psk', 'wifi_hidden'].find(
    (each) => ![undefined, false].includes(values.get(each)?.value as false),
  )
  if (name === undefined || values.has('wifi_ssid')) return undefined
  return problem(values, name, `${name} is set, but wifi_ssid is not`, 'set wifi_ssid too')
}

/** What must hold between the values of the Wi-Fi; `values` may be incomplete otherwise. */
export function checkWifi(values: Values): Problem[] {
  return [wifiHasCountry, pskHasSsid].flatMap((rule) => rule({ values, role: 'master' }) ?? [])
}

/** What must hold between a node's values. One named function a rule. */
export function checkValues(node: Node): Problem[] {
  return [...networkRules, ...cardRules, wifiHasCountry, pskHasSsid].flatMap((rule) => rule(node) ?? [])
}
