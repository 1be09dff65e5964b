import { directory, file, lines, type PracticeEntry, type Release, symlink } from './entries.js'

/** A base image that somebody used before it became one: what is on it beside the stock files. */
export interface LivedIn {
  readonly name: string
  readonly release: Release
  /** @param text of a stock file of the root */
  readonly root: (text: (path: string) => string) => readonly PracticeEntry[]
  readonly boot?: readonly PracticeEntry[]
  /** Whether a partition for data follows the root. */
  readonly hasData?: boolean
}

const secret = { mode: 0o600 }
const enabled = (unit: string) =>
  symlink(`/etc/systemd/system/multi-user.target.wants/${unit}`, `/usr/lib/systemd/system/${unit}`)
const unit = (name: string, ...text: readonly string[]) =>
  file(
    `/usr/lib/systemd/system/${name}`,
    lines('[Unit]', `Description=${name}`, '', ...text, '', '[Install]', 'WantedBy=multi-user.target'),
  )

/** What every Pi has after its first boot. */
const ran: readonly PracticeEntry[] = [
  file('/etc/machine-id', '0123456789abcdef0123456789abcdef\n', { mode: 0o444 }),
  file('/var/lib/systemd/random-seed', Buffer.alloc(512, 'seed'), secret),
  file('/etc/ssh/ssh_host_ecdsa_key', 'the key of the old Pi\n', secret),
  file('/etc/ssh/ssh_host_ecdsa_key.pub', 'ecdsa-sha2-nistp256 AAAA root@raspberrypi\n'),
]

function profile(name: string, ...text: readonly string[]): PracticeEntry {
  return file(
    `/etc/NetworkManager/system-connections/${name}.nmconnection`,
    lines('[connection]', `id=${name}`, ...text),
    secret,
  )
}

/** Images that people have, each with what they did to it. */
export const livedIn: readonly LivedIn[] = [
  {
    name: 'a year in a home network',
    release: 'trixie',
    root: () => [
      ...ran,
      profile(
        'home',
        'uuid=11111111-1111-4111-8111-111111111111',
        'type=wifi',
        '',
        '[wifi]',
        'ssid=Home',
        '',
        '[wifi-security]',
        'key-mgmt=wpa-psk',
        'psk=the old home',
      ),
      file('/var/lib/NetworkManager/secret_key', 'nm-v2: old', secret),
      file(
        '/var/lib/NetworkManager/timestamps',
        lines('[timestamps]', '11111111-1111-4111-8111-111111111111=1767225600'),
      ),
    ],
  },
  {
    name: 'a second user with a password, a key and sudo, and a key for root',
    release: 'bookworm',
    root: (text) => [
      ...ran,
      file('/etc/passwd', `${text('/etc/passwd')}ann:x:1001:1001::/home/ann:/bin/bash\n`),
      file('/etc/group', `${text('/etc/group')}ann:x:1001:\n`),
      file('/etc/shadow', `${text('/etc/shadow')}ann:$6$salt$hash:20000:0:99999:7:::\n`, {
        mode: 0o640,
        gid: 42,
      }),
      directory('/home/ann', { mode: 0o700, uid: 1001, gid: 1001 }),
      directory('/home/ann/.ssh', { mode: 0o700, uid: 1001, gid: 1001 }),
      file(
        '/home/ann/.ssh/authorized_keys',
        'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKaPF9xjdGp8NUcJHdlKJlv1jvzdFKfXbDNwzKuYxEb0 ann\n',
        { ...secret, uid: 1001, gid: 1001 },
      ),
      file('/etc/sudoers.d/020_ann', 'ann ALL=(ALL) NOPASSWD: ALL\n', { mode: 0o440 }),
      directory('/root/.ssh', { mode: 0o700 }),
      file(
        '/root/.ssh/authorized_keys',
        'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKaPF9xjdGp8NUcJHdlKJlv1jvzdFKfXbDNwzKuYxEb0 ann\n',
        secret,
      ),
    ],
  },
  {
    name: 'Pi-hole',
    release: 'bookworm',
    root: () => [
      ...ran,
      file('/etc/pihole/pihole.toml', lines('[dns]', 'upstreams = ["9.9.9.9"]')),
      file('/etc/dnsmasq.d/01-pihole.conf', lines('addn-hosts=/etc/pihole/local.list', 'server=9.9.9.9')),
      file('/etc/resolv.conf', 'nameserver 127.0.0.1\n'),
      profile(
        'eth0',
        'uuid=22222222-2222-4222-8222-222222222222',
        'type=ethernet',
        'interface-name=eth0',
        'autoconnect-priority=10',
        '',
        '[ipv4]',
        'method=manual',
        'address1=192.168.1.2/24,192.168.1.1',
        'dns=127.0.0.1;',
      ),
    ],
  },
  {
    name: 'ufw with its rules',
    release: 'trixie',
    root: () => [
      ...ran,
      file('/etc/ufw/ufw.conf', lines('ENABLED=yes', 'LOGLEVEL=low')),
      file(
        '/etc/ufw/user.rules',
        lines(
          '*filter',
          ':ufw-user-input - [0:0]',
          '-A ufw-user-input -p tcp --dport 22 -j ACCEPT',
          'COMMIT',
        ),
      ),
      unit('ufw.service', '[Service]', 'Type=oneshot', 'RemainAfterExit=yes', 'ExecStart=/bin/true'),
      enabled('ufw.service'),
    ],
  },
  {
    name: 'static lines for dhcpcd, which Bookworm no longer runs',
    release: 'bookworm',
    root: () => [
      ...ran,
      file(
        '/etc/dhcpcd.conf',
        lines('interface eth0', 'static ip_address=192.168.1.77/24', 'static routers=192.168.1.1'),
      ),
      file(
        '/etc/network/interfaces.d/eth0',
        lines('auto eth0', 'iface eth0 inet static', '  address 192.168.1.77/24'),
      ),
    ],
  },
  {
    name: 'Docker, once a node of a swarm',
    release: 'trixie',
    root: () => [
      ...ran,
      file('/var/lib/docker/engine-id', '33333333-3333-4333-8333-333333333333', secret),
      directory('/var/lib/docker/swarm', { mode: 0o700 }),
      file('/var/lib/docker/swarm/state.json', '[{"node_id":"old"}]\n', secret),
      directory('/var/lib/docker/image', { mode: 0o700 }),
      file('/var/lib/docker/image/kept', 'an image that was pulled\n'),
      file('/etc/docker/daemon.json', '{ "log-driver": "local" }\n'),
    ],
  },
  {
    name: 'the desktop, never booted',
    release: 'trixie-desktop',
    root: () => [],
  },
  {
    name: 'a card by Imager, its settings not yet taken',
    release: 'bookworm',
    root: () => [],
    boot: [
      file('/custom.toml', lines('config_version = 1', '[system]', 'hostname = "old"')),
      file('/firstrun.sh', lines('#!/bin/bash', 'echo old >/etc/hostname')),
      file('/userconf.txt', 'old:$6$salt$hash\n'),
      file('/ssh', ''),
    ],
  },
  {
    name: 'an update of the EEPROM that lies ready',
    release: 'trixie',
    root: () => ran,
    boot: [
      file('/recovery.bin', Buffer.alloc(4096, 'recovery ')),
      file('/pieeprom.upd', Buffer.alloc(4096, 'eeprom ')),
      file('/pieeprom.sig', lines('0'.repeat(64), 'ts: 1767225600')),
    ],
  },
  {
    name: 'a partition for data behind the root',
    release: 'bookworm',
    root: () => ran,
    hasData: true,
  },
  {
    name: 'a card that NetworkManager leaves alone',
    release: 'trixie',
    root: () => [
      ...ran,
      file(
        '/etc/NetworkManager/conf.d/99-unmanaged.conf',
        lines('[keyfile]', 'unmanaged-devices=interface-name:eth0'),
      ),
      profile(
        'old',
        'uuid=00000000-0000-4000-8000-000000000000',
        'type=ethernet',
        'autoconnect-priority=999',
        '',
        '[ipv4]',
        'method=manual',
        'address1=192.168.1.77/24',
      ),
    ],
  },
]
