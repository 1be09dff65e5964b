import type { FactName, Release, User } from '../model/facts.js'
import type { FileTree } from '../model/file-tree.js'

/** The facts about who can log in, and how. */
export function readLoginFacts(
  root: FileTree,
  release: Release,
  users: readonly User[],
): Partial<Record<FactName, boolean>> {
  return {
    // OpenSSH 8.2.
    sshd_include: release !== 'buster',
    sshd_include_first: includesFirst(root),
    sshd_other_port: hasOtherPort(root),
    sudo_last: isReadLast(root),
    wizard_only:
      users.some(({ name }) => name === wizardUser) &&
      root.stat('/var/lib/userconf-pi/autologin') === undefined,
  }
}

/** The user of the wizard on desktop images; userconf-pi, rename-user. */
const wizardUser = 'rpi-first-boot-wizard'

/** Whether piimg's files in sshd_config.d are the first settings that sshd reads. */
function includesFirst(root: FileTree): boolean {
  const [first = ''] = settingsOf(root, '/etc/ssh/sshd_config', /^\s*(#|$)/)
  return (
    /^\s*Include\s+\/etc\/ssh\/sshd_config\.d\/\*\.conf\s*$/i.test(first) &&
    root.names('/etc/ssh/sshd_config.d').every((name) => !name.endsWith('.conf') || name >= '00-piimg')
  )
}

/** Port adds up: sshd listens at each; sshd_config(5). */
function hasOtherPort(root: FileTree): boolean {
  const names = root.names('/etc/ssh/sshd_config.d').filter((name) => name.endsWith('.conf'))
  const paths = ['/etc/ssh/sshd_config', ...names.map((name) => `/etc/ssh/sshd_config.d/${name}`)]
  const ports = paths
    .flatMap((path) => settingsOf(root, path, /^\s*#/))
    .flatMap((line) => /^\s*Port[\s=]+"?(\d+)/i.exec(line)?.[1] ?? [])
  return ports.length > 0 && !ports.includes('22')
}

/**
 * Whether a file zz_piimg of sudoers.d is the last that sudo reads; sudoers(5), "Including other files from within
 * sudoers". Names with a dot or with a ~ at the end are skipped.
 */
function isReadLast(root: FileTree): boolean {
  const last = settingsOf(root, '/etc/sudoers', /^\s*(#(?!include|-?\d)|$)/).at(-1) ?? ''
  return (
    /^[@#]includedir\s+"?\/etc\/sudoers\.d\/?"?\s*$/.test(last) &&
    root
      .names('/etc/sudoers.d')
      .every((name) => name.includes('.') || name.endsWith('~') || name <= 'zz_piimg')
  )
}

function settingsOf(root: FileTree, path: string, other: RegExp): string[] {
  const text = root.readFile(path)?.toString('latin1') ?? ''
  return text.split('\n').filter((line) => !other.test(line))
}
