import { type Problem, warning } from '../model/problem.js'
import type { FinishedNode } from './finished-node.js'
import { forSameNetwork } from './for-same-network.js'
import { nodeValue } from './node-value.js'

/**
 * The node joins its Wi-Fi. In this order: the firmware, which can switch the radio off (config.txt, `disable-wifi`);
 * the kernel, which loads no module that is on a blacklist (modprobe.d(5)); wpa_supplicant, which does not start if its
 * unit is masked (systemd.unit(5)); dhcpcd, which starts it for each radio unless a `nohook` says no
 * (dhcpcd-run-hooks(8), hook 10-wpa_supplicant).
 */
export const wifi = forSameNetwork((node) =>
  nodeValue(node, 'wifi_ssid') === ''
    ? []
    : [...byFirmware(node), ...byBlacklist(node), ...byMask(node), ...byHook(node)],
)

const hint = 'remove it from the base image'

function byFirmware({ boot }: FinishedNode): Problem[] {
  const lines = (boot.text('/config.txt') ?? '').split('\n')
  const at = lines.findIndex((line) => /^\s*dtoverlay=(pi3-)?disable-wifi(-pi5)?\s*$/.test(line))
  if (at === -1) return []
  const what = `"${lines[at]?.trim() ?? ''}" switches the Wi-Fi off`
  return [warning(boot.place('/config.txt', at + 1), what, hint)]
}

const modules =
  /^\s*(?:blacklist\s+(cfg80211|brcmfmac|brcmutil)|install\s+(cfg80211|brcmfmac)\s+\/bin\/(?:true|false))\s*$/

function byBlacklist({ root }: FinishedNode): Problem[] {
  return ['/etc/modprobe.d', '/usr/lib/modprobe.d'].flatMap((folder) =>
    root.names(folder).flatMap((name) => {
      const path = `${folder}/${name}`
      const lines = name.endsWith('.conf') ? (root.text(path) ?? '').split('\n') : []
      const at = lines.findIndex((line) => modules.test(line))
      if (at === -1) return []
      return [warning(root.place(path, at + 1), `"${lines[at]?.trim() ?? ''}" switches the Wi-Fi off`, hint)]
    }),
  )
}

function byMask({ root }: FinishedNode): Problem[] {
  const path = '/etc/systemd/system/wpa_supplicant.service'
  const link = root.findLink(path)
  return link?.kind === 'symlink' && link.target === '/dev/null'
    ? [
        warning(
          root.place('/etc/systemd/system'),
          'wpa_supplicant.service is masked, and no Wi-Fi connects',
          hint,
        ),
      ]
    : []
}

function byHook({ root, facts }: FinishedNode): Problem[] {
  if (facts.networkStack !== 'dhcpcd') return []
  const lines = (root.text('/etc/dhcpcd.conf') ?? '').split('\n')
  const at = lines.findIndex((line) => /^\s*nohook\s.*\bwpa_supplicant\b/.test(line))
  const what = 'dhcpcd does not start wpa_supplicant, and no Wi-Fi connects'
  return at === -1 ? [] : [warning(root.place('/etc/dhcpcd.conf', at + 1), what, hint)]
}
