import { error, type Problem, warning } from '../model/problem.js'
import type { Effect } from './effect.js'
import { contradiction, environment, homeOf, type Setting } from './environment.js'
import type { FinishedNode } from './finished-node.js'
import { commandLineFile, kernelWords } from './kernel-command-line.js'
import { nodeUser } from './node-user.js'
import { sshdLines } from './sshd-config.js'

/**
 * The node has the language that was asked for. setlocale(3) takes LC_ALL, then the LC_… of the category, then LANG;
 * gettext takes LANGUAGE before all of them. A login gets them, a later one counting, from the files that `environment`
 * lists; over ssh, before its shell, from the client (AcceptEnv) and then from SetEnv of sshd_config(5); on the desktop, by
 * lightdm, from AccountsService or else ~/.dmrc (common/user-list.c). Services get them from `locale.…=` of the kernel
 * command line, or else /etc/locale.conf (locale.conf(5)); Debian's systemd takes /etc/default/locale where there is
 * none.
 */
export const language: Effect = (node) => {
  const wanted = node.plan.values.get('locale')?.value
  if (typeof wanted !== 'string') return []
  const byKernel = kernelWords(node).flatMap((word): Problem[] => {
    const [, name = '', value = ''] = /^locale\.(LANG\w*|LC_\w+)=(.*)$/.exec(word) ?? []
    if (name === '' || isLike(name, value, wanted)) return []
    const what = `the kernel command line sets the language of services: ${word}, not ${wanted}`
    return [error(node.boot.place(commandLineFile(node), 1), what, `remove locale.${name}= from cmdline.txt`)]
  })
  return [
    ...byKernel,
    ...strongest(environment(node)).flatMap((setting) => against(setting, wanted)),
    ...byServer(node, wanted),
    ...byDesktop(node, wanted),
  ]
}

/** The last line of each name. */
function strongest(settings: readonly Setting[]): readonly Setting[] {
  const names = new Map(settings.filter(({ name }) => name !== 'TZ').map((each) => [each.name, each]))
  return [...names.values()]
}

function against(setting: Setting, wanted: string): Problem[] {
  const { name, value } = setting
  // The first boot makes a new language the default.
  const isChanged = name === 'LANG' && setting.path === '/etc/default/locale'
  if (isLike(name, value, wanted) || isChanged) return []
  const what = `${name}=${value} counts, not the language ${wanted}`
  return [contradiction(setting, what, `remove ${name} from the base image`)]
}

const setEnv: ReadonlySet<string> = new Set(['setenv'])

/** Of several lines for all the first counts; sshd has read /etc/environment before. */
function byServer({ root }: FinishedNode, wanted: string): Problem[] {
  const [first] = sshdLines(root, setEnv).filter(({ match }) => match.length === 0)
  return (first?.words ?? []).flatMap((word) => {
    const [, name = '', value = ''] = /^(LANG|LANGUAGE|LC_\w+)=(.*)$/.exec(word) ?? []
    if (first === undefined || name === '' || isLike(name, value, wanted)) return []
    const what = `${name}=${value} counts over ssh, not the language ${wanted}`
    return [error(root.place(first.path, first.line), what, `remove ${name} from SetEnv in the base image`)]
  })
}

function byDesktop(node: FinishedNode, wanted: string): Problem[] {
  const { root } = node
  const paths = [`/var/lib/AccountsService/users/${nodeUser(node)}`, `${homeOf(node)}/.dmrc`]
  return paths.flatMap((path) => {
    const lines = root.text(path)?.split('\n') ?? []
    const index = lines.findLastIndex((line) => /^\s*Languages?\s*=/.test(line))
    const value = (lines[index] ?? '').replace(/^[^=]*=\s*/, '').split(';')[0] ?? ''
    if (index === -1 || isLike('LANG', value, wanted)) return []
    const what = `the desktop takes the language ${value}, not ${wanted}`
    return [warning(root.place(path, index + 1), what, 'remove the line from the base image')]
  })
}

/** LANGUAGE is a list such as en_GB:en; `utf8` and `UTF-8` are the same. */
function isLike(name: string, value: string, wanted: string): boolean {
  if (value === '') return true
  const plain = (text: string) => text.toLowerCase().replace('utf-8', 'utf8')
  if (name !== 'LANGUAGE') return plain(value) === plain(wanted)
  return wanted.startsWith(value.split(':')[0] ?? '')
}
