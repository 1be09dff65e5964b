import { pbkdf2Sync } from 'node:crypto'
import { chmodSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { ssidBytes } from '../../builder/model/ssid.js'
import { newDesk, newFolder, piimg } from './cli.js'
import { debugfs, rootOf, tool } from './images.js'

export interface Wifi {
  /** As it is typed: `0x…` for bytes. */
  readonly ssid: string
  readonly psk: string
  readonly isHidden?: true
  /** The access point's own address, CIDR, where nothing is behind it. */
  readonly address?: string
}

/** Why nothing can be on the air in a node; empty if it can. */
export function whyNoRadio(base: string): string {
  const ask = (question: string) => tool('debugfs', ['-R', question, rootOf(base)])
  const kernels = ask('ls -p /usr/lib/modules')
    .split('\n')
    .map((line) => line.split('/')[5] ?? '')
  const has = (kernel: string) => ask(`cat /usr/lib/modules/${kernel}/modules.dep`).includes('mac80211_hwsim')
  return kernels.some((kernel) => /^\d/.test(kernel) && has(kernel))
    ? ''
    : "the guest's kernel has no mac80211_hwsim"
}

/** Debian's hostapd and iw for arm64, unpacked. */
export type RadioPrograms = string

/** Has piimg fetch them, as it fetches what a card brings along. @param base an image whose sources name a mirror */
export async function radioPrograms(base: string): Promise<RadioPrograms> {
  const profile = '[profile]\nsummary = none\noverlays = hostname network user first-boot\n'
  const desk = newDesk({ 'profiles/worker.ini': profile })
  const words = ['build', '--profile=worker', '--hostname=node2', `--image=${base}`, '--packages-from=bundle']
  const built = await piimg(desk, [...words, '--set', 'packages=hostapd iw'], { patience: 300_000 })
  expect(built.exitCode, built.stderr).toBe(0)
  const folder = newFolder()
  const debs = readdirSync(join(desk.cache, 'packages')).filter((name) => name.endsWith('.deb'))
  for (const deb of debs) tool('dpkg-deb', ['--extract', join(desk.cache, 'packages', deb), folder])
  return folder
}

// Two radios hear each other. One stays the node's wlan0; the other goes to a network of its own, and with it the card to
// what is outside, so that nothing leads there but the air; or an address.
const setUp = ({ address }: Wifi): string => `modprobe -a mac80211_hwsim bridge
until ${address === undefined ? '[ -e /sys/class/net/eth1 ] && ' : ''}[ -e /sys/class/net/wlan1 ]; do sleep 0.2; done
ip netns add ap
iw phy "$(cat /sys/class/net/wlan1/phy80211/name)" set netns name ap
ip -n ap link add outside type bridge
${address === undefined ? 'ip link set eth1 netns ap\nip -n ap link set eth1 master outside up' : `ip -n ap address add ${address} dev outside`}
ip -n ap link set outside up
`

const unit = `[Unit]
Description=An access point beside this node
After=systemd-udevd.service
Before=NetworkManager.service
[Service]
Environment=PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
ExecStartPre=/bin/sh -eux /etc/access-point.sh
ExecStart=ip netns exec ap hostapd /etc/access-point.conf
`

/** No country: that is the node's to know. */
function hostapdConf({ ssid, psk, isHidden }: Wifi): string {
  const key = pbkdf2Sync(psk, ssidBytes(ssid), 4096, 32, 'sha1').toString('hex')
  return `interface=wlan1
bridge=outside
hw_mode=g
channel=6
ssid2=${ssidBytes(ssid).toString('hex')}
ignore_broadcast_ssid=${isHidden === true ? 1 : 0}
wpa=2
wpa_key_mgmt=WPA-PSK
rsn_pairwise=CCMP
wpa_psk=${key}
`
}

/** Has the node of a card find an access point, and its second card behind that. */
export function addAccessPoint(card: string, programs: RadioPrograms, wifi: Wifi): void {
  const folder = newFolder()
  const write = (path: string, text: string) => {
    const file = join(folder, 'file')
    writeFileSync(file, text)
    debugfs(card, `write ${file} ${path}`)
  }
  for (const program of ['hostapd', 'iw']) {
    const file = join(programs, 'usr/sbin', program)
    chmodSync(file, 0o755)
    debugfs(card, `write ${file} /usr/local/sbin/${program}`)
  }
  // A busy computer emulates a disk that appears later than systemd waits for it.
  debugfs(card, 'mkdir /etc/systemd/system.conf.d')
  write(
    '/etc/systemd/system.conf.d/slow.conf',
    '[Manager]\nDefaultDeviceTimeoutSec=15min\nDefaultTimeoutStartSec=15min\n',
  )
  const system = '/etc/systemd/system'
  write('/etc/access-point.sh', setUp(wifi))
  write('/etc/access-point.conf', hostapdConf(wifi))
  write(`${system}/access-point.service`, unit)
  debugfs(
    card,
    `symlink ${system}/multi-user.target.wants/access-point.service ${system}/access-point.service`,
  )
}
