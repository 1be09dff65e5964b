import type { PracticeEntry } from './entries.js'
import type { ReleaseFacts } from './releases.js'

/** Which package has a file: the first pattern that matches. What no pattern matches, no package has. */
const owners: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^\/usr\/lib\/os-release$|^\/etc\/(os-release|debian_version|issue)$/, 'base-files'],
  [/^\/(usr\/)?bin\/bash$|^\/etc\/skel\//, 'bash'],
  [/^\/(usr\/)?bin\/(dash|sh)$/, 'dash'],
  [/^\/usr\/bin\/dpkg$/, 'dpkg'],
  [/^\/usr\/bin\/passwd$/, 'passwd'],
  [/^\/usr\/bin\/sudo$|^\/etc\/sudoers(\.d\/README)?$/, 'sudo'],
  [/^\/(usr\/)?bin\/ping$/, 'iputils-ping'],
  [/^\/usr\/bin\/perl5?$/, 'perl-base'],
  [/^\/usr\/bin\/nano$/, 'nano'],
  [/^\/usr\/share\/ca-certificates\//, 'ca-certificates'],
  [/^\/usr\/share\/i18n\//, 'locales'],
  [/^\/usr\/share\/X11\/xkb\//, 'xkb-data'],
  [/^\/usr\/share\/zoneinfo\//, 'tzdata'],
  [/^\/etc\/ssh\/ssh_config$/, 'openssh-client'],
  [/\/(ssh|sshd-keygen)\.(service|socket)$/, 'openssh-server'],
  [/^\/etc\/sudoers\.d\/010_(?!wiz)|^\/etc\/modprobe\.d\/rfkill_default\.conf$/, 'raspberrypi-sys-mods'],
  [
    /\/raspberrypi-sys-mods\/|\/(sshswitch|regenerate_ssh_host_keys|rpi-resize)\.service$/,
    'raspberrypi-sys-mods',
  ],
  [/^\/usr\/(bin\/raspi-config|lib\/raspi-config\/.*)$/, 'raspi-config'],
  [
    /\/userconf-pi\/(userconf|sshd_banner)|^\/usr\/bin\/(cancel-rename|rename-user)$|\/userconfig\.service$/,
    'userconf-pi',
  ],
  [/\/raspberrypi-net-mods\.service$/, 'raspberrypi-net-mods'],
  [/^\/etc\/dhcpcd\.conf$|\/dhcpcd\.service$/, 'dhcpcd5'],
  [/^\/etc\/NetworkManager\/NetworkManager\.conf$|\/NetworkManager.*\.service$/, 'network-manager'],
  [/^\/usr\/lib\/netplan\//, 'netplan.io'],
  [/\/wpa_supplicant\.service$/, 'wpasupplicant'],
  [/^\/etc\/avahi\/|\/avahi-daemon\.service$/, 'avahi-daemon'],
  [/^\/etc\/nftables\.conf$|\/nftables\.service$/, 'nftables'],
  [/\/nfs-client\.target$/, 'nfs-common'],
  [/^\/etc\/cloud\/cloud\.cfg\.d\/99_raspberry-pi\.cfg$/, 'rpi-cloud-init-mods'],
  [/^\/etc\/cloud\/cloud\.cfg|\/cloud-[\w-]+\.(service|target)$/, 'cloud-init'],
  [/\/rpi-preseed[\w-]*\.service$/, 'rpi-preseed'],
  [/\/lightdm(\.service|\/lightdm\.conf)$/, 'lightdm'],
  [/^\/etc\/systemd\/timesyncd\.conf$|\/systemd-timesyncd\.service$/, 'systemd-timesyncd'],
  [/\/dphys-swapfile(\.service)?$/, 'dphys-swapfile'],
  [/\/fake-hwclock\.service$/, 'fake-hwclock'],
  [/\/cron\.service$/, 'cron'],
  [/^\/etc\/systemd\/journald\.conf$|^\/(usr\/)?lib\/systemd\/system\//, 'systemd'],
  [/z50-raspi-firmware$|^\/etc\/default\/raspi-firmware$/, 'raspi-firmware'],
]

/** The name of the package that has an entry; undefined for a folder, and where pi-gen or a script made it. */
export function ownerOf({ path, kind }: PracticeEntry): string | undefined {
  if (kind === 'directory' || /^\/etc\/systemd\/system\//.test(path)) return undefined
  return owners.find(([pattern]) => pattern.test(path))?.[1]
}

/** The content that the package has, where pi-gen changes the file afterwards. */
export function shippedContent(
  { path, content = '' }: PracticeEntry,
  { version }: ReleaseFacts,
): string | Buffer {
  const text = String(content)
  if (path === '/etc/systemd/journald.conf') return text.replace('Storage=volatile', '#Storage=auto')
  if (path === '/etc/avahi/avahi-daemon.conf' && version >= 12)
    return text.replace('publish-workstation=yes', 'publish-workstation=no')
  if (path === '/etc/lightdm/lightdm.conf') return '[LightDM]\n\n[Seat:*]\n#autologin-user=\n'
  return path === '/etc/default/raspi-firmware' ? text.replace(/^ROOTPART=.*\n/m, '') : content
}
