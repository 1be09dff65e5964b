import { type Problem, warning } from '../model/problem.js'
import type { FinishedTree } from './finished-tree.js'

/** What Debian's own files use to let somebody in; none of these refuses an account that passwd(5) and shadow(5) let in. */
const usual = new Set([
  ...['unix', 'deny', 'permit', 'nologin', 'faildelay', 'securetty', 'env', 'rootok', 'group', 'cap'],
  ...['selinux', 'loginuid', 'systemd', 'faillock', 'tally2', 'gnome_keyring', 'kwallet5', 'warn'],
])

/** The stacks of sshd, of login(1), and of sudo, with those that they include. */
const services = ['sshd', 'login', 'sudo', 'common-auth', 'common-account']

/**
 * Modules of PAM that decide who can log in, beside the account files, such as a second factor, a list of times, or a
 * directory service: pam.conf(5), the lines `auth` and `account` of /etc/pam.d, or else of /usr/lib/pam.d. Their own
 * configuration is not read. With a key, sshd asks `account` only.
 */
export function pamProblems(root: FinishedTree): Problem[] {
  return services.flatMap((service) => {
    const path = ['/etc/pam.d', '/usr/lib/pam.d'].map((folder) => `${folder}/${service}`).find(isThere(root))
    if (path === undefined) return []
    return (root.text(path)?.split('\n') ?? []).flatMap((text, index) => {
      const [, control, module = ''] = decisive.exec(text) ?? []
      if (control === undefined || control === 'optional' || usual.has(module)) return []
      const what = `pam_${module} of the base image decides, too, who can log in`
      return [warning(root.place(path, index + 1), what, "check that it lets the node's user in")]
    })
  })
}

const decisive = /^\s*-?(?:auth|account)\s+(\[[^\]]*\]|\w+)\s+(?:\/\S*\/)?pam_(\w+)\.so/

const isThere = (root: FinishedTree) => (path: string) => root.find(path) !== undefined
