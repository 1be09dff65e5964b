import { warning } from '../model/problem.js'
import type { FileTree } from '../model/file-tree.js'
import type { Effect } from './effect.js'
import { nodeValue } from './node-value.js'

/** Where programs save Wi-Fi networks, and a line of one: nm-settings-keyfile(5), netplan-yaml(5), wpa_supplicant.conf(5), interfaces(5). */
const saved: readonly (readonly [folder: string, line: RegExp])[] = [
  ['/etc/NetworkManager/system-connections', /^\s*type\s*=\s*(wifi|802-11-wireless)\s*$/m],
  ['/etc/netplan', /^\s*wifis\s*:/m],
  ['/etc/wpa_supplicant', /^\s*network\s*=\s*\{/m],
  ['/etc/network', /^\s*wpa-(ssid|psk|conf)\s/m],
]

/**
 * A node whose base image had a saved Wi-Fi, which the plan removes as the old Raspberry Pi's own, has another connection
 * to the internet: an uplink, a Wi-Fi of its own, or a gateway on the cluster's network.
 */
export const savedWifi: Effect = (node) => {
  const ways = ['wifi_ssid', 'uplink', 'gateway'].map((name) => nodeValue(node, name))
  // `gateway = none` is no way.
  if (ways.some((way) => !['', 'none'].includes(way)) || nodeValue(node, 'address') === 'dhcp') return []
  const path = saved
    .map(([folder, line]) => fileWith(node.base, folder, line))
    .find((found) => found !== undefined)
  if (path === undefined) return []
  const what =
    'this Wi-Fi of the base image is not kept, and the node has no other connection to the internet'
  const hint = 'set wifi_ssid, wifi_psk and wifi_country, or uplink = eth1'
  return [warning({ file: node.facts.file, key: `root${path}` }, what, hint)]
}

function fileWith(base: FileTree, folder: string, line: RegExp): string | undefined {
  const paths = base.names(folder).map((name) => `${folder}/${name}`)
  return paths.find((path) => line.test(base.readFile(path)?.toString('latin1') ?? ''))
}
