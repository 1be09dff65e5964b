import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Desk, newDesk, piimg } from '../support/cli.js'
import { reachable } from '../support/images.js'

export interface Base {
  readonly name: string
  readonly suite: 'trixie' | 'bookworm'
  readonly network: 'networkmanager' | 'dhcpcd'
  /** A shell script that puts on a node's copy-on-write layer what the base image lacks beside a stock image. */
  readonly stock: string
}

// Trixie's Debian makes host keys at a first boot; until Bookworm that is Raspberry Pi OS's own unit.
const regenerateHostKeys = `
  cat >lib/systemd/system/regenerate_ssh_host_keys.service <<'UNIT'
[Unit]
Description=Regenerate SSH host keys
Before=ssh.service
ConditionFileIsExecutable=/usr/bin/ssh-keygen

[Service]
Type=oneshot
ExecStartPre=-/bin/sh -c "/bin/rm -f -v /etc/ssh/ssh_host_*_key*"
ExecStart=/usr/bin/ssh-keygen -A -v
ExecStartPost=/bin/systemctl disable regenerate_ssh_host_keys

[Install]
WantedBy=multi-user.target
UNIT
  ln -s /lib/systemd/system/regenerate_ssh_host_keys.service etc/systemd/system/multi-user.target.wants/`

// Bookworm's console-setup makes a file in /tmp, while systemd-tmpfiles empties it: once in a while the unit fails.
const consoleAfterTmp = `
  mkdir -p etc/systemd/system/console-setup.service.d
  printf '[Unit]\\nAfter=systemd-tmpfiles-setup.service\\n' >etc/systemd/system/console-setup.service.d/test.conf`

/**
 * The base image's files are all of the same second. On a stock image, the saved keyboard map is newer than the setting, and no
 * boot computes it again, which takes seconds; on a card with another keyboard, the setting is newer.
 */
const savedKeyboard = `
  touch -r etc/default/console-setup -d '1 second' etc/console-setup/cached_setup_terminal.sh
`

export const bases: readonly Base[] = [
  { name: 'Trixie with NetworkManager', suite: 'trixie', network: 'networkmanager', stock: savedKeyboard },
  {
    name: 'Bookworm with NetworkManager',
    suite: 'bookworm',
    network: 'networkmanager',
    stock: regenerateHostKeys + consoleAfterTmp + savedKeyboard,
  },
  {
    name: "Bookworm with dhcpcd and Bullseye's dhcpcd.conf",
    suite: 'bookworm',
    network: 'dhcpcd',
    stock: regenerateHostKeys + consoleAfterTmp + savedKeyboard,
  },
]

/** A base image with programs of this computer's kind; or why there is none. Made once and cached: half a minute. */
export function nativeBase({
  suite,
  network,
}: Base): { readonly file: string } | { readonly reason: string } {
  const reason = whyNot()
  if (reason !== '') return { reason }
  const words = ['--arch', 'amd64', '--suite', suite, '--network', network]
  const { status, stdout, stderr } = spawnSync('sh', ['scripts/bootable-image', ...words], {
    encoding: 'utf8',
  })
  if (status === 0) return { file: stdout.trim() }
  if (status === 75) return { reason: stderr.trim().split('\n').at(-1) ?? '' }
  throw new Error(`scripts/bootable-image ${words.join(' ')}: ${status ?? 'killed'}\n${stderr.slice(-2000)}`)
}

/** Why this computer cannot boot nodes; empty if it can. */
function whyNot(): string {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return 'nodes are booted on Linux for amd64 only'
  if (process.getuid?.() !== 0) return 'only root can boot a node in a container'
  const wanted = {
    'systemd-nspawn': 'systemd-container',
    ip: 'iproute2',
    nsenter: 'util-linux',
    setpriv: 'util-linux',
    unshare: 'util-linux',
    ssh: 'openssh-client',
  }
  const missing = Object.entries(wanted).filter(
    ([program]) => spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin:/sbin command -v ${program}`]).status !== 0,
  )
  if (missing.length > 0)
    return `no ${missing.map(([program, from]) => `${program} (package ${from})`).join(', ')}`
  if (!existsSync('/dev/loop-control')) return 'this computer has no loop devices'
  const probe = `mount -t cgroup2 cgroup2 /sys/fs/cgroup && mkdir /sys/fs/cgroup/piimg-probe-${process.pid} && rmdir /sys/fs/cgroup/piimg-probe-${process.pid} && ip link add name switch type bridge`
  const { status, stderr } = spawnSync(
    'unshare',
    ['--mount', '--net', '--pid', '--fork', 'sh', '-c', `PATH=$PATH:/usr/sbin:/sbin && ${probe}`],
    { encoding: 'utf8' },
  )
  return status === 0 ? '' : `no namespaces or control groups of its own: ${stderr.trim()}`
}

/** Card images out of one base image, of one cluster. */
export interface Cards {
  /** Where they are built. */
  readonly desk: Desk
  /** The key that opens every node. */
  readonly key: string
  /** @param settings variables, and options of piimg such as `--packages-from=bundle` */
  build(hostname: string, ...settings: readonly string[]): Promise<string>
}

/** @param files of the folder where piimg runs, such as profiles */
export function cardsOf(file: string, files: Readonly<Record<string, string>> = {}): Cards {
  const base = reachable(file)
  const desk: Desk = newDesk(files)
  return {
    desk,
    key: join(desk.folder, '.piimg/id_ed25519'),
    build: async (hostname, ...settings) => {
      const sets = settings.flatMap((each) => (each.startsWith('--') ? [each] : ['--set', each]))
      const words = ['build', '--profile', 'worker', '--hostname', hostname, '--image', base, ...sets]
      const { exitCode, stderr } = await piimg(desk, words)
      if (exitCode !== 0) throw new Error(`piimg ${words.join(' ')}: ${stderr}`)
      return join(desk.folder, 'out', `${hostname}.img`)
    },
  }
}
