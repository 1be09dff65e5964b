import { error, type Problem, warning } from '../model/problem.js'
import type { FinishedNode } from './finished-node.js'
import type { FinishedTree } from './finished-tree.js'
import { startersOf, type UnitLine, unitLines, valuesOf } from './units.js'

/**
 * sshd is started, at its port and with its own configuration. In this order: another server at the port; ssh.service, for
 * which the overlay ssh removes a mask, /etc/ssh/sshd_not_to_be_run and ssh.socket; the arguments in its last ExecStart
 * (systemd.unit(5)); $SSHD_OPTS there, which is the last one of its EnvironmentFile, in Debian /etc/default/ssh, or else of
 * its Environment (systemd.exec(5)). Arguments come before sshd_config (sshd(8)).
 */
export function startProblems({ root }: FinishedNode): Problem[] {
  return [...dropbear(root), ...commandProblems(root)]
}

/** Options that change where sshd listens, what it reads, or whether it goes on. */
const harmful = /(?:^|\s)-(?!E)\w*[6CGTVdfgiopt]/

function commandProblems(root: FinishedTree): Problem[] {
  const lines = unitLines(root, 'ssh.service', 'sshd.service')
  const [command] = valuesOf(lines, 'ExecStart')
  const options = optionsOf(root, lines)
  if (command === undefined) return options === undefined ? [] : against(root, options)
  const [, program = '', words = ''] = /^[-@:+!]*(\S+)\s*(.*)$/.exec(command.value) ?? []
  if (!program.endsWith('/sshd'))
    return [
      error(root.place(command.path, command.line), `ssh.service starts ${program}, not sshd`, removeIt),
    ]
  return [
    ...against(root, { ...command, value: words }),
    ...(options === undefined || !/\$\{?SSHD_OPTS/.test(words) ? [] : against(root, options)),
  ]
}

const removeIt = 'remove the line from the base image'

function against(root: FinishedTree, { value, path, line }: Omit<UnitLine, 'key'>): Problem[] {
  if (!harmful.test(value)) return []
  const what = `sshd is started with "${value}", which comes before its configuration`
  return [error(root.place(path, line), what, removeIt)]
}

const file = '/etc/default/ssh'

function optionsOf(root: FinishedTree, lines: readonly UnitLine[]): Omit<UnitLine, 'key'> | undefined {
  const settings = [
    ...valuesOf(lines, 'Environment'),
    ...(root.text(file)?.split('\n') ?? []).map((value, index) => ({ value, path: file, line: index + 1 })),
  ]
  const last = settings.findLast(({ value }) => /^\s*["']?SSHD_OPTS=/.test(value))
  return last && { ...last, value: last.value.replace(/^[^=]*=/, '').replaceAll(/["']/g, '') }
}

/** Debian's dropbear(8): its unit, before Bookworm a script that starts it where /etc/default/dropbear says so. */
function dropbear(root: FinishedTree): Problem[] {
  const settings = root.text('/etc/default/dropbear') ?? ''
  const byScript = root.names('/etc/rc2.d').find((name) => /^S\d\ddropbear$/.test(name))
  const isOn = byScript !== undefined && /^\s*NO_START=["']?0/m.test(settings)
  const [by] = [...startersOf(root, 'dropbear.service'), ...(isOn ? [`/etc/rc2.d/${byScript}`] : [])]
  if (by === undefined) return []
  const [, port = '22'] = /^\s*DROPBEAR_PORT=["']?(\d+)/m.exec(settings) ?? []
  const what = `dropbear is another ssh server, with its own rules, at port ${port}`
  const make = port === '22' ? error : warning
  return [make(root.place(by), what, 'disable dropbear in the base image')]
}
