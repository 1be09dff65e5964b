import { isWifiCard, madeInterface } from '../../model/network-card.js'
import { isOnWifi, textOf } from '../values.js'
import { problem, type Rule } from './rule.js'

const interfaceCanBeMade: Rule = ({ values }) => {
  const card = textOf(values, 'interface')
  const made = madeInterface(card)
  if (made !== undefined) {
    const hint = 'give the network card itself, such as eth0 or wlan0'
    return problem(values, 'interface', `${card} is ${made}, which piimg does not configure`, hint)
  }
  if (!isWifiCard(card) || values.has('wifi_ssid')) return undefined
  const hint = 'set wifi_ssid and wifi_country, or use a wired card such as eth0'
  return problem(values, 'interface', `${card} is a Wi-Fi card, but wifi_ssid is not set`, hint)
}

const uplinkIsAnother: Rule = ({ values }) => {
  const uplink = textOf(values, 'uplink')
  if (uplink === '' || uplink !== textOf(values, 'interface')) return undefined
  return problem(
    values,
    'uplink',
    `${uplink} is already the card on the cluster's network`,
    'use a second card, such as eth1',
  )
}

/** piimg connects one Wi-Fi; a wired card gets its address by DHCP if nothing else configures it. */
const uplinkCanBeMade: Rule = ({ values }) => {
  const card = textOf(values, 'uplink')
  if (!isWifiCard(card) || card === textOf(values, 'interface')) return undefined
  if (!values.has('wifi_ssid')) {
    const hint = 'set wifi_ssid and wifi_country, or use a second wired card such as eth1'
    return problem(values, 'uplink', `${card} is a Wi-Fi card, but wifi_ssid is not set`, hint)
  }
  if (!isOnWifi(values)) return undefined
  const what = `the Wi-Fi is on ${textOf(values, 'interface')}, and piimg connects no second one on ${card}`
  return problem(values, 'uplink', what, 'use a wired card, such as eth0')
}

const uplinkIsConfigured: Rule = ({ values }) => {
  const card = textOf(values, 'uplink')
  const made = madeInterface(card)
  if (made === undefined) return undefined
  const hint = 'the base image or an overlay must configure it; or use a network card, such as eth1'
  const what = `${card} is ${made}, which piimg does not configure`
  return { ...problem(values, 'uplink', what, hint), severity: 'warning' }
}

/** Of the network cards that a node uses. */
export const cardRules: readonly Rule[] = [
  interfaceCanBeMade,
  uplinkIsAnother,
  uplinkCanBeMade,
  uplinkIsConfigured,
]
