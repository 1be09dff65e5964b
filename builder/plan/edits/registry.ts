import { dropUser, group, gshadow, lockUsers, passwd, renameWord, shadow, subid } from './accounts.js'
import { aptMirror, aptMoved } from './apt-sources.js'
import { assign } from './assign.js'
import { block } from './block.js'
import { bootConfig } from './boot-config.js'
import { dhcpcdFree } from './dhcpcd.js'
import { forgetNetworks } from './forget-networks.js'
import { hosts } from './hosts.js'
import { ifupdownFree } from './ifupdown.js'
import { kernelArgs } from './kernel-args.js'
import { keyboard } from './keyboard.js'
import { line } from './line.js'
import { machineId } from './machine-id.js'
import { netplanFree } from './netplan.js'
import { nmManage } from './nm-conf.js'
import { nmYield } from './nm-profile.js'
import { text } from './text.js'
import { unset } from './unset.js'

type Parameters = Readonly<Record<string, string>>

/** A change of a text: pure and idempotent. */
export interface Edit {
  readonly summary: string
  readonly parameters: readonly string[]
  readonly optional: readonly string[]
  apply(text: string, parameters: Parameters): string
}

/** The edits that `overlay.ini` may name. */
export const edits: Readonly<Record<string, Edit>> = {
  apt_mirror: edit(aptMirror, 'sets the mirror of package sources', ['mirror']),
  apt_moved: edit(aptMoved, 'replaces an address in package sources', ['from', 'to']),
  assign: edit(assign, 'sets `KEY=value` lines, in place', ['set']),
  block: edit(
    block,
    'adds lines between two marker comments; `template` is a file beside overlay.ini',
    ['name'],
    ['text', 'template', 'position', 'before'],
  ),
  boot_config: edit(
    bootConfig,
    'adds lines at the end of config.txt, under `[all]` and outside every dtoverlay',
    ['lines'],
  ),
  dhcpcd_free: edit(dhcpcdFree, 'leaves network cards of dhcpcd.conf to piimg', ['card', 'cards']),
  drop_user: edit(dropUser, 'removes a user from an account file', ['name']),
  forget_networks: edit(forgetNetworks, 'removes the saved networks from wpa_supplicant.conf', []),
  group: edit(group, "changes /etc/group for the node's user", ['from', 'name', 'gid', 'groups']),
  gshadow: edit(gshadow, "changes /etc/gshadow for the node's user", ['from', 'name', 'groups']),
  hosts: edit(hosts, "sets the node's own names in /etc/hosts", ['hostname', 'fqdn', 'ip'], ['aliases']),
  ifupdown_free: edit(ifupdownFree, 'comments out network cards and saved Wi-Fi in /etc/network/interfaces', [
    'card',
  ]),
  kernel_args: edit(
    kernelArgs,
    'adds words to cmdline.txt; removes words, and by `name=` those with a name',
    [],
    ['add', 'remove'],
  ),
  keyboard: edit(keyboard, 'sets the layouts in /etc/default/keyboard', ['layout', 'variant']),
  line: edit(line, 'adds a line, or uncomments it', ['line']),
  lock_users: edit(lockUsers, 'lets nobody log in to these accounts, in /etc/passwd or /etc/shadow', [
    'names',
  ]),
  machine_id: edit(machineId, 'takes the ID out of /etc/machine-id', [], ['unset']),
  netplan_free: edit(
    netplanFree,
    'comments out a network card in a file of netplan, and removes saved Wi-Fi and tunnels',
    ['card'],
  ),
  nm_manage: edit(nmManage, 'lets NetworkManager manage network cards', ['cards']),
  nm_yield: edit(nmYield, "puts a profile of NetworkManager behind the node's own", ['card', 'own']),
  passwd: edit(passwd, "changes /etc/passwd for the node's user", ['from', 'name', 'uid', 'gid', 'home']),
  rename_word: edit(renameWord, 'replaces a whole word', ['from', 'to']),
  shadow: edit(shadow, "changes /etc/shadow for the node's user", ['from', 'name', 'hash']),
  subid: edit(subid, "changes /etc/subuid or /etc/subgid for the node's user", ['from', 'name']),
  text: edit(text, 'replaces the whole file by one line', ['text']),
  unset: edit(unset, 'removes `KEY=value` lines', ['keys']),
}

/** `template` contains the text of a block; the block itself only has `text`. */
function edit<P>(
  change: (text: string, parameters: P) => string,
  summary: string,
  parameters: readonly (keyof P & string)[],
  optional: readonly string[] = [],
): Edit {
  return {
    summary,
    parameters,
    optional,
    apply: (text, { template, ...given }) =>
      change(text, (template === undefined ? given : { ...given, text: template }) as P),
  }
}
