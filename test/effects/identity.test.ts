import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { wildcard } from '../../builder/model/wildcard.js'
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
  systemd: [
    '/var/lib/systemd/random-seed',
    '/var/lib/urandom/random-seed',
    '/var/lib/systemd/credential.secret',
    '/var/lib/dbus/machine-id',
  ],
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
    '/var/lib/dhcpcd5/dhcpcd-eth0.lease6',
    '/var/lib/dhcpcd/duid',
    '/var/lib/dhcpcd/secret',
    '/var/lib/dhcpcd/eth0.lease',
    '/var/lib/dhcpcd/eth0.lease6',
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
    '/var/lib/rancher/k3s/agent/client-kubelet.crt',
    '/var/lib/rancher/k3s/agent/kubelet.kubeconfig',
    '/var/lib/rancher/k3s/server/tls/server-ca.key',
    '/var/lib/rancher/k3s/server/cred/passwd',
    '/var/lib/rancher/k3s/server/db/state.db',
    '/var/lib/rancher/k3s/server/node-token',
  ],
  containerd: ['/var/lib/containerd/io.containerd.grpc.v1.introspection/uuid'],
  kubeadm: [
    '/etc/kubernetes/pki/ca.key',
    '/etc/kubernetes/kubelet.conf',
    '/var/lib/kubelet/pki/kubelet.key',
    '/var/lib/etcd/member/snap/db',
    '/var/lib/etcd/default/member/snap/db',
  ],
  Nomad: ['/opt/nomad/data/client/client-id'],
  Consul: ['/opt/consul/node-id', '/opt/consul/serf/local.snapshot', '/opt/consul/raft/raft.db'],
  Salt: ['/etc/salt/minion_id', '/etc/salt/pki/minion/minion.pem', '/etc/salt/pki/master/master.pem'],
  Puppet: ['/var/lib/puppet/ssl/private_keys/old.pem', '/etc/puppetlabs/puppet/ssl/private_keys/old.pem'],
  Chef: ['/etc/chef/client.pem', '/etc/cinc/client.pem'],
  CFEngine: ['/var/lib/cfengine3/ppkeys/localhost.priv'],
  'GitLab Runner': ['/etc/gitlab-runner/.runner_system_id'],
  WireGuard: ['/etc/wireguard/wg0.conf', '/etc/systemd/system/multi-user.target.wants/wg-quick@wg0.service'],
  Tailscale: ['/var/lib/tailscale/tailscaled.state'],
  ZeroTier: [
    '/var/lib/zerotier-one/identity.secret',
    '/var/lib/zerotier-one/authtoken.secret',
    '/var/lib/zerotier-one/networks.d/1.conf',
    '/var/lib/zerotier-one/peers.d/1.peer',
  ],
  NetBird: ['/etc/netbird/config.json', '/var/lib/netbird/default.json'],
  OpenVPN: [
    '/etc/openvpn/client/home.conf',
    '/etc/openvpn/server/home.conf',
    '/etc/openvpn/server.conf',
    '/etc/openvpn/home.ovpn',
    '/etc/openvpn/home.key',
    '/etc/openvpn/home.p12',
    '/etc/openvpn/easy-rsa/pki/ca.key',
  ],
  strongSwan: ['/etc/ipsec.d/private/old.pem', '/etc/swanctl/private/old.pem'],
  Tor: ['/var/lib/tor/keys/secret_id_key'],
  wayvnc: ['/etc/wayvnc/tls_key.pem'],
  Cockpit: ['/etc/cockpit/ws-certs.d/0-self-signed.key'],
  CUPS: ['/etc/cups/ssl/old.key'],
  fwupd: ['/var/lib/fwupd/pki/secret.key'],
  GlusterFS: ['/var/lib/glusterd/glusterd.info', '/var/lib/glusterd/peers/old'],
  MariaDB: ['/var/lib/mysql/auto.cnf'],
  'Net-SNMP': ['/var/lib/snmp/snmpd.conf'],
  Netdata: ['/var/lib/netdata/registry/netdata.public.unique.id', '/var/lib/netdata/cloud.d/token'],
  'cloud-init': ['/var/lib/cloud/instances/old/user-data.txt', '/var/lib/cloud/instance'],
  bluez: ['/var/lib/bluetooth/B8:27:EB:01:02:03/settings'],
  'Raspberry Pi Connect': ['/home/pi/.config/com.raspberrypi.connect/auth.key'],
  'NVMe over fabrics': ['/etc/nvme/hostnqn', '/etc/nvme/hostid'],
  Kerberos: ['/etc/krb5.keytab'],
  Samba: ['/var/lib/samba/private/secrets.tdb', '/var/lib/samba/private/schannel_store.tdb'],
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

  it('has no path in its list that is not tried here', () => {
    const rows = readFileSync('overlays/identity/overlay.ini', 'utf8').matchAll(/^\[remove root(\S+)\]$/gm)
    // These two are tried with their contents.
    const others = ['/etc/NetworkManager/system-connections/*', '/etc/netplan/90-NM-*']
    const tried = Object.values(old).flat()
    const left = [...rows]
      .map(([, row = '']) => row.replace('{{base_user}}', 'pi'))
      .filter((row) => {
        const pattern = wildcard(row)
        const isTried = tried.some((path) => pattern.test(path) || path.startsWith(`${row}/`))
        return !isTried && !others.includes(row)
      })
    expect(left).toEqual([])
  })

  it('makes a new name for iSCSI', () => {
    const base = [file('/etc/iscsi/initiatorname.iscsi', 'InitiatorName=iqn.old\n')]
    expect(changes('bookworm', base)).toEqual(['/etc/iscsi/initiatorname.iscsi "GenerateName=yes\\n"'])
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
      problemText(planOf({ base: practiceBase('trixie', root), overlays: [] }).problems).find((line) =>
        line.includes('machine ID'),
      )
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

  it.each([
    ...['/etc/letsencrypt/accounts/x', '/etc/letsencrypt/live/x', '/etc/dropbear/dropbear_rsa_host_key'],
    ...['/etc/dropbear/initramfs/dropbear_rsa_host_key', '/etc/dropbear-initramfs/dropbear_rsa_host_key'],
    ...[
      '/etc/webmin/miniserv.pem',
      '/etc/xrdp/rsakeys.ini',
      '/etc/nebula/host.key',
      '/etc/cloudflared/cert.pem',
    ],
    ...['/var/lib/snapd/state.json', '/etc/credstore.encrypted/own', '/root/.ssh/id_rsa', '/home/pi/.netrc'],
    ...['/home/pi/.gnupg/private-keys-v1.d/x.key', '/root/.config/com.raspberrypi.connect/auth.key'],
    ...['/home/pi/.config/syncthing/key.pem', '/home/pi/.local/state/syncthing/key.pem'],
    ...['/home/pi/.cloudflared/cert.pem', '/home/pi/.vnc/private.key', '/home/pi/.docker/config.json'],
    ...['/home/pi/.kube/config', '/home/pi/.aws/credentials', '/home/pi/.config/rclone/rclone.conf'],
    '/home/pi/.git-credentials',
  ])('is reported at %s', (path) => {
    const [first = '', ...others] = effectsOn('bookworm', { root: [file(path, 'old')] })
    expect([first.startsWith('bookworm.img: root/'), others]).toEqual([true, []])
    expect(first).toMatch(/of the base image.*is the same on every node$/)
    const place = /root(\/\S*):/.exec(first)?.[1] ?? ''
    expect(`${path}/`.startsWith(`${place}/`)).toBe(true)
  })
})
