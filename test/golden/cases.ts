import { file, type PracticeEntry, symlink, type Release } from '../../scripts/practice/entries.js'
import { loginKey } from '../support/node.js'
import { stockText } from '../support/practice-base.js'
import { dvorak, usedFiles } from './used-base.js'

export interface GoldenCase {
  readonly set: Readonly<Record<string, string>>
  readonly profile?: string
  /** Values of the cluster's other nodes. */
  readonly others?: readonly Readonly<Record<string, string>>[]
  /** What the base image holds beside the release's stock files. */
  readonly extra?: (release: Release) => readonly PracticeEntry[]
  /** The same on the boot partition. */
  readonly extraBoot?: (release: Release) => readonly PracticeEntry[]
}

/** A made-up hash: `openssl passwd -6 -salt golden` of nothing that anybody uses. */
const passwordHash =
  '$6$golden$PfPKqbWDtWlgq4dBDMSmqZrWDBqsUqmrHwhLvGdXnOb9pZVUTO7JbRZMTiFxdcCTOEgSk1W9fj0Aj0zQK1Nzq1'

/** Together they use every line of every overlay on some release. */
export const cases: Readonly<Record<string, GoldenCase>> = {
  default: { set: {} },
  dhcp: {
    set: { address: 'dhcp', wifi_ssid: 'open', wifi_country: 'cz', locale: 'C.UTF-8' },
    extra: (release) =>
      release === 'debian'
        ? [file('/etc/default/raspi-firmware', '#ROOTPART=auto\n')]
        : release === 'buster'
          ? busterOf64Bits()
          : [],
  },
  everything: {
    set: {
      user: 'grace',
      authorized_keys: `${loginKey}\nssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDF1zO4vY0rFfzTyeOKHZNlMgBYV4rA02jM2Ua5v8r9k second@test`,
      password_hash: passwordHash,
      ssh_password_login: 'yes',
      wifi_ssid: ' Žluťoučký;#1 ',
      wifi_psk: ' a"b\\c#d;e\'f$g%h=i ',
      wifi_country: 'CZ',
      apt_mirror: 'http://mirror.lab.example/debian',
      apt_proxy: 'http://10.0.0.1:3142',
      packages: 'tcpdump htop',
      locale: 'de_DE.UTF-8',
      timezone: 'Europe/Prague',
      keyboard: 'de',
      network: '192.168.5.0/24',
      dns: '192.168.5.1 9.9.9.9',
      domain: 'lab.example',
      kernel_args: 'console=ttyAMA0,115200 quiet rootwait usbcore.autosuspend=-1',
      boot_config: 'dtparam=watchdog=on\n[pi4]\nover_voltage=2',
    },
    extra: desktopFiles,
  },
  imager: { set: {}, extra: firstBootFiles, extraBoot: imagerFiles },
  master: {
    profile: 'master',
    set: {
      hostname: 'master',
      network: '192.168.5.0/24',
      dhcp_range: '192.168.5.2-192.168.5.64',
      lease_time: '24h',
      wifi_ssid: 'Home',
      wifi_psk: 'a secret of ours',
      wifi_country: 'GB',
    },
    others: [
      {
        hostname: 'node2',
        network: '192.168.5.0/24',
        dhcp_range: '192.168.5.2-192.168.5.64',
        mac: 'dc:a6:32:01:02:03',
      },
      { hostname: 'node3', network: '192.168.5.0/24', dhcp_range: '192.168.5.2-192.168.5.64' },
      { hostname: 'node100', network: '192.168.5.0/24' },
      { hostname: 'printer', network: '192.168.5.0/24', address: 'dhcp', mac: 'dc:a6:32:0a:0b:0c' },
    ],
  },
  'lived-in': { set: { user: 'grace' }, extra: livedIn },
  'no-autologin': { set: {}, extra: (release) => wizard(release) },
  'no-user': {
    set: { wifi_country: 'GB', user: 'ada', gateway: 'none', address: '10.0.0.77/24' },
    extra: accountsWithoutUser,
  },
  'other-networks': { set: {}, extra: otherNetworks, extraBoot: otherWords },
  used: {
    set: { keyboard_variant: 'dvorak', locale: 'en_GB.UTF-8', timezone: 'Europe/Prague' },
    extra: (release) => (['bullseye', 'trixie'].includes(release) ? usedFiles(release) : dvorak()),
  },
}

/** What a desktop image adds: more files with the user's name, and what console-setup keeps. */
function desktopFiles(): readonly PracticeEntry[] {
  const getty = '/etc/systemd/system/getty@tty1.service.d/autologin.conf'
  const login = '[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin pi --noclear %I $TERM\n'
  return [
    file(getty, login),
    file('/etc/lightdm/lightdm.conf', '[Seat:*]\nautologin-user=pi\nuser-session=LXDE-pi-wayfire\n'),
    file('/etc/xdg/autostart/piwiz.desktop', '[Desktop Entry]\nExec=sudo piwiz --useronly\n'),
    file('/etc/sudoers.d/010_wiz-nopasswd', 'rpi-first-boot-wizard ALL=(ALL) NOPASSWD: ALL\n', {
      mode: 0o440,
    }),
    file('/etc/sudoers.d/020_pi-mount', 'pi ALL=(root) NOPASSWD: /bin/mount /home/pi/usb\n', { mode: 0o440 }),
    file('/etc/sudoers', 'root\tALL=(ALL:ALL) ALL\npi\tALL=(ALL:ALL) ALL\n', { mode: 0o440 }),
    file('/var/lib/userconf-pi/autologin'),
    file('/etc/X11/xorg.conf.d/00-keyboard.conf', 'Section "InputClass"\nEndSection\n'),
    file('/etc/systemd/system/serial-getty@ttyS0.service.d/autologin.conf', login),
    file('/etc/systemd/system/serial-getty@ttyAMA0.service.d/autologin.conf', login),
    file('/etc/systemd/system/autologin@.service', login),
    file('/etc/lightdm/lightdm.conf.d/50-pi.conf', '[Seat:*]\nautologin-user=pi\n'),
    file('/etc/xdg/lightdm/lightdm.conf.d/50-pi.conf', '[Seat:*]\nautologin-user=pi\n'),
    file('/etc/default/nodm', 'NODM_ENABLED=true\nNODM_USER=pi\n'),
    file('/etc/default/console-setup', 'CODESET="guess"\nKMAP=/etc/console/boottime.kmap.gz\n'),
    file('/etc/xdg/labwc/environment', 'XKB_DEFAULT_LAYOUT=gb\n'),
    file('/usr/share/labwc/environment', 'XKB_DEFAULT_LAYOUT=gb\n'),
    file('/etc/ssh/sshd_not_to_be_run'),
    ...['sockets.target.wants', 'ssh.service.requires'].map((folder) =>
      symlink(`/etc/systemd/system/${folder}/ssh.socket`, '/lib/systemd/system/ssh.socket'),
    ),
    ...['setup_keyboard.sh', 'setup_terminal.sh', 'UTF-8_del.kmap.gz'].map((name) =>
      file(`/etc/console-setup/cached_${name}`),
    ),
  ]
}

/** What Raspberry Pi Imager, or a person, leaves on the boot partition for the first boot. */
function imagerFiles(release: Release): readonly PracticeEntry[] {
  const words = (stockText(release, 'boot/cmdline.txt') ?? '').trim()
  const run = 'systemd.run=/boot/firstrun.sh systemd.run_success_action=reboot'
  return [
    file('/cmdline.txt', `${words} ${run} systemd.unit=kernel-command-line.target ds=nocloud;i=1\n`),
    ...['custom.toml', 'firstrun.sh', 'rpi-preseed.toml', 'wpa_supplicant.conf', 'vendor-data'].map((name) =>
      file(`/${name}`),
    ),
    ...['userconf', 'failed_userconf', 'ssh'].flatMap((name) => [file(`/${name}`), file(`/${name}.txt`)]),
  ]
}

/** What fetches keys from the internet, and rpi-preseed in the place of cloud-init. */
function firstBootFiles(release: Release): readonly PracticeEntry[] {
  const status = stockText(release, 'root/var/lib/dpkg/status') ?? ''
  const units = ['import-ssh.timer', 'import-ssh.service', 'timers.target.wants/import-ssh.timer']
  return [
    ...units.map((name) => file(`/etc/systemd/system/${name}`)),
    file('/var/lib/raspberrypi-sys-mods/import-ssh'),
    file('/var/lib/dpkg/status', status.replace('Package: cloud-init\n', 'Package: rpi-preseed\n')),
  ]
}

/** Settings of a network that was there before; those of other releases have no effect. */
function otherNetworks(): readonly PracticeEntry[] {
  const unmanaged = '[keyfile]\nunmanaged-devices=interface-name:eth0\n'
  const fixed = '[connection]\nid=old\nuuid=1\ntype=ethernet\ninterface-name=eth0\n'
  const wifis = '  wifis:\n    wlan0: {access-points: {old: {password: secret77}}}\n'
  const netplan = `network:\n${wifis}  ethernets:\n    eth0: {dhcp4: true}\n    eth1: {dhcp4: true}\n`
  const eth0 = 'auto eth0\niface eth0 inet static\n  address 192.168.1.77/24\n'
  const stanza = `${eth0}iface wlan0 inet dhcp\n  wpa-ssid old\n  wpa-psk secret77\n`
  return [
    ...['/etc/NetworkManager/NetworkManager.conf', '/etc/NetworkManager/conf.d/old.conf'].map((path) =>
      file(path, unmanaged),
    ),
    file('/usr/lib/NetworkManager/conf.d/old.conf', unmanaged),
    file('/etc/NetworkManager/system-connections/old.nmconnection', fixed, { mode: 0o600 }),
    file('/usr/lib/NetworkManager/system-connections/old.nmconnection', fixed, { mode: 0o600 }),
    file('/var/lib/NetworkManager/NetworkManager.state', '[main]\nNetworkingEnabled=false\n'),
    file('/etc/netplan/old.yaml', netplan, { mode: 0o600 }),
    file('/usr/lib/netplan/old.yaml', netplan, { mode: 0o600 }),
    file('/var/lib/NetworkManager/no-auto-default.state', 'DC:A6:32:01:02:03\n'),
    file('/etc/default/raspi-extra-cmdline', 'ip=dhcp systemd.hostname=old\n'),
    file('/etc/avahi/avahi-daemon.conf', '[server]\nhost-name=old\n'),
    file('/etc/network/interfaces', stanza),
    file('/etc/network/interfaces.d/old', stanza),
    file(
      '/etc/dhcpcd.conf',
      'denyinterfaces eth0\ninterface eth0\nstatic ip_address=192.168.1.77/24\ninterface wlan0\nnohook wpa_supplicant\n',
    ),
    symlink('/etc/systemd/system/multi-user.target.wants/systemd-networkd.service', '/dev/null'),
  ]
}

/** Words of an earlier use on the kernel command line. */
function otherWords(release: Release): readonly PracticeEntry[] {
  const words = (stockText(release, 'boot/cmdline.txt') ?? '').trim()
  return [file('/cmdline.txt', `${words} ip=192.168.1.77 nfsaddrs=192.168.1.77 systemd.hostname=old\n`)]
}

const wizardUser = 'rpi-first-boot-wizard'

/** A stock file with more lines at its end. */
function longer(release: Release, path: `root/${string}`, text: string): PracticeEntry {
  const secret = path.endsWith('shadow') ? { mode: 0o640, gid: 42 } : {}
  return file(path.slice(4), `${stockText(release, path) ?? ''}${text}`, secret)
}

/** The user of a desktop's wizard, who logs in automatically. */
function wizard(release: Release): readonly PracticeEntry[] {
  const login = `[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin ${wizardUser} --noclear %I $TERM\n`
  return [
    longer(release, 'root/etc/passwd', `${wizardUser}:x:118:65534:,,,:/home/${wizardUser}:/bin/bash\n`),
    longer(release, 'root/etc/shadow', `${wizardUser}:!:20000:0:99999:7:::\n`),
    longer(release, 'root/etc/group', `wizards:x:200:${wizardUser}\n`),
    longer(release, 'root/etc/gshadow', `wizards:!::${wizardUser}\n`),
    file(`/home/${wizardUser}/.profile`),
    file('/etc/systemd/system/getty@tty1.service.d/autologin.conf', login),
    file('/etc/lightdm/lightdm.conf', `[Seat:*]\nautologin-user=${wizardUser}\n`),
  ]
}

/** A desktop that others have used: their accounts, keys and settings. */
function livedIn(release: Release): readonly PracticeEntry[] {
  const sshd = stockText(release, 'root/etc/ssh/sshd_config') ?? ''
  const accounts = 'bob:x:1001:1001::/home/bob:/bin/bash\ntom:$6$tom$hash:1002:1002::/home/tom:/bin/bash\n'
  const [passwd, shadow, ...others] = wizard(release)
  return [
    ...[passwd, shadow].map((entry, index) => {
      if (entry === undefined) throw new Error('there is no account')
      const line = index === 0 ? accounts : 'bob:$6$bob$hash:20000:0:99999:7:::\n'
      return { ...entry, content: `${String(entry.content)}${line}` }
    }),
    ...others,
    file('/var/lib/userconf-pi/autologin'),
    file('/etc/xdg/autostart/deluser.desktop'),
    file('/root/.ssh/authorized_keys', `${loginKey}\n`),
    file('/root/.ssh/authorized_keys2', `${loginKey}\n`),
    file(
      '/etc/ssh/sshd_config',
      `AllowUsers pi\nPort 2222\n${sshd}Match User pi\n  PasswordAuthentication yes\n`,
    ),
    file('/etc/ssh/sshd_config.d/50-site.conf', 'AllowUsers pi\n'),
    file('/etc/systemd/system/ssh.service', '[Service]\nExecStart=/usr/bin/false\n'),
    file('/etc/nologin'),
    file('/etc/gdm3/daemon.conf', '[daemon]\nAutomaticLogin=pi\n'),
    file('/etc/sddm.conf', '[Autologin]\nUser=pi\n'),
    file('/etc/sddm.conf.d/autologin.conf', '[Autologin]\nUser=pi\n'),
    file('/etc/greetd/config.toml', '[initial_session]\nuser = "pi"\n'),
  ]
}

/** Raspberry Pi OS was Debian on 64 bits from the beginning, Raspbian on 32. */
function busterOf64Bits(): readonly PracticeEntry[] {
  const status = stockText('buster', 'root/var/lib/dpkg/status') ?? ''
  const archive = 'http://deb.debian.org/debian'
  const lines = [
    `deb ${archive} buster main`,
    `deb ${archive}-security/ buster/updates main`,
    'deb http://security.debian.org/debian-security buster/updates main',
  ]
  return [
    file('/var/lib/dpkg/status', status.replaceAll('armhf', 'arm64')),
    file('/etc/apt/sources.list', `${lines.join('\n')}\n`),
  ]
}

/** The stock account files with every trace of user 1000 taken out. */
function accountsWithoutUser(release: Release): readonly PracticeEntry[] {
  const names = ['passwd', 'shadow', 'group', 'gshadow', 'subuid', 'subgid'] as const
  return names.map((name) => {
    const lines = (stockText(release, `root/etc/${name}`) ?? '').split('\n')
    const others = lines.filter((line) => !line.startsWith('pi:')).map((line) => line.replace(/:pi$/, ':'))
    const secret = name.endsWith('shadow') ? { mode: 0o640, gid: 42 } : {}
    return file(`/etc/${name}`, others.join('\n'), secret)
  })
}
