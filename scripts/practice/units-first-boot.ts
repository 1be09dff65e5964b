import { when } from './entries.js'
import type { ReleaseFacts } from './releases.js'
import type { Unit } from './unit.js'

/** What runs once: keys, users, sizes, cloud-init. */
export function firstBootUnits(facts: ReleaseFacts): readonly Unit[] {
  const { version, raspberryPiOS, seed } = facts
  return [
    ...when(version === 13, sshdKeygen),
    ...when(
      raspberryPiOS,
      sshSwitch(facts),
      ...when(version <= 12, regenerateHostKeys),
      ...when(version <= 12, ...['dphys-swapfile', 'fake-hwclock'].map(initScriptUnit)),
      ...when(version >= 11, userConfig),
      ...when(version === 13, rpiResize),
      ...when(seed === 'cloud-init', ...cloudInit),
      ...when(seed === 'rpi-preseed', ...preseed),
    ),
  ]
}

/** The unit that deletes existing host keys and makes new ones. */
const regenerateHostKeys: Unit = {
  name: 'regenerate_ssh_host_keys.service',
  description: 'New ssh host keys',
  unit: ['Before=ssh.service', 'ConditionFileIsExecutable=/usr/bin/ssh-keygen'],
  service: ['Type=oneshot', 'ExecStart=/usr/lib/raspberrypi-sys-mods/regenerate_ssh_host_keys'],
  wantedBy: 'multi-user.target',
  enabled: true,
}

const sshdKeygen: Unit = {
  name: 'sshd-keygen.service',
  description: 'ssh host keys that are missing',
  unit: ['Before=ssh.service', 'ConditionFirstBoot=yes'],
  service: ['Type=oneshot', 'ExecStart=/usr/bin/ssh-keygen -A'],
  wantedBy: 'ssh.service',
  enabled: true,
}

/** From Bookworm on it is a script, which looks for the file itself. */
function sshSwitch({ version, bootMount }: ReleaseFacts): Unit {
  const after = 'After=regenerate_ssh_host_keys.service'
  const script = '/usr/lib/raspberrypi-sys-mods/sshswitch'
  return {
    name: 'sshswitch.service',
    description: `Enables ssh where ${bootMount}/ssh says so`,
    unit:
      version >= 12
        ? [`${after} boot-firmware.mount`]
        : ['ConditionPathExistsGlob=/boot/ssh{,.txt}', version === 11 ? `${after} boot.mount` : after],
    service: [
      'Type=oneshot',
      version >= 12
        ? `ExecStart=${script}`
        : 'ExecStart=/bin/sh -c "systemctl enable --now ssh && rm -f /boot/ssh /boot/ssh.txt"',
    ],
    wantedBy: 'multi-user.target',
    enabled: true,
  }
}

const userConfig: Unit = {
  name: 'userconfig.service',
  description: 'Asks for a user, or takes the one of userconf.txt',
  unit: ['After=systemd-user-sessions.service', 'Before=lightdm.service'],
  service: [
    'Type=oneshot',
    'ExecStart=/usr/lib/userconf-pi/userconf-service',
    'StandardInput=tty',
    'TTYPath=/dev/tty8',
    'Restart=on-failure',
  ],
  wantedBy: 'multi-user.target',
  enabled: true,
}

const rpiResize: Unit = {
  name: 'rpi-resize.service',
  description: 'Grows the root file system',
  unit: [
    'DefaultDependencies=no',
    'ConditionFirstBoot=yes',
    'Wants=first-boot-complete.target systemd-growfs-root.service fstrim.service',
    'After=systemd-remount-fs.service systemd-growfs-root.service',
    'Before=first-boot-complete.target fstrim.service shutdown.target',
    'Conflicts=shutdown.target',
  ],
  service: [
    'Type=oneshot',
    'ExecStart=/usr/bin/true',
    'ExecStartPost=systemctl disable %n',
    'RemainAfterExit=yes',
  ],
  wantedBy: 'sysinit.target',
  enabled: true,
}

function initScriptUnit(name: string): Unit {
  return {
    name: `${name}.service`,
    description: name,
    service: ['Type=oneshot', `ExecStart=/sbin/${name} start`, 'RemainAfterExit=yes'],
    wantedBy: name === 'fake-hwclock' ? 'sysinit.target' : 'multi-user.target',
    enabled: true,
  }
}

/** Units of the package rpi-preseed, of July 2026. */
const preseed: readonly Unit[] = [
  {
    name: 'rpi-preseed.service',
    description: 'Applies rpi-preseed.toml',
    unit: [
      'After=local-fs.target systemd-sysusers.service systemd-tmpfiles-setup.service',
      'Before=systemd-user-sessions.service network-pre.target userconfig.service',
      'Before=getty.target getty@tty1.service serial-getty@ttyS0.service display-manager.service',
      'ConditionPathExists=/boot/firmware/rpi-preseed.toml',
      'ConditionPathExists=!/var/lib/rpi-preseed/applied',
    ],
    service: ['Type=oneshot', 'RemainAfterExit=yes', 'ExecStart=/usr/bin/rpi-preseed apply-base'],
    wantedBy: 'multi-user.target',
    enabled: true,
  },
  ...(['early', 'late'] as const).map((phase) => ({
    name: `rpi-preseed-runcmd-${phase}.service`,
    description: `Commands of rpi-preseed.toml (${phase})`,
    unit: [
      'After=rpi-preseed.service',
      phase === 'early' ? 'Before=network-pre.target' : 'After=network-online.target time-sync.target',
      'ConditionPathExists=/var/lib/rpi-preseed/applied',
      `ConditionPathExists=!/var/lib/rpi-preseed/${phase === 'early' ? 'early-' : ''}runcmd-done`,
    ],
    service: ['Type=oneshot', 'RemainAfterExit=yes', `ExecStart=/usr/bin/rpi-preseed apply-runcmd-${phase}`],
    wantedBy: 'multi-user.target',
    enabled: true,
  })),
]

const cloudInit: readonly Unit[] = [
  { name: 'cloud-init.target', description: 'cloud-init is done' },
  { name: 'cloud-config.target', description: 'cloud-init has its configuration' },
  ...['cloud-init-main', 'cloud-init-local', 'cloud-init-network', 'cloud-config', 'cloud-final'].map(
    (name) => ({
      name: `${name}.service`,
      description: `The part of cloud-init called ${name}`,
      unit: ['ConditionPathExists=!/etc/cloud/cloud-init.disabled'],
      service: ['Type=oneshot', 'ExecStart=/usr/bin/cloud-init status'],
      wantedBy: 'cloud-init.target',
      enabled: true,
    }),
  ),
]
