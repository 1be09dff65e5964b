import { describe, expect, it } from 'vitest'
import { wholeOf } from '../../builder/model/content.js'
import { directory, file, type PracticeEntry, type Release, symlink } from '../../scripts/practice/entries.js'
import { planOf } from '../support/node.js'
import { effectsOn } from '../support/effects.js'
import { practiceBase, releases } from '../support/practice-base.js'
import { problemText } from '../support/problem-text.js'

const id = '0123456789abcdef0123456789abcdef\n'

/** The paths that the overlay `identity` changes, with what becomes of each. */
function changes(
  release: Release,
  root: readonly PracticeEntry[],
  set: Readonly<Record<string, string>> = {},
) {
  const { plan } = planOf({ base: practiceBase(release, root), set })
  const own = plan.root.filter(({ origins }) => origins.some(({ file: from }) => from.includes('/identity/')))
  return own.map((entry) => {
    return `${entry.path} ${entry.kind === 'file' ? JSON.stringify(wholeOf(entry.content).toString()) : entry.kind}`
  })
}

/** What is on a Raspberry Pi that ran for a year, by the program that made it. */
const old: Readonly<Record<string, readonly string[]>> = {
  systemd: ['/var/lib/systemd/random-seed', '/var/lib/systemd/credential.secret', '/var/lib/dbus/machine-id'],
  'the C library': ['/etc/hostid'],
  OpenSSH: ['/etc/ssh/ssh_host_rsa_key', '/etc/ssh/ssh_host_rsa_key.pub', '/etc/ssh/ssh_host_ed25519_key'],
  NetworkManager: [
    '/var/lib/NetworkManager/secret_key',
    '/var/lib/NetworkManager/seen-bssids',
    '/var/lib/NetworkManager/timestamps',
    '/var/lib/NetworkManager/internal-8f0c-eth0.lease',
  ],
  dhcpcd: [
    '/etc/dhcpcd.duid',
    '/etc/dhcpcd.secret',
    '/var/lib/dhcpcd5/dhcpcd-eth0.lease',
    '/var/lib/dhcpcd/duid',
  ],
  dhclient: ['/var/lib/dhcp/dhclient.leases', '/var/lib/dhcp/dhclient6.eth0.leases'],
  dnsmasq: ['/var/lib/misc/dnsmasq.leases', '/etc/pihole/dhcp.leases'],
  wpa_supplicant: ['/etc/wpa_supplicant/wpa_supplicant-wlan0.conf'],
  iwd: ['/var/lib/iwd/Home.psk'],
  udev: ['/etc/udev/rules.d/70-persistent-net.rules'],
  Docker: ['/var/lib/docker/engine-id', '/etc/docker/key.json', '/var/lib/docker/swarm/docker-state.json'],
  k3s: [
    '/etc/rancher/node/password',
    '/var/lib/rancher/k3s/agent/client-kubelet.key',
    '/var/lib/rancher/k3s/server/node-token',
  ],
  Salt: ['/etc/salt/minion_id', '/etc/salt/pki/minion/minion.pem'],
  Puppet: ['/var/lib/puppet/ssl/private_keys/old.pem'],
  Chef: ['/etc/chef/client.pem'],
  WireGuard: ['/etc/wireguard/wg0.conf'],
  Tailscale: ['/var/lib/tailscale/tailscaled.state'],
  ZeroTier: ['/var/lib/zerotier-one/identity.secret'],
  NetBird: ['/etc/netbird/config.json'],
  OpenVPN: ['/etc/openvpn/client/home.conf', '/etc/openvpn/server.conf'],
  'Raspberry Pi Connect': ['/home/pi/.config/com.raspberrypi.connect/auth.key'],
  'NVMe over fabrics': ['/etc/nvme/hostnqn', '/etc/nvme/hostid'],
  Kerberos: ['/etc/krb5.keytab'],
  Samba: ['/var/lib/samba/private/secrets.tdb'],
}

describe('the overlay identity', () => {
  it.each(releases)('changes nothing on the stock image of %s', (release) => {
    expect(changes(release, [])).toEqual([])
    expect(effectsOn(release, {})).toEqual([])
  })

  it.each([
    ['bookworm', ''],
    ['trixie', 'uninitialized\n'],
  ] as const)('takes the machine ID out of %s', (release, unset) => {
    const base = [file('/etc/machine-id', id, { mode: 0o444 })]
    expect(changes(release, base)).toEqual([`/etc/machine-id ${JSON.stringify(unset)}`])
    expect(effectsOn(release, { root: base })).toEqual([])
  })

  it.each(Object.entries(old))('removes the identity of %s', (_, paths) => {
    const base = paths.map((path) => file(path, 'old\n'))
    const removed = changes('bookworm', base).map((line) => line.replace(/ removal$/, ''))
    const left = paths.filter((path) => !removed.some((each) => path === each || path.startsWith(`${each}/`)))
    expect(left).toEqual([])
    expect(effectsOn('bookworm', { root: base })).toEqual([])
  })

  it('follows the home directory of a renamed user', () => {
    const base = [file('/home/pi/.config/com.raspberrypi.connect/auth.key', 'old')]
    expect(changes('bookworm', base, { user: 'ada' })).toEqual([
      '/home/ada/.config/com.raspberrypi.connect removal',
    ])
    expect(effectsOn('bookworm', { root: base, set: { user: 'ada' } })).toEqual([])
  })

  it('removes saved networks, and no other connection', () => {
    const folder = '/etc/NetworkManager/system-connections'
    const base = [
      file(`${folder}/home.nmconnection`, '[connection]\nid=home\ntype=wifi\n', { mode: 0o600 }),
      file(`${folder}/wg0.nmconnection`, '[connection]\ntype = wireguard\n', { mode: 0o600 }),
      file(`${folder}/br0.nmconnection`, '[connection]\ntype=bridge\n', { mode: 0o600 }),
    ]
    expect(changes('trixie', base)).toEqual([
      `${folder}/home.nmconnection removal`,
      `${folder}/wg0.nmconnection removal`,
    ])
  })

  it('keeps the Wi-Fi that the node is given', () => {
    const wifi = { wifi_ssid: 'lab', wifi_psk: 'abcdefgh', wifi_country: 'GB' }
    const saved = [
      file('/etc/NetworkManager/system-connections/wifi.nmconnection', '[connection]\ntype=wifi\n'),
      file('/etc/wpa_supplicant/wpa_supplicant.conf', 'country=GB\nnetwork={\n\tssid="old"\n}\n'),
    ]
    expect(changes('bookworm', saved, wifi)).toEqual([
      '/etc/wpa_supplicant/wpa_supplicant.conf "country=GB\\n"',
    ])
    expect(changes('bullseye', saved.slice(1), wifi)).toEqual([])
    expect(changes('bullseye', saved.slice(1))).toEqual([
      '/etc/wpa_supplicant/wpa_supplicant.conf "country=GB\\n"',
    ])
  })
})

describe('the identity', () => {
  it('is what the kernel command line says, where it says one', () => {
    const boot = [file('/cmdline.txt', `root=PARTUUID=5e2c0d13-02 systemd.machine_id=${id}`)]
    const word = `systemd.machine_id=${id.trim()}`
    expect(effectsOn('trixie', { boot })).toEqual([
      'trixie.img: boot/cmdline.txt, line 1: every node gets this machine ID',
    ])
    expect(effectsOn('trixie', { set: { kernel_args: word } })).toEqual([])
    expect(effectsOn('trixie', { set: { kernel_args: 'systemd.machine_id=firmware' } })).toEqual([])
  })

  it('is that of the files, first of /etc, where a profile keeps them', () => {
    const found = (...root: readonly PracticeEntry[]) =>
      problemText(planOf({ base: practiceBase('trixie', root), overlays: [] }).problems)[0]
    const bus = file('/var/lib/dbus/machine-id', id)
    const same = 'every node gets the machine ID of the base image'
    expect(found(file('/etc/machine-id', id), bus)).toBe(
      `error: trixie.img root/etc/machine-id, line 1: ${same}`,
    )
    expect(found(bus)).toBe(`error: trixie.img root/var/lib/dbus/machine-id, line 1: ${same}`)
    expect(found(symlink('/var/lib/dbus/machine-id', '/etc/machine-id'))).toBeUndefined()
  })

  it('cannot be made where there is no file for it', () => {
    const missing = 'there is no /etc/machine-id: systemd cannot make one while the root is read-only'
    expect(effectsOn('trixie', { root: [symlink('/etc/machine-id', '/var/lib/dbus/machine-id')] })).toEqual([
      `trixie.img: root/etc/machine-id: ${missing}`,
    ])
  })

  it('is the board’s own MAC address', () => {
    const what = 'every node gets this MAC address'
    const boot = [file('/cmdline.txt', 'root=PARTUUID=5e2c0d13-02 smsc95xx.macaddr=B8:27:EB:01:02:03')]
    expect(effectsOn('trixie', { boot })).toEqual([`trixie.img: boot/cmdline.txt, line 1: ${what}`])
    expect(effectsOn('trixie', { set: { kernel_args: 'smsc95xx.macaddr=B8:27:EB:01:02:03' } })).toEqual([])
    const link = file('/etc/systemd/network/10-own.link', '[Link]\nMACAddress=b8:27:eb:01:02:03\n')
    expect(effectsOn('trixie', { root: [link] })).toEqual([
      `trixie.img: root/etc/systemd/network/10-own.link, line 2: ${what}`,
    ])
    expect(
      effectsOn('trixie', { root: [file('/etc/systemd/network/a.link', '[Link]\n#MACAddress=x\n')] }),
    ).toEqual([])
  })

  it('is reported where a program does not make it again', () => {
    const root = [
      file('/etc/ssl/private/ssl-cert-snakeoil.key', 'old'),
      directory('/home/pi/.ssh', { uid: 1000, gid: 1000 }),
      file('/home/pi/.ssh/id_rsa', 'old'),
      file('/home/pi/.ssh/id_rsa.pub', 'old'),
      file('/home/pi/.ssh/id_ed25519', 'old: piimg writes another one'),
    ]
    const same = 'of the base image is the same on every node'
    const found = [
      `bookworm.img: root/etc/ssl/private/ssl-cert-snakeoil.key: the key for TLS ${same}`,
      `bookworm.img: root/home/pi/.ssh/id_rsa: the private ssh key ${same}`,
    ]
    expect(effectsOn('bookworm', { root })).toEqual(found)
    expect(effectsOn('bookworm', { root, set: { user: 'ada' } })).toEqual(found)
  })
})
