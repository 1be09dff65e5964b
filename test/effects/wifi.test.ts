import { describe, expect, it } from 'vitest'
import { file, lines, type PracticeEntry, symlink } from '../../scripts/practice/entries.js'
import type { Release } from '../../scripts/practice/tree.js'
import { effectsOn } from '../support/effects.js'
import { finalRoot, textIn } from '../support/real-programs.js'

const set = { wifi_ssid: 'Home', wifi_country: 'GB' }
const system = '/etc/systemd/system'
const enabled = (unit: string) => symlink(`${system}/multi-user.target.wants/${unit}`, '/lib/x.service')
const masked = (unit: string) => symlink(`${system}/${unit}`, '/dev/null')
const hostapd = file('/etc/hostapd/hostapd.conf', lines('interface=wlan0', 'ssid=Mine'))
const backend = file('/etc/NetworkManager/conf.d/iwd.conf', lines('[device]', 'wifi.backend=iwd'))
const blacklist = (line: string): PracticeEntry => file('/etc/modprobe.d/x.conf', `${line}\n`)

const joinsNot = (unit: string, does: string): string =>
  `root${system}/multi-user.target.wants/${unit}: the node does not join its Wi-Fi on wlan0: ${unit} ${does}`

/** One entry each of the list in wifi.ts. */
const reported: readonly (readonly [string, Release, readonly PracticeEntry[], string])[] = [
  ...[
    'blacklist brcmfmac',
    'install cfg80211 /bin/false',
    'install brcmfmac /usr/bin/true',
    'alias brcmfmac off',
  ].map(
    (line) =>
      [
        line,
        'bookworm',
        [blacklist(line)],
        `root/etc/modprobe.d/x.conf, line 1: "${line}" switches the Wi-Fi off`,
      ] as const,
  ),
  [
    'a radio that stays blocked',
    'bullseye',
    [masked('systemd-rfkill.service')],
    `root${system}: the radio may stay off: systemd-rfkill.service is masked`,
  ],
  [
    'an access point',
    'bookworm',
    [hostapd, enabled('hostapd.service')],
    joinsNot('hostapd.service', 'makes it an access point'),
  ],
  ['iwd beside wpa_supplicant', 'trixie', [enabled('iwd.service')], joinsNot('iwd.service', 'takes it')],
  [
    'a second wpa_supplicant',
    'bullseye',
    [enabled('wpa_supplicant@wlan0.service')],
    joinsNot('wpa_supplicant@wlan0.service', 'takes it'),
  ],
  [
    'iwd that is not installed',
    'trixie',
    [backend],
    `root${backend.path}, line 2: iwd is not installed, and NetworkManager leaves the Wi-Fi to it: wifi.backend=iwd`,
  ],
  [
    'a masked wpa_supplicant',
    'trixie',
    [masked('wpa_supplicant.service')],
    `root${system}: wpa_supplicant.service is masked, and no Wi-Fi connects`,
  ],
  [
    'a hook that is off',
    'bullseye',
    [file('/etc/dhcpcd.conf', 'nohook wpa_supplicant\n')],
    'root/etc/dhcpcd.conf, line 1: dhcpcd does not start wpa_supplicant, and no Wi-Fi connects',
  ],
]

describe('the Wi-Fi', () => {
  it.each(reported)('is not promised with %s', (_, release, root, problem) => {
    expect(effectsOn(release, { root, set })).toEqual([`${release}.img: ${problem}`])
    expect(effectsOn(release, { root })).toEqual([])
  })

  it.each<[string, Release, readonly PracticeEntry[]]>([
    [
      'an access point on another card',
      'bookworm',
      [file(hostapd.path, 'interface=wlan1\n'), enabled('hostapd.service')],
    ],
    [
      'an access point that is masked',
      'bookworm',
      [hostapd, enabled('hostapd.service'), masked('hostapd.service')],
    ],
    [
      'a masked systemd-rfkill, as NetworkManager unblocks the radio',
      'trixie',
      [masked('systemd-rfkill.service')],
    ],
    [
      'a masked wpa_supplicant.service, as dhcpcd starts the program',
      'bullseye',
      [masked('wpa_supplicant.service')],
    ],
    [
      'the blacklist of a package that a file replaces',
      'bookworm',
      [file('/usr/lib/modprobe.d/x.conf', 'blacklist brcmfmac\n'), blacklist('# none')],
    ],
    [
      'a hook that is off for another card',
      'bullseye',
      [file('/etc/dhcpcd.conf', lines('interface wlan1', 'nohook wpa_supplicant'))],
    ],
    [
      'the settings of an access point, which the plan takes over',
      'bullseye',
      [
        file(
          '/etc/dhcpcd.conf',
          lines('interface wlan0', 'static ip_address=192.168.4.1/24', 'nohook wpa_supplicant'),
        ),
      ],
    ],
    [
      'a stanza of ifupdown, which the plan takes over',
      'trixie',
      [file('/etc/network/interfaces', lines('allow-hotplug wlan0', 'iface wlan0 inet manual'))],
    ],
  ])('is joined with %s', (_, release, root) => {
    expect(effectsOn(release, { root, set })).toEqual([])
  })

  it('is not kept from the node by its card’s old settings', () => {
    const interfaces = file(
      '/etc/network/interfaces',
      lines('allow-hotplug wlan0', 'iface wlan0 inet manual'),
    )
    const root = finalRoot({ release: 'trixie', set, extra: [interfaces] })
    expect(textIn(root, interfaces.path)).toBe(lines('#allow-hotplug wlan0', '#iface wlan0 inet manual'))
    const conf = file('/etc/dhcpcd.conf', lines('interface wlan0', 'static ip_address=192.168.4.1/24'))
    const old = textIn(finalRoot({ release: 'bullseye', set, extra: [conf] }), conf.path)
    expect(old).toMatch(/^#interface wlan0\n#static ip_address=192\.168\.4\.1\/24\n/)
  })

  const firmware = (text: string, more: Readonly<Record<string, string>> = {}) =>
    effectsOn('trixie', {
      boot: [file('/config.txt', `${text}auto_initramfs=1\n`), file('/more.txt', text)],
      set: { ...set, ...more },
    })
  it.each(['dtoverlay=disable-wifi', 'dtoverlay=pi3-disable-wifi', 'dtoverlay=disable-wifi-pi5'])(
    'is off with %s',
    (line) => {
      expect(firmware(lines('[all]', line))).toEqual([
        `trixie.img: boot/config.txt, line 2: "${line}" switches the Wi-Fi off`,
      ])
    },
  )

  it('is off by a file that config.txt includes, and not by a part for another board', () => {
    const boot = [
      file('/config.txt', 'auto_initramfs=1\ninclude more.txt\n'),
      file('/more.txt', 'dtoverlay=disable-wifi\n'),
    ]
    expect(effectsOn('trixie', { boot, set })).toEqual([
      'trixie.img: boot/more.txt, line 1: "dtoverlay=disable-wifi" switches the Wi-Fi off',
    ])
    const part = lines('[pi4]', 'dtoverlay=disable-wifi', '[all]')
    expect(firmware(part)).toHaveLength(1)
    expect(firmware(part, { board: 'pi4' })).toHaveLength(1)
    expect(firmware(part, { board: 'pi5' })).toEqual([])
  })

  it.each(['modprobe.blacklist=snd,brcmfmac', 'module_blacklist=cfg80211'])('is off by %s', (word) => {
    const boot = [file('/cmdline.txt', `root=/dev/mmcblk0p2 ${word}\n`)]
    expect(effectsOn('bookworm', { boot, set })).toEqual([
      `bookworm.img: boot/cmdline.txt, line 1: "${word}" switches the Wi-Fi off`,
    ])
  })

  it('may stay off where systemd restores no state', () => {
    const kernel = { ...set, kernel_args: 'systemd.restore_state=0' }
    expect(effectsOn('bullseye', { set: kernel })).toEqual([
      'command line: --set kernel_args: the radio may stay off: systemd.restore_state=0',
    ])
    expect(effectsOn('trixie', { set: kernel })).toEqual([])
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
