import type { FinishedTree } from './finished-tree.js'

/** Somebody who logs in without a password, and the place that says so. */
export interface AutomaticLogin {
  readonly user: string
  readonly path: string
  readonly line: number
}

/** The settings of a display manager: one of several files, of which the last value of a key counts. */
interface DisplayManager {
  /** In the order in which they are read; a folder means its files `*.conf`, by name. */
  readonly paths: readonly string[]
  /** The key with the user's name, and the section that it must be in. */
  readonly key: string
  readonly section?: RegExp
  /** A key that has to be true, too. */
  readonly needs?: string
}

/**
 * The display managers of Debian's releases, each with its files in their order:
 *
 * - lightdm: lightdm.conf.d of /usr/share, /usr/local/share, /etc/xdg and /etc, then lightdm.conf
 *   (common/configuration.c; `lightdm --show-config`).
 * - GDM: daemon.conf: AutomaticLogin and TimedLogin, each with its …Enable (gdm3's own comments in that file).
 * - sddm.conf(5): /usr/lib/sddm/sddm.conf.d, /etc/sddm.conf.d, /etc/sddm.conf, `[Autologin]`.
 * - greetd(5): a session that a user other than the greeter has from the start.
 * - nodm(8): /etc/default/nodm.
 */
const managers: readonly DisplayManager[] = [
  {
    paths: [
      '/usr/share/lightdm/lightdm.conf.d',
      '/usr/local/share/lightdm/lightdm.conf.d',
      '/etc/xdg/lightdm/lightdm.conf.d',
      '/etc/lightdm/lightdm.conf.d',
      '/etc/lightdm/lightdm.conf',
    ],
    key: 'autologin-user',
    section: /^Seat/,
  },
  { paths: ['/etc/gdm3/daemon.conf'], key: 'AutomaticLogin', needs: 'AutomaticLoginEnable' },
  { paths: ['/etc/gdm3/daemon.conf'], key: 'TimedLogin', needs: 'TimedLoginEnable' },
  {
    paths: ['/usr/lib/sddm/sddm.conf.d', '/etc/sddm.conf.d', '/etc/sddm.conf'],
    key: 'User',
    section: /^Autologin$/,
  },
  { paths: ['/etc/greetd/config.toml'], key: 'user' },
  { paths: ['/etc/default/nodm'], key: 'NODM_USER', needs: 'NODM_ENABLED' },
]

/** Who logs in automatically on the desktop. */
export function displayManagerLogins(root: FinishedTree): AutomaticLogin[] {
  return managers.flatMap((manager) => loginsOf(root, manager))
}

interface Line extends AutomaticLogin {
  readonly section: string
}

function loginsOf(root: FinishedTree, { paths, key, section, needs }: DisplayManager): AutomaticLogin[] {
  const files = paths.flatMap((path) => (path.endsWith('.d') ? confFiles(root, path) : [path]))
  const lines = files.flatMap((path) => linesOf(root, path))
  const isOn = needs === undefined || lines.some(({ name, user }) => name === needs && isTrue(user))
  if (!isOn) return []
  const last = new Map<string, Line>()
  for (const { name, ...line } of lines)
    if (name === key && section?.test(line.section) !== false) last.set(line.section, line)
  // greetd's greeter has a user of its own.
  return [...last.values()].filter(({ user }) => user !== '' && !(key === 'user' && /greet/.test(user)))
}

function confFiles(root: FinishedTree, folder: string): string[] {
  const names = root.names(folder).filter((name) => name.endsWith('.conf'))
  return names.map((name) => `${folder}/${name}`)
}

function isTrue(text: string): boolean {
  return /^(true|yes|1|on)$/i.test(text)
}

/** `key = value` below `[section]`. */
function linesOf(root: FinishedTree, path: string): (Line & { readonly name: string })[] {
  let section = ''
  return (root.text(path)?.split('\n') ?? []).flatMap((text, index) => {
    section = /^\s*\[(.*)\]/.exec(text)?.[1] ?? section
    const [, name, value = ''] = /^\s*([A-Za-z][\w-]*)\s*=\s*(.*?)\s*$/.exec(text) ?? []
    if (name === undefined) return []
    return [{ name, user: value.replace(/^["']|["']$/g, ''), path, line: index + 1, section }]
  })
}
