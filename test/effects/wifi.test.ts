import { describe, expect, it } from 'vitest'
import { file, lines, symlink } from '../../scripts/practice/entries.js'
import { effectsOn } from '../support/effects.js'
import { finalRoot, textIn } from '../support/real-programs.js'

const set = { wifi_ssid: 'Home', wifi_country: 'GB' }

describe('the Wi-Fi', () => {
  it.each(['dtoverlay=disable-wifi', 'dtoverlay=pi3-disable-wifi'])('is off with %s', (line) => {
    const boot = [file('/config.txt', lines('[all]', line))]
    expect(effectsOn('trixie', { boot, set })).toEqual([
      `trixie.img: boot/config.txt, line 2: "${line}" switches the Wi-Fi off`,
    ])
    expect(effectsOn('trixie', { boot })).toEqual([])
  })

  it.each(['blacklist brcmfmac', 'install cfg80211 /bin/false'])('has no driver with %s', (line) => {
    expect(effectsOn('bookworm', { root: [file('/etc/modprobe.d/x.conf', `${line}\n`)], set })).toEqual([
      `bookworm.img: root/etc/modprobe.d/x.conf, line 1: "${line}" switches the Wi-Fi off`,
    ])
  })

  it('needs wpa_supplicant', () => {
    const masked = symlink('/etc/systemd/system/wpa_supplicant.service', '/dev/null')
    expect(effectsOn('trixie', { root: [masked], set })).toEqual([
      'trixie.img: root/etc/systemd/system: wpa_supplicant.service is masked, and no Wi-Fi connects',
    ])
    expect(
      effectsOn('bullseye', { root: [file('/etc/dhcpcd.conf', 'nohook wpa_supplicant\n')], set }),
    ).toEqual([
      'bullseye.img: root/etc/dhcpcd.conf, line 1: dhcpcd does not start wpa_supplicant, and no Wi-Fi connects',
    ])
  })

  it('may use its radio where only the country is given', () => {
    for (const release of ['bookworm', 'trixie'] as const) {
      const blocked = file('/var/lib/systemd/rfkill/platform-fe300000.mmcnr:wlan', '1\n')
      const root = finalRoot({ release, set: { wifi_country: 'GB' }, extra: [blocked] })
      expect(root.has('/var/lib/NetworkManager/NetworkManager.state')).toBe(false)
      expect(textIn(root, blocked.path)).toBe('0\n')
    }
    const conf = '/etc/wpa_supplicant/wpa_supplicant.conf'
    const own = file(conf, 'update_config=1\n\nnetwork={\n\tssid="Home"\n}\n', { mode: 0o600 })
    const root = finalRoot({ release: 'bullseye', set: { wifi_country: 'GB' }, extra: [own] })
    expect(textIn(root, conf)).toMatch(/^update_config=1\n+country=GB\n$/)
    expect(textIn(root, '/var/lib/systemd/rfkill/platform-fe300000.mmcnr:wlan')).toBe('0\n')
  })
})
