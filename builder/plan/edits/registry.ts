import { group, gshadow, passwd, renameWord, shadow, subid } from './accounts.js'
import { aptMirror, aptMoved } from './apt-sources.js'
import { assign } from './assign.js'
import { block } from './block.js'
import { bootConfig } from './boot-config.js'
import { hosts } from './hosts.js'
import { kernelArgs } from './kernel-args.js'
import { line } from './line.js'
import { text } from './text.js'

type Parameters = Readonly<Record<string, string>>

/** A change of a text: pure, and done twice the same as done once. */
export interface Edit {
  readonly parameters: readonly string[]
  readonly optional: readonly string[]
  apply(text: string, parameters: Parameters): string
}

/** The edits that `overlay.ini` may name. */
export const edits: Readonly<Record<string, Edit>> = {
  apt_mirror: edit(aptMirror, ['mirror']),
  apt_moved: edit(aptMoved, ['from', 'to']),
  assign: edit(assign, ['set']),
  block: edit(block, ['name'], ['text', 'template', 'position']),
  boot_config: edit(bootConfig, ['lines']),
  group: edit(group, ['from', 'name', 'gid', 'groups']),
  gshadow: edit(gshadow, ['from', 'name', 'groups']),
  hosts: edit(hosts, ['hostname', 'fqdn', 'ip'], ['aliases']),
  kernel_args: edit(kernelArgs, ['add']),
  line: edit(line, ['line']),
  passwd: edit(passwd, ['from', 'name', 'uid', 'gid', 'home']),
  rename_word: edit(renameWord, ['from', 'to']),
  shadow: edit(shadow, ['from', 'name', 'hash']),
  subid: edit(subid, ['from', 'name']),
  text: edit(text, ['text']),
}

/** `template` is where the text of a block stands; the block itself only knows `text`. */
function edit<P>(
  change: (text: string, parameters: P) => string,
  parameters: readonly (keyof P & string)[],
  optional: readonly string[] = [],
): Edit {
  return {
    parameters,
    optional,
    apply: (text, { template, ...given }) =>
      change(text, (template === undefined ? given : { ...given, text: template }) as P),
  }
}
