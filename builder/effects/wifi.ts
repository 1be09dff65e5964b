import { isWifiCard } from '../model/network-card.js'
import { type Problem, warning } from '../model/problem.js'
import { dhcpcdFile, hookSwitchedOff } from './dhcpcd-conf.js'
import type { Effect } from './effect.js'
import type { FinishedNode } from './finished-node.js'
import { deviceSetting, nmConfig } from './nm-config.js'
import { nodeValue } from './node-value.js'
import { enabledBy, maskOf } from './units.js'
import { radioOff } from './wifi-radio.js'

/**
 * The node joins its Wi-Fi. In this order: the firmware, which can switch the radio off (config.txt, `disable-wifi`); the
 * kernel, which loads no module that is on a blacklist (kernel-command-line(7), `modprobe.blacklist=`; modprobe.d(5), where
 * a file in /etc replaces one of its name in /usr/lib); a block that systemd-rfkill(8) restores, or that stays if it may
 * not; another program that takes the card: an access point (hostapd), iwd or an instance of wpa_supplicant, if enabled;
 * wpa_supplicant, which does not start if its unit is masked (systemd.unit(5)) or NetworkManager uses iwd
 * (NetworkManager.conf(5), `wifi.backend`); dhcpcd, which starts it for each radio unless a `nohook` says no (dhcpcd.conf(5),
 * hook 10-wpa_supplicant), with /etc/wpa_supplicant/wpa_supplicant-CARD.conf, which the plan removes, before the node's file.
 * A country (`country=`, `cfg80211.ieee80211_regdom=`), the radio's switch and unmanaged cards are set by the plan.
 */
export const wifi: Effect = (node) => {
  if (nodeValue(node, 'wifi_ssid') === '') return []
  const cluster = nodeValue(node, 'interface')
  const card = isWifiCard(cluster) ? cluster : 'wlan0'
  return [...radioOff(node), ...byOthers(node, card), ...bySupplicant(node, card), ...byHook(node, card)]
}

const hint = 'remove it from the base image'

function byOthers(node: FinishedNode, card: string): Problem[] {
  const { root, facts } = node
  const isIwdAsked = facts.networkStack === 'networkmanager' && backend(node, card)?.value === 'iwd'
  const units = [
    ...(isAccessPoint(node, card) ? [['hostapd.service', 'makes it an access point']] : []),
    ...(isIwdAsked ? [] : [['iwd.service', 'takes it']]),
    [`wpa_supplicant@${card}.service`, 'takes it'],
    [`wpa_supplicant-nl80211@${card}.service`, 'takes it'],
  ] as const
  return units.flatMap(([unit = '', does = '']) => {
    const link = enabledBy(root, unit)
    if (link === undefined) return []
    const what = `the node does not join its Wi-Fi on ${card}: ${unit} ${does}`
    return [warning(root.place(link), what, `disable ${unit} in the base image`)]
  })
}

/** hostapd.conf, `interface`; without the file the unit does not start. */
function isAccessPoint({ root }: FinishedNode, card: string): boolean {
  const [, name] = /^interface=(\S+)/m.exec(root.text('/etc/hostapd/hostapd.conf') ?? '') ?? []
  return name === card
}

function backend({ root }: FinishedNode, card: string) {
  return deviceSetting(nmConfig(root), 'wifi.backend', card)
}

function bySupplicant(node: FinishedNode, card: string): Problem[] {
  const { root, facts } = node
  const isNetworkManager = facts.networkStack === 'networkmanager'
  const chosen = isNetworkManager ? backend(node, card) : undefined
  if (chosen?.value === 'iwd') {
    if (facts.packages.has('iwd')) return []
    const what = 'iwd is not installed, and NetworkManager leaves the Wi-Fi to it: wifi.backend=iwd'
    return [warning(root.place(chosen.path, chosen.line), what, hint)]
  }
  // dhcpcd's hook starts the program itself.
  if (!isNetworkManager || maskOf(root, 'wpa_supplicant.service') === undefined) return []
  const what = 'wpa_supplicant.service is masked, and no Wi-Fi connects'
  return [warning(root.place('/etc/systemd/system'), what, hint)]
}

function byHook({ root, facts }: FinishedNode, card: string): Problem[] {
  const by = facts.networkStack === 'dhcpcd' ? hookSwitchedOff(root, 'wpa_supplicant', card) : undefined
  if (by === undefined) return []
  const what = 'dhcpcd does not start wpa_supplicant, and no Wi-Fi connects'
  return [warning(root.place(dhcpcdFile, by.line), what, hint)]
}
