import type { Facts, Release } from '../model/facts.js'
import { group, passwd, shadow } from './account-rules.js'
import { byPackages, enabled, everywhere, firmware, fstab, masked, nothing } from './common.js'
import { desktop, wizard } from './desktop.js'
import { configLines, copyOf, lines, link, type Rule, type StockList, words } from './rules.js'

/**
 * What pi-gen makes of the packages: its stages 0 to 4 and export-image, from 2019-06-20 (Buster) to 2026-06-18 (Trixie), and
 * the `rename-user` of userconf-pi, which it runs last. pi-gen's own files are what no package has; those of packages it
 * changes with sed and patch.
 */
export function raspberryPiOs(facts: Facts): StockList {
  const { release } = facts
  const isDesktop = facts.packages.has('lightdm')
  const accounts = {
    names: isDesktop ? ['pi', wizard] : ['pi'],
    // Until early 2022 the password of pi was raspberry.
    hasPassword: release === 'buster' || release === 'bullseye',
  }
  return {
    always: {
      ...everywhere,
      ...system,
      ...bootFiles(facts),
      'root/etc/fstab': fstab(facts),
      'root/etc/passwd': passwd(accounts),
      'root/etc/shadow': shadow(accounts),
      'root/etc/group': group(accounts),
      'root/etc/gshadow': group(accounts),
    },
    sometimes: {
      ...firmware,
      ...byPackages,
      ...network(release),
      ...login,
      ...(isDesktop ? desktop : {}),
      ...cloudInit,
    },
  }
}

const system: Readonly<Record<string, Rule>> = {
  'root/etc/hostname': lines(['raspberrypi']),
  'root/etc/hosts': lines([
    '127.0.0.1 localhost',
    '::1 localhost ip6-localhost ip6-loopback',
    'ff02::1 ip6-allnodes',
    'ff02::2 ip6-allrouters',
    '127.0.1.1 raspberrypi',
  ]),
  'root/etc/rpi-issue': lines([/^Raspberry Pi reference [\d-]+$/, /^Generated using pi-gen, .*, stage\d$/]),
  'root/etc/nsswitch.conf': lines(
    ['hosts: files mdns4_minimal [NOTFOUND=return] dns'],
    [
      /^(passwd|group|shadow|gshadow|networks|protocols|services|ethers|rpc|netgroup): (files|systemd|db|nis| )+$/,
    ],
  ),
  'root/etc/resolv.conf': lines(['nameserver 8.8.8.8']),
  'root/etc/locale.gen': lines(['en_GB.UTF-8 UTF-8']),
  'root/etc/timezone': lines(['Europe/London']),
  'root/etc/localtime': link('/usr/share/zoneinfo/Europe/London'),
  'root/etc/default/keyboard': lines(
    ['XKBLAYOUT="gb"'],
    ['XKBMODEL="pc105"', 'XKBVARIANT=""', /^XKBOPTIONS="(terminate:ctrl_alt_bksp)?"$/, 'BACKSPACE="guess"'],
  ),
  'root/etc/systemd/network/99-default.link': masked,
  'root/etc/subuid': lines(['pi:100000:65536']),
  'root/etc/subgid': lines(['pi:100000:65536']),
}

const firstBoot: Readonly<Record<Release, RegExp>> = {
  buster: /^init=\/usr\/lib\/raspi-config\/init_resize\.sh$/,
  // The second one from 2022-09-06 on.
  bullseye: /^init=\/usr\/lib\/(raspi-config\/init_resize\.sh|raspberrypi-sys-mods\/firstboot)$/,
  bookworm: /^init=\/usr\/lib\/raspberrypi-sys-mods\/firstboot$/,
  trixie: /^resize$/,
}

function bootFiles({ release, diskSignature, root }: Facts): Readonly<Record<string, Rule>> {
  const must = ['console=serial0,115200', 'console=tty1', 'rootfstype=ext4', 'fsck.repair=yes', 'rootwait']
  return {
    'boot/cmdline.txt': words(
      [...must, `root=PARTUUID=${diskSignature}-0${root.number}`, firstBoot[release]],
      release === 'trixie' ? [] : ['quiet', 'dwc_otg.lpm_enable=0', 'elevator=deadline'],
    ),
    'boot/config.txt': configLines(...configTxt[release]),
  }
}

const newer = [
  'camera_auto_detect=1',
  'display_auto_detect=1',
  'dtoverlay=vc4-kms-v3d',
  'max_framebuffers=2',
  'disable_overscan=1',
  '[cm4] otg_mode=1',
]
const newest = [...newer, 'auto_initramfs=1', 'disable_fw_kms_setup=1', 'arm_boost=1']

/** The lines that all images have, and those of some: of 64 bits, for a Compute Module 5, for a bootloader that updates itself. */
const configTxt: Readonly<Record<Release, [must: string[], may: string[]]>> = {
  buster: [['dtparam=audio=on', '[pi4] dtoverlay=vc4-fkms-v3d', '[pi4] max_framebuffers=2'], []],
  bullseye: [['dtparam=audio=on', ...newer, '[pi4] arm_boost=1'], ['arm_64bit=1']],
  bookworm: [
    ['dtparam=audio=on', ...newest],
    ['arm_64bit=1', '[cm5] dtoverlay=dwc2,dr_mode=host'],
  ],
  trixie: [
    ['dtparam=audio=on', ...newest, '[cm5] dtoverlay=dwc2,dr_mode=host'],
    ['arm_64bit=1', '[pi5] dtoverlay=nospi10'],
  ],
}

function network(release: Release): Readonly<Record<string, Rule>> {
  const stack = ['buster', 'bullseye'].includes(release) ? 'dhcpcd.service' : 'NetworkManager.service'
  return {
    [`root/etc/systemd/system/multi-user.target.wants/${stack}`]: enabled(stack),
    'root/etc/wpa_supplicant/wpa_supplicant.conf': lines([
      'ctrl_interface=DIR=/var/run/wpa_supplicant GROUP=netdev',
      'update_config=1',
    ]),
    'root/etc/systemd/network/73-usb-net-by-mac.link': masked,
    // Of a package; pi-gen lets it announce the workstation from Bookworm on.
    'root/etc/avahi/avahi-daemon.conf': lines(
      [
        '[server]',
        'use-ipv4=yes',
        'use-ipv6=yes',
        '[publish]',
        'publish-hinfo=no',
        'publish-workstation=yes',
      ],
      [/^\[(wide-area|reflector|rlimits)\]$/, /^enable-wide-area=(yes|no)$/, /^ratelimit-[a-z-]+=\d+$/],
    ),
    'root/var/lib/NetworkManager/NetworkManager.state': lines(['[main]', 'WirelessEnabled=false']),
    'root/var/lib/systemd/rfkill/*:wlan': lines([/^[01]$/]),
    // Images of 2025-10-01; later it is a package's.
    'root/usr/lib/netplan/00-network-manager-all.yaml': lines([
      'network:',
      'version: 2',
      'renderer: NetworkManager',
    ]),
    // Stage 2, until Bookworm.
    'root/etc/rc.local': lines([
      '_IP=$(hostname -I) || true',
      'if [ "$_IP" ]; then',
      'printf "My IP address is %s\\n" "$_IP"',
      'fi',
      'exit 0',
    ]),
    // Images of 2019.
    'root/etc/modprobe.d/ipv6.conf': lines(['alias net-pf-10 off']),
    // Stage 0; the overlay sources edits it on Buster.
    'root/etc/apt/sources.list': lines([], [/^deb (\[ ?arch=armhf ?\] )?http:\/\/\S+ [\w-]+ main .*$/]),
  }
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/games:/usr/games'

const login: Readonly<Record<string, Rule>> = {
  'root/etc/ssh/sshd_config.d/rename_user.conf': lines(['Banner /usr/share/userconf-pi/sshd_banner']),
  'root/etc/systemd/system/multi-user.target.wants/userconfig.service': enabled('userconfig.service'),
  'root/etc/systemd/system/getty.target.wants/getty@tty1.service': enabled('getty@.service'),
  // Until 2024.
  'root/etc/systemd/system/getty@tty1.service.d/noclear.conf': lines(['[Service]', 'TTYVTDisallocate=no']),
  // Until early 2026; on most releases a package's.
  'root/etc/sudoers.d/010_pi-nopasswd': lines(['pi ALL=(ALL) NOPASSWD: ALL']),
  'root/etc/profile': copyOf('/usr/share/base-files/profile', [
    ['  PATH="/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"', `  PATH="${path}"`],
  ]),
  'root/home/pi/.profile': copyOf('/etc/skel/.profile'),
  'root/home/pi/.bashrc': copyOf('/etc/skel/.bashrc'),
}

/** The seed of images from 2025-11-24 on; it does nothing. */
const cloudInit: Readonly<Record<string, Rule>> = {
  'boot/user-data': nothing,
  'boot/network-config': nothing,
  'boot/meta-data': lines(['dsmode: local', /^instance[_-]id: rpios-image$/]),
}
