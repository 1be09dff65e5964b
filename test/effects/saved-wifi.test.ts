import { describe, expect, it } from 'vitest'
import { file } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'

const where = {
  networkmanager: ['/etc/NetworkManager/system-connections/home.nmconnection', '[connection]\ntype=wifi\n'],
  netplan: ['/etc/netplan/50-cloud-init.yaml', 'network:\n  version: 2\n  wifis:\n    wlan0: {}\n'],
  wpa_supplicant: ['/etc/wpa_supplicant/wpa_supplicant.conf', 'network={\n\tssid="Home"\n}\n'],
  ifupdown: ['/etc/network/interfaces', 'iface wlan0 inet dhcp\n  wpa-ssid Home\n'],
} as const

describe('a Wi-Fi that the base image has saved', () => {
  it.each(Object.values(where))('is reported where the node has no other connection: %s', (path, text) => {
    const root = [file(path, text, { mode: 0o600 })]
    const what = `trixie.img: root${path}: this Wi-Fi of the base image is not kept, and the node has no other connection to the internet`
    expect(effectsOn('trixie', { root, profile: 'master', set: { hostname: 'master' } })).toEqual([what])
    expect(effectsOn('trixie', { root, set: { topology: 'backbone' } })).toEqual([what])
    expect(effectsOn('trixie', { root, set: { gateway: 'none', dns: '9.9.9.9' } })).toEqual([what])
    expect(effectsOn('trixie', { root, set: { gateway: '10.0.0.254' } })).toEqual([])
    // Its gateway is the master, another computer, or comes by DHCP.
    for (const set of [{}, { topology: 'flat' }, { address: 'dhcp' }, { uplink: 'eth1' }])
      expect(effectsOn('trixie', { root, set })).toEqual([])
    const wifi = { wifi_ssid: 'Lab', wifi_country: 'GB' }
    expect(effectsOn('trixie', { root, set: { topology: 'backbone', ...wifi } })).toEqual([])
  })

  it('is not reported where there is none', () => {
    expect(effectsOn('trixie', { profile: 'master', set: { hostname: 'master' } })).toEqual([])
    const root = [file(where.wpa_supplicant[0], 'country=GB\n')]
    expect(effectsOn('bullseye', { root, set: { topology: 'backbone' } })).toEqual([])
  })
})
