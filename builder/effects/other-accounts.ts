import { isKept } from '../model/locked-users.js'
import { error, type Problem, warning } from '../model/problem.js'
import type { FinishedNode } from './finished-node.js'

/**
 * Accounts that piimg does not lock: those of programs, which need their rules of sudo; those that libc has from elsewhere
 * than /etc/passwd, in the order of nsswitch.conf(5), such as a directory service; the records of nss-systemd(8) in
 * /etc/userdb, and of systemd-homed.
 */
export function otherAccounts(node: FinishedNode): Problem[] {
  return [...programs(node), ...sources(node), ...records(node)]
}

function programs({ facts, root, plan }: FinishedNode): Problem[] {
  const kept = plan.values.get('keep_users')?.value
  return facts.users.flatMap(({ name, power }) => {
    if (power === undefined || isKept(kept, name)) return []
    // The plan may remove the rule.
    if (root.find(power.path) === undefined) return []
    const what = `${name} of the base image may do everything by sudo; the account is not locked`
    return [warning(root.place(power.path, power.line), what, `to accept that: keep_users = ${name}`)]
  })
}

/** `systemd` has no people but those of `records`. */
const local = ['files', 'compat', 'systemd', 'altfiles', 'db']

function sources({ root }: FinishedNode): Problem[] {
  const path = '/etc/nsswitch.conf'
  const lines = root.text(path)?.split('\n') ?? []
  const index = lines.findIndex((text) => /^\s*passwd\s*:/.test(text))
  const [words = ''] = (lines[index] ?? '').replace(/^[^:]*:/, '').split('#')
  const names = words.replaceAll(/\[[^\]]*\]/g, ' ').match(/\S+/g) ?? []
  if (names.length === 0) return []
  const where = root.place(path, index + 1)
  if (!names.some((name) => /^(files|compat)$/.test(name)))
    return [error(where, 'the accounts of /etc/passwd do not count', 'add files to this line')]
  const others = names.filter((name) => !local.includes(name))
  if (others.length === 0) return []
  const what = `accounts of ${others.join(', ')} exist, too, which piimg does not lock`
  return [warning(where, what, 'remove them from this line, unless they are to log in')]
}

const folders = [
  ['/etc/userdb', '.user'],
  ['/usr/lib/userdb', '.user'],
  ['/var/lib/systemd/home', '.identity'],
] as const

function records({ root, plan }: FinishedNode): Problem[] {
  const kept = plan.values.get('keep_users')?.value
  return folders.flatMap(([folder, ending]) =>
    root.names(folder).flatMap((file) => {
      const name = file.slice(0, -ending.length)
      if (!file.endsWith(ending) || /^\d+$/.test(name) || isKept(kept, name)) return []
      const what = `${name} of the base image is an account outside /etc/passwd, which piimg does not lock`
      return [warning(root.place(`${folder}/${file}`), what, `remove it; to keep it: keep_users = ${name}`)]
    }),
  )
}
