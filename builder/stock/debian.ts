import type { Facts } from '../model/facts.js'
import { group, passwd, shadow } from './account-rules.js'
import { byPackages, enabled, everywhere, firmware, fstab, masked, nothing } from './common.js'
import { anyOf, configLines, copyOf, lines, link, type Rule, type StockList, words } from './rules.js'

/**
 * Debian for the Raspberry Pi: its packages, and what an image maker adds to them, as Debian's raspi-team (image-specs) and
 * scripts/bootable-image do.
 */
export function debian(facts: Facts): StockList {
  const accounts = { names: ['pi'], hasPassword: false }
  return {
    always: {
      ...everywhere,
      ...system,
      ...bootFiles(facts),
      'root/etc/fstab': anyOf(fstab(facts), fstab(facts, 'rw')),
      'root/etc/passwd': passwd(accounts),
      'root/etc/shadow': shadow(accounts),
      'root/etc/group': group(accounts),
      'root/etc/gshadow': group(accounts),
    },
    sometimes: { ...firmware, ...byPackages, ...settings },
  }
}

const system: Readonly<Record<string, Rule>> = {
  'root/etc/hostname': lines([/^(raspberrypi|rpi_?\d(-\d{8})?)$/]),
  'root/etc/hosts': lines(
    ['127.0.0.1 localhost'],
    [
      /^::1 (localhost )?ip6-localhost ip6-loopback$/,
      'ff02::1 ip6-allnodes',
      'ff02::2 ip6-allrouters',
      '127.0.1.1 raspberrypi',
    ],
  ),
  'root/etc/nsswitch.conf': lines(
    [/^hosts: files (mdns4_minimal \[NOTFOUND=return\] )?dns$/],
    [
      /^(passwd|group|shadow|gshadow|networks|protocols|services|ethers|rpc|netgroup): (files|systemd|db|nis| )+$/,
    ],
  ),
}

function bootFiles({ diskSignature, root }: Facts): Readonly<Record<string, Rule>> {
  return {
    'boot/cmdline.txt': words(
      [`root=PARTUUID=${diskSignature}-0${root.number}`, 'rootwait', 'fsck.repair=yes'],
      [/^console=(tty[01]|tty(S1|AMA0),115200|serial0,115200)$/, 'rw', 'cma=64M', 'rootfstype=ext4'],
    ),
    // raspi-firmware's hook writes it at each update of the initramfs.
    'boot/config.txt': configLines(
      [],
      [/^(arm_64bit|enable_uart|upstream_kernel)=1$/, 'enable_uart=0', /^(kernel|initramfs)\b/],
    ),
  }
}

const settings: Readonly<Record<string, Rule>> = {
  'root/etc/resolv.conf': lines(['nameserver 8.8.8.8']),
  'root/etc/locale.gen': lines([], ['en_GB.UTF-8 UTF-8']),
  'root/etc/timezone': lines([/^(Etc\/UTC|Europe\/London)$/]),
  'root/etc/localtime': link('/usr/share/zoneinfo/Etc/UTC', '/usr/share/zoneinfo/Europe/London'),
  'root/etc/default/keyboard': lines(
    [/^XKBLAYOUT="?(us|gb)"?$/],
    [/^XKB(MODEL|VARIANT|OPTIONS)=/, /^BACKSPACE="?guess"?$/],
  ),
  'root/etc/default/raspi-firmware': lines([], [/^(ROOTPART|CONSOLES|CMA|KERNEL_ARCH)=/]),
  'root/etc/default/raspi-extra-cmdline': nothing,
  'root/etc/systemd/network/99-default.link': masked,
  'root/etc/systemd/system/multi-user.target.wants/NetworkManager.service': enabled('NetworkManager.service'),
  'root/etc/systemd/system/multi-user.target.wants/dhcpcd.service': enabled('dhcpcd.service'),
  'root/etc/systemd/system/multi-user.target.wants/ssh.service': enabled('ssh.service'),
  'root/etc/systemd/system/sshd.service': enabled('ssh.service'),
  'root/etc/systemd/system/getty.target.wants/getty@tty1.service': enabled('getty@.service'),
  'root/var/lib/NetworkManager/NetworkManager.state': lines(
    ['[main]', 'WirelessEnabled=false'],
    ['NetworkingEnabled=true', 'WWANEnabled=true'],
  ),
  'root/etc/dhcpcd.conf': lines(
    [],
    [/^(hostname|clientid|persistent|option \S.*|require dhcp_server_identifier|slaac private)$/],
  ),
  'root/etc/profile': copyOf('/usr/share/base-files/profile'),
  'root/home/pi/.profile': copyOf('/etc/skel/.profile'),
  'root/home/pi/.bashrc': copyOf('/etc/skel/.bashrc'),
  'root/etc/subuid': lines([], ['pi:100000:65536']),
  'root/etc/subgid': lines([], ['pi:100000:65536']),
}
