import { error } from '../model/problem.js'
import type { Effect } from './effect.js'
import { commandLineFile, kernelWord } from './kernel-command-line.js'

/**
 * The node has its hostname. systemd takes, in this order, `systemd.hostname=` of the kernel command line
 * (kernel-command-line(7)), /etc/hostname (hostname(5)), a default. dhcpcd sets the server's name in its place only by
 * `env force_hostname` (dhcpcd-run-hooks(8), hook 30-hostname); NetworkManager sets no other while /etc/hostname has one
 * (NetworkManager.conf(5), `hostname-mode`).
 */
export const hostname: Effect = (node) => {
  const { boot, root, plan, facts } = node
  const forced = kernelWord(node, 'systemd.hostname')
  const byServer = facts.networkStack === 'dhcpcd' ? forcedByServer(root.text('/etc/dhcpcd.conf')) : undefined
  return [
    ...(forced === undefined || forced === plan.hostname
      ? []
      : [
          error(
            boot.place(commandLineFile(node), 1),
            `the kernel command line names the node ${forced}, not ${plan.hostname}`,
            'remove systemd.hostname= from cmdline.txt of the base image',
          ),
        ]),
    ...(byServer === undefined
      ? []
      : [
          error(
            root.place('/etc/dhcpcd.conf', byServer),
            'dhcpcd lets the DHCP server name the node',
            'remove the line with force_hostname from the base image',
          ),
        ]),
  ]
}

/** The line that switches it on; the last one counts. */
function forcedByServer(text = ''): number | undefined {
  const lines = text.split('\n').map((line) => /^\s*env\s+force_hostname=(\S*)/.exec(line)?.[1])
  const last = lines.findLastIndex((value) => value !== undefined)
  return /^(yes|true|1)$/i.test(lines[last] ?? '') ? last + 1 : undefined
}
