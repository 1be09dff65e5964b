import { nothing } from './common.js'
import { lines, link, type Rule } from './rules.js'

/** The user of the desktop's wizard. */
export const wizard = 'rpi-first-boot-wizard'

/** Made by rename-user, and by `do_boot_behaviour B4` of raspi-config. */
export const desktop: Readonly<Record<string, Rule>> = {
  'root/etc/sudoers.d/010_wiz-nopasswd': lines([`${wizard} ALL=(ALL) NOPASSWD: ALL`]),
  'root/etc/xdg/autostart/piwiz.desktop': lines(
    ['[Desktop Entry]', 'Exec=piwiz'],
    [/^(Type|Name|StartupNotify)=/],
  ),
  'root/var/lib/userconf-pi/autologin': nothing,
  'root/etc/systemd/system/default.target': link(/^(\/usr)?\/lib\/systemd\/system\/graphical\.target$/),
  'root/etc/systemd/system/getty@tty1.service.d/autologin.conf': lines([
    '[Service]',
    'ExecStart=',
    `ExecStart=-/sbin/agetty --autologin ${wizard} --noclear %I $TERM`,
  ]),
  'root/etc/lightdm/lightdm.conf': lines(
    [`autologin-user=${wizard}`],
    [
      /^\[\S+\]$/,
      /^(greeter-session|greeter-hide-users|user-session|display-setup-script|autologin-session|fallback-greeter|fallback-session|log-directory|run-directory|cache-directory)=/,
    ],
  ),
  [`root/home/${wizard}`]: () => true,
}
