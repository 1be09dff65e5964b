import { directory, file, lines, type PracticeEntry, symlink, when } from './entries.js'
import type { ReleaseFacts } from './releases.js'

/** Who runs the wizard of a desktop image; userconf-pi's `rename-user` makes this user when the image is made. */
export const wizardUser = 'rpi-first-boot-wizard'

/**
 * What a desktop image has for its first boot: the wizard's user logs in by itself, on the console and on the desktop,
 * and may do everything (userconf-pi's `rename-user`, raspi-config's `do_boot_behaviour B4`).
 */
export function desktopFiles({ hasDesktop, unitPrefix }: ReleaseFacts): readonly PracticeEntry[] {
  const home = `/home/${wizardUser}`
  const owner = { uid: 118, gid: 65534 }
  return when(
    hasDesktop,
    directory(home, { mode: 0o700, ...owner }),
    file(`${home}/.profile`, '', owner),
    file('/etc/sudoers.d/010_wiz-nopasswd', `${wizardUser} ALL=(ALL) NOPASSWD: ALL\n`),
    file('/etc/xdg/autostart/piwiz.desktop', piwiz),
    file('/var/lib/userconf-pi/autologin'),
    file('/etc/systemd/system/getty@tty1.service.d/autologin.conf', autologin),
    file('/etc/lightdm/lightdm.conf', lightdm),
    symlink('/etc/systemd/system/display-manager.service', `${unitPrefix}/lightdm.service`),
    symlink('/etc/systemd/system/default.target', `${unitPrefix}/graphical.target`),
  )
}

const piwiz = lines(
  '[Desktop Entry]',
  'Type=Application',
  'Name=Raspberry Pi First-Run Wizard',
  'Exec=piwiz',
  'StartupNotify=true',
)

const autologin = lines(
  '[Service]',
  'ExecStart=',
  `ExecStart=-/sbin/agetty --autologin ${wizardUser} --noclear %I $TERM`,
)

const lightdm = lines(
  '[LightDM]',
  '',
  '[Seat:*]',
  'greeter-session=pi-greeter-labwc',
  'greeter-hide-users=false',
  'user-session=rpd-labwc',
  'display-setup-script=/usr/share/dispsetup.sh',
  `autologin-user=${wizardUser}`,
  'autologin-session=rpd-labwc',
)
