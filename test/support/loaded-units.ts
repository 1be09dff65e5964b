import { chmodSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { PracticeEntry } from '../../scripts/practice/entries.js'
import { type Answer, ask, sharedFolder, skipped, writeTree } from './real-programs.js'

const systemd = '/usr/lib/systemd/systemd'
export const hasNoSystemd = !existsSync(systemd)
if (hasNoSystemd) skipped(`there is no ${systemd}: apt-get install systemd`)

export type Root = ReadonlyMap<string, PracticeEntry>

const folder = sharedFolder()
chmodSync(folder, 0o755)

/** A folder with a part of a root, which any user may read. */
export function treeWith(root: Root, ...below: readonly string[]): string {
  const tree = mkdtempSync(join(folder, 'tree-'))
  chmodSync(tree, 0o755)
  for (const path of below) mkdirSync(join(tree, path), { recursive: true })
  writeTree(tree, root, below)
  return tree
}

const places = ['/etc', '/usr/local/lib', '/usr/lib', '/lib']

/** What systemd prints when it plans to start a unit of a root: complaints, jobs, and every unit. Root may not ask it. */
export function planned(root: Root, unit: string): Answer {
  const tree = mkdtempSync(join(folder, 'units-'))
  chmodSync(tree, 0o755)
  const inside = new Map([...root].map(([path, entry]) => [path, { ...entry, ...linkInside(entry, tree) }]))
  writeTree(tree, inside, ['/usr/lib/piimg', ...places.map((place) => `${place}/systemd`)])
  const paths = places.map((place) => `${tree}${place}/systemd/system`)
  const env = { SYSTEMD_UNIT_PATH: paths.join(':'), SYSTEMD_LOG_LEVEL: 'notice' }
  const ordinary = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--clear-groups'] : []
  const words = [systemd, '--test', '--system', '--no-pager', `--unit=${unit}`]
  return ask(['env', ...ordinary, ...words], { env })
}

/** A link to a file of the tree, as it is in a root. */
function linkInside({ kind, target = '' }: PracticeEntry, tree: string): { readonly target?: string } {
  return kind === 'symlink' && /^\/(usr|lib|etc)\//.test(target) ? { target: `${tree}${target}` } : {}
}

/** The values of a property of a unit, as systemd has loaded it. */
export function propertiesOf(output: string, unit: string, property: string): string[] {
  const own = output.split('-> Unit ').find((text) => text.startsWith(`${unit}:`)) ?? ''
  return [...own.matchAll(new RegExp(`^\\s*${property}: (\\S.*)$`, 'gm'))].map(([, value]) => value ?? '')
}

/** The commands with which systemd starts a unit. */
export function commandsOf(root: Root, unit: string): string[] {
  return propertiesOf(planned(root, unit).output, unit, 'Command Line')
}
