import { networkUnits } from './units-network.js'
import { directory, file, lines, type PracticeEntry, symlink, when } from './entries.js'
import { type ReleaseFacts, usr } from './releases.js'
import type { Unit } from './unit.js'
import { firstBootUnits } from './units-first-boot.js'

/** The units and the links of the enabled ones. */
export function unitFiles(facts: ReleaseFacts): readonly PracticeEntry[] {
  const units = [
    ...systemUnits(facts),
    ...networkUnits(facts),
    ...firstBootUnits(facts),
    ...when(facts.hasDesktop, ...desktopUnits),
  ]
  return [
    directory('/etc/systemd/system'),
    ...units.map((unit) => file(`${usr(facts, 'lib')}/systemd/system/${unit.name}`, unitText(unit))),
    ...units.filter(({ enabled }) => enabled === true).flatMap((unit) => enablingLinks(facts, unit)),
    ...drops(facts),
  ]
}

function unitText({ name, description, unit = [], service = [], wantedBy, alias }: Unit): string {
  const kind = name.slice(name.lastIndexOf('.') + 1)
  const section = `[${kind.charAt(0).toUpperCase()}${kind.slice(1)}]`
  const install = [
    ...when(wantedBy !== undefined, `WantedBy=${wantedBy}`),
    ...when(alias !== undefined, `Alias=${alias}`),
  ]
  return lines(
    '[Unit]',
    `Description=${description}`,
    ...unit,
    ...when(service.length > 0, '', section, ...service),
    ...when(install.length > 0, '', '[Install]', ...install),
  )
}

function enablingLinks(
  { unitPrefix }: ReleaseFacts,
  { name, wantedBy, alias }: Unit,
): readonly PracticeEntry[] {
  // An instance such as getty@tty1.service is enabled; its template is what is installed.
  const instance = name === 'getty@.service' ? 'getty@tty1.service' : name
  return [
    ...when(
      wantedBy !== undefined,
      symlink(`/etc/systemd/system/${wantedBy}.wants/${instance}`, `${unitPrefix}/${name}`),
    ),
    ...when(alias !== undefined, symlink(`/etc/systemd/system/${alias}`, `${unitPrefix}/${name}`)),
  ]
}

function drops({ version, raspberryPiOS }: ReleaseFacts): readonly PracticeEntry[] {
  return when(
    raspberryPiOS && version <= 11,
    file('/etc/systemd/system/getty@tty1.service.d/noclear.conf', lines('[Service]', 'TTYVTDisallocate=no')),
    file('/etc/systemd/system/rc-local.service.d/ttyoutput.conf', lines('[Service]', 'StandardOutput=tty')),
  )
}

const desktopUnits: readonly Unit[] = [
  { name: 'graphical.target', description: 'graphical is reached' },
  {
    name: 'lightdm.service',
    description: 'Login on the desktop',
    unit: ['Conflicts=getty@tty7.service', 'After=systemd-user-sessions.service'],
    service: ['ExecStart=/usr/sbin/lightdm', 'Restart=always', 'BusName=org.freedesktop.DisplayManager'],
  },
]

function systemUnits({ version, raspberryPiOS }: ReleaseFacts): readonly Unit[] {
  // The first-boot wizard has the console to itself.
  const wizard = raspberryPiOS && version >= 11
  return [
    ...['basic', 'getty', 'multi-user', 'network', 'network-online', 'sysinit', 'timers'].map((name) => ({
      name: `${name}.target`,
      description: `${name} is reached`,
    })),
    {
      name: 'getty@.service',
      description: 'Login on %I',
      service: ['ExecStart=-/sbin/agetty --noclear %I $TERM', 'Restart=always', 'TTYPath=/dev/%I'],
      wantedBy: 'getty.target',
      enabled: !wizard,
    },
    {
      name: 'serial-getty@.service',
      description: 'Login on serial %I',
      service: ['ExecStart=-/sbin/agetty --keep-baud 115200 %I $TERM', 'Restart=always'],
      wantedBy: 'getty.target',
    },
    {
      name: 'cron.service',
      description: 'Regular commands',
      service: ['ExecStart=/usr/sbin/cron -f', 'Restart=on-failure'],
      wantedBy: 'multi-user.target',
      enabled: raspberryPiOS,
    },
    {
      name: 'ssh.service',
      description: 'ssh server',
      unit: ['After=network.target', 'ConditionPathExists=!/etc/ssh/sshd_not_to_be_run'],
      service: [
        'EnvironmentFile=-/etc/default/ssh',
        'ExecStart=/usr/sbin/sshd -D $SSHD_OPTS',
        'KillMode=process',
        'Restart=on-failure',
        'Type=notify',
      ],
      wantedBy: 'multi-user.target',
      alias: 'sshd.service',
      enabled: !raspberryPiOS,
    },
    {
      name: 'ssh.socket',
      description: 'ssh server, started when somebody calls',
      service: ['ListenStream=22', 'Accept=no'],
      wantedBy: 'sockets.target',
    },
    {
      name: 'systemd-timesyncd.service',
      description: 'Time from the network',
      service: ['ExecStart=/usr/lib/systemd/systemd-timesyncd', 'Type=notify'],
      wantedBy: 'sysinit.target',
      alias: 'dbus-org.freedesktop.timesync1.service',
      enabled: true,
    },
    {
      name: 'fstrim.timer',
      description: 'Weekly discard of unused blocks',
      service: ['OnCalendar=weekly'],
      wantedBy: 'timers.target',
      enabled: version >= 11,
    },
  ]
}
