import { error, type Problem } from '../model/problem.js'
import type { Effect } from './effect.js'
import { contradiction, environment, type Setting } from './environment.js'
import { commandLineFile, kernelWords } from './kernel-command-line.js'

/**
 * The node has the language that was asked for. setlocale(3) takes LC_ALL, then the LC_… of the category, then LANG;
 * gettext takes LANGUAGE before all of them. `environment` lists where a login gets them from. Services get them from
 * `locale.…=` of the kernel command line, or else /etc/locale.conf (locale.conf(5)); Debian's
 * systemd takes /etc/default/locale where there is none.
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
  return [...byKernel, ...strongest(environment(node)).flatMap((setting) => against(setting, wanted))]
}

/** The last line of each name. */
function strongest(settings: readonly Setting[]): readonly Setting[] {
  const names = new Map(settings.filter(({ name }) => name !== 'TZ').map((each) => [each.name, each]))
  return [...names.values()]
}

function against(setting: Setting, wanted: string): Problem[] {
  const { name, value } = setting
  // The first boot makes a new language the default.
  if (isLike(name, value, wanted) || setting.path === '/etc/default/locale') return []
  const what = `${name}=${value} counts, not the language ${wanted}`
  return [contradiction(setting, what, `remove ${name} from the base image`)]
}

/** LANGUAGE is a list such as en_GB:en; `utf8` and `UTF-8` are the same. */
function isLike(name: string, value: string, wanted: string): boolean {
  if (value === '') return true
  const plain = (text: string) => text.toLowerCase().replace('utf-8', 'utf8')
  if (name !== 'LANGUAGE') return plain(value) === plain(wanted)
  return wanted.startsWith(value.split(':')[0] ?? '')
}
