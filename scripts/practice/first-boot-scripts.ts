import { file, lines, type PracticeEntry, when } from './entries.js'
import type { ReleaseFacts } from './releases.js'

/** The scripts that units, the kernel command line and hooks name; they do nothing here. */
export function firstBootScripts({ version, raspberryPiOS }: ReleaseFacts): readonly PracticeEntry[] {
  const paths = raspberryPiOS
    ? [
        '/usr/bin/raspi-config',
        ...when(version <= 10, '/usr/lib/raspi-config/init_resize.sh'),
        ...when(version === 11 || version === 12, `${systemMods}/firstboot`, `${systemMods}/imager_custom`),
        ...when(version === 11 || version === 12, `${systemMods}/regenerate_ssh_host_keys`),
        ...when(version >= 12, `${systemMods}/get_fw_loc`, `${systemMods}/sshswitch`),
        ...when(version >= 11, '/usr/bin/cancel-rename', '/usr/bin/rename-user'),
        ...when(version >= 11, '/usr/lib/userconf-pi/userconf', '/usr/lib/userconf-pi/userconf-service'),
      ]
    : ['/etc/initramfs/post-update.d/z50-raspi-firmware', '/etc/kernel/postinst.d/z50-raspi-firmware']
  return paths.map((path) => file(path, lines('#!/bin/sh', ':'), { mode: 0o755 }))
}

const systemMods = '/usr/lib/raspberrypi-sys-mods'
