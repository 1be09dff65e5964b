import { when } from './entries.js'
import type { ReleaseFacts } from './releases.js'
import type { Unit } from './unit.js'

/** What runs once: keys, users, sizes, cloud-init. */
export function firstBootUnits(facts: ReleaseFacts): readonly Unit[] {
  const { version, raspberryPiOS } = facts
  return [
    ...when(version === 13, sshdKeygen),
    ...when(
      raspberryPiOS,
      sshSwitch(facts.bootMount),
      ...when(version <= 12, regenerateHostKeys),
      ...when(version <= 12, ...['dphys-swapfile', 'fake-hwclock'].map(initScriptUnit)),
      ...when(version >= 11, userConfig),
      ...when(version === 13, rpiResize, ...cloudInit),
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

function sshSwitch(bootMount: string): Unit {
  return {
    name: 'sshswitch.service',
    description: `Enables ssh where ${bootMount}/ssh says so`,
    unit: [`ConditionPathExistsGlob=${bootMount}/ssh{,.txt}`, 'After=regenerate_ssh_host_keys.service'],
    service: ['Type=oneshot', 'ExecStart=/usr/lib/raspberrypi-sys-mods/sshswitch'],
    wantedBy: 'multi-user.target',
    enabled: true,
  }
}

const userConfig: Unit = {
  name: 'userconfig.service',
  description: 'Asks for a user, or takes the one of userconf.txt',
  unit: ['After=systemd-user-sessions.service'],
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
  unit: ['ConditionFirstBoot=yes', 'Wants=systemd-growfs-root.service', 'After=systemd-growfs-root.service'],
  service: ['Type=oneshot', 'ExecStart=/usr/bin/systemctl disable rpi-resize.service'],
  wantedBy: 'multi-user.target',
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
