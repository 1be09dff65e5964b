import type { Opening } from '../model/facts.js'
import type { FileTree } from '../model/file-tree.js'

/** What somebody may do by sudo. */
export interface SudoRule {
  /** The user's name, `%group`, `#uid`, `%#gid` or ALL; aliases are resolved. */
  readonly who: string
  readonly isEverything: boolean
  readonly rule: Opening
}

/**
 * The rules of /etc/sudoers and the files of sudoers.d; sudoers(5), "SUDOERS FILE FORMAT": a list of users, a host, `=`,
 * and commands, maybe after `(…)` and tags. Lists with `!` and netgroups are not resolved.
 */
export function sudoRules(root: FileTree): SudoRule[] {
  const files = root.names('/etc/sudoers.d').filter((name) => !name.includes('.') && !name.endsWith('~'))
  const lines = ['/etc/sudoers', ...files.map((name) => `/etc/sudoers.d/${name}`)].flatMap((path) =>
    joined(root.readFile(path)?.toString() ?? '').map((each) => ({ ...each, path })),
  )
  const aliases = aliasesIn(lines.map(({ text }) => text))
  return lines.flatMap(({ text, path, line }) => {
    const [, users, commands = ''] = /^\s*((?:[^\s=,]+\s*,\s*)*[^\s=,]+)\s+[^=]*=(.*)$/.exec(text) ?? []
    if (users === undefined || other.test(text)) return []
    const isEverything = /(^|[\s,:])ALL\s*(,|$)/.test(commands.replaceAll(/\([^)]*\)/g, ''))
    const rule = { by: 'sudo', path, line } as const
    return users.split(',').flatMap((name) => {
      const who = name.trim()
      return (aliases.get(who) ?? [who]).map((each) => ({ who: each, isEverything, rule }))
    })
  })
}

const other = /^\s*(Defaults|\w+_Alias|[@#]include|#(?!\d))/

/** Lines with those that a backslash continues, each with the number of the first. */
function joined(content: string): { text: string; line: number }[] {
  const found: { text: string; line: number }[] = []
  let isContinued = false
  for (const [index, part] of content.split('\n').entries()) {
    const text = part.replace(/\\$/, ' ')
    const last = found.at(-1)
    if (isContinued && last !== undefined) last.text += text
    else found.push({ text, line: index + 1 })
    isContinued = part.endsWith('\\')
  }
  return found
}

/** `User_Alias ADMINS = ann, bob : OTHERS = joe`. */
function aliasesIn(lines: readonly string[]): Map<string, string[]> {
  const definitions = lines.flatMap((text) => /^\s*User_Alias\s+(.*)$/.exec(text)?.[1]?.split(':') ?? [])
  return new Map(
    definitions.map((text) => {
      const [name = '', users = ''] = text.split('=')
      return [name.trim(), users.split(',').map((user) => user.trim())]
    }),
  )
}
